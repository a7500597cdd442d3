/** @file A game as a tree of variations, and the position at each of its nodes. */

/** @import {Game, GameChanged, Node} from "./messages.js" */
import { play } from "../library/stones.js";

/**
 * @typedef {object} Place the position at a node
 * @property {Int8Array} stones +1 Black, -1 White, 0 nobody
 * @property {number} toPlay
 * @property {number} number of moves up to here
 * @property {[number, number] | null} last move of this very node: color and point
 * @property {number} byBlack stones that Black has taken
 * @property {number} byWhite
 */

/** Positions that are kept, so that going to and fro plays nothing again. */
const KEPT = 600;

export class GameRecord {
  /** @param {Game} game */
  constructor(game) {
    this.game = game.game;
    this.title = game.title;
    this.size = { width: game.width, height: game.height };
    this.points = game.width * game.height;
    this.rules = game.rules;
    this.komi = game.komi;
    this.handicap = game.handicap;
    this.about = game.about;
    this.notes = game.notes;
    this.root = game.root;
    /** @type {Map<number, Node>} */
    this.nodes = new Map(game.nodes.map((node) => [node.node, node]));
    /** @type {Map<number, Place>} */
    this.places = new Map();
    /** @type {Map<number, number>} numbers of moves, by node */
    this.moveNumbers = new Map();
    /** Grows with every change of the tree. */
    this.version = 0;
  }

  /** @param {GameChanged} change */
  change({ nodes, removed, about }) {
    for (const node of nodes) {
      const before = this.nodes.get(node.node);
      if (before && !isSameOnBoard(before, node)) this.places.clear();
      this.nodes.set(node.node, node);
    }
    for (const node of removed ?? []) {
      this.nodes.delete(node);
      this.places.delete(node);
    }
    if (about) this.about = about;
    this.moveNumbers.clear();
    this.version++;
  }

  /** @param {number} node */
  get(node) {
    return this.nodes.get(node) ?? null;
  }

  /** @param {number} node @returns {number[]} */
  children(node) {
    return (this.nodes.get(node)?.children ?? []).filter((child) => this.nodes.has(child));
  }

  /** @param {number} node */
  parent(node) {
    return this.nodes.get(node)?.parent ?? null;
  }

  /** The nodes from the root down to this one. @param {number} node */
  path(node) {
    const found = [];
    for (let at = /** @type {number | null} */ (node); at !== null; at = this.parent(at)) found.push(at);
    return found.reverse();
  }

  /** The path to a node, and on by first children to the end. @param {number} node */
  line(node) {
    const found = this.path(node);
    for (let [next] = this.children(node); next !== undefined; [next] = this.children(next)) found.push(next);
    return found;
  }

  /** The last node by first children. @param {number} node */
  end(node) {
    let at = node;
    for (let [next] = this.children(at); next !== undefined; [next] = this.children(next)) at = next;
    return at;
  }

  /** Whether the node and all above it are first children. @param {number} node */
  isMain(node) {
    const path = this.path(node);
    return path.every((each, at) => at === 0 || this.children(path[at - 1])[0] === each);
  }

  /** The child with this move, or null. @param {number} node @param {number} point @param {number} color */
  childWith(node, point, color) {
    const found = this.children(node).find((child) => {
      const move = this.nodes.get(child)?.move;
      return move && move[0] === color && move[1] === point;
    });
    return found ?? null;
  }

  /** How many moves lead to a node. @param {number} node @returns {number} */
  number(node) {
    let above = 0;
    const path = [];
    for (let at = /** @type {number | null} */ (node); at !== null; at = this.parent(at)) {
      const known = this.moveNumbers.get(at);
      if (known !== undefined) {
        above = known;
        break;
      }
      path.push(at);
    }
    for (const each of path.reverse()) {
      if (this.nodes.get(each)?.move) above++;
      this.moveNumbers.set(each, above);
    }
    return above;
  }

  /** The position at a node. @param {number} node @returns {Place} */
  place(node) {
    const found = this.places.get(node);
    if (found) return found;
    const path = this.path(node);
    let from = path.length - 1;
    while (from >= 0 && !this.places.has(path[from])) from--;
    let place = from < 0 ? this.#beginning() : /** @type {Place} */ (this.places.get(path[from]));
    if (this.places.size > KEPT) this.places.clear();
    for (const each of path.slice(from + 1)) {
      place = this.#behind(place, /** @type {Node} */ (this.nodes.get(each)));
      this.places.set(each, place);
    }
    return place;
  }

  /** @returns {Place} */
  #beginning() {
    return { stones: new Int8Array(this.points), toPlay: 1, number: 0, last: null, byBlack: 0, byWhite: 0 };
  }

  /** @param {Place} before @param {Node} node @returns {Place} */
  #behind(before, node) {
    const stones = before.stones.slice();
    for (const point of node.black ?? []) stones[point] = 1;
    for (const point of node.white ?? []) stones[point] = -1;
    for (const point of node.empty ?? []) stones[point] = 0;
    const place = { ...before, stones, last: node.move ?? null };
    if (node.move) {
      const [color, point] = node.move;
      place.number++;
      place.toPlay = -color;
      if (point < this.points) {
        const { taken, suicide } = play(this.size, stones, point, color);
        place.byBlack += color > 0 ? taken : suicide;
        place.byWhite += color > 0 ? suicide : taken;
      }
    }
    if (node.to_play) place.toPlay = node.to_play;
    return place;
  }

  /**
   * Whether a move surely is legal; where rules differ, as on suicide and long cycles, it says no and the server is
   * asked. @param {number} node @param {number} point
   */
  isSurelyLegal(node, point) {
    const { stones, toPlay } = this.place(node);
    if (point === this.points) return true;
    if (point < 0 || point > this.points || stones[point]) return false;
    const after = stones.slice();
    if (play(this.size, after, point, toPlay).suicide) return false;
    return this.path(node).every((each) => this.place(each).stones.some((stone, at) => stone !== after[at]));
  }

  /** Numbers of the moves whose stones lie on the board at a node, by point. @param {number} node */
  numbers(node) {
    const { stones } = this.place(node);
    const found = new Map();
    for (const each of this.path(node)) {
      const move = this.nodes.get(each)?.move;
      if (move && move[1] < this.points && stones[move[1]] === move[0]) found.set(move[1], this.number(each));
    }
    return found;
  }
}

/** @param {Node} a @param {Node} b */
function isSameOnBoard(a, b) {
  const kind = (/** @type {Node} */ node) =>
    JSON.stringify([node.parent ?? null, node.move, node.black, node.white, node.empty, node.to_play]);
  return kind(a) === kind(b);
}
