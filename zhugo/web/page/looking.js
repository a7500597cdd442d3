/**
 * @file What is looked at: a game and a node of it. What a person does shows at once; the server's word comes later.
 */

/** @import {Asked, At, Game, GameChanged} from "./messages.js" */
import { GameRecord } from "./record.js";

/** The number of a node that the server has not told of yet. */
const PROVISIONAL = -1;

/** Answers that are waited for at most before the server's word counts again. */
const MOST_AWAITED = 200;

export class Looking {
  /** @param {(message: Asked) => boolean} send whether it could be sent */
  constructor(send) {
    this.send = send;
    /** @type {GameRecord | null} */
    this.record = null;
    this.node = 0;
    /** @type {number[]} nodes that were gone to, whose ``At`` has not come */
    this.awaited = [];
    /** @type {(() => void)[]} what waits until the provisional node has its number */
    this.waiting = [];
  }

  /** @param {number} node */
  go(node) {
    if (!this.record?.nodes.has(node) || node === this.node) return false;
    if (this.isProvisional) return this.#later(() => this.go(node));
    this.node = node;
    if (this.send({ type: "go", node })) this.awaited.push(node);
    if (this.awaited.length > MOST_AWAITED) this.awaited = [];
    return true;
  }

  get isProvisional() {
    return this.node === PROVISIONAL;
  }

  /**
   * Play here: a move that is there already is gone to, one that surely is legal shows at once.
   * @param {number} point @returns {boolean} whether anything shows at once
   */
  play(point) {
    const { record, node } = this;
    if (!record) return false;
    if (this.isProvisional) return this.#later(() => this.play(point));
    const { toPlay } = record.place(node);
    const shows = record.childWith(node, point, toPlay) === null && record.isSurelyLegal(node, point);
    if (!this.send({ type: "play_move", node, point })) return false;
    const child = record.childWith(node, point, toPlay);
    if (child !== null) {
      this.node = child;
      this.awaited.push(child);
      return true;
    }
    if (!shows) return false;
    const parent = record.get(node);
    record.nodes.set(PROVISIONAL, { node: PROVISIONAL, parent: node, move: [toPlay, point] });
    if (parent) record.nodes.set(node, { ...parent, children: [...(parent.children ?? []), PROVISIONAL] });
    record.version++;
    this.node = PROVISIONAL;
    return true;
  }

  /** @param {() => void} action */
  #later(action) {
    this.waiting.push(action);
    return false;
  }

  /** @param {Game} game */
  open(game) {
    const isSame = this.record?.game === game.game;
    this.record = new GameRecord(game);
    this.awaited = [];
    this.waiting = [];
    if (!isSame || !this.record.nodes.has(this.node)) this.node = game.root;
  }

  /** @param {GameChanged} change */
  change(change) {
    const { record } = this;
    if (record?.game !== change.game) return;
    const guess = record.get(PROVISIONAL);
    const found = guess?.move && change.nodes.find((node) => isMove(node, guess.parent, guess.move));
    if (guess && found) this.#forget();
    record.change(change);
    if (guess && found) {
      this.node = found.node;
      this.awaited.push(found.node);
      for (const action of this.waiting.splice(0)) action();
    }
    if (!record.nodes.has(this.node)) this.node = record.root;
  }

  /** Where the server says that one looks. @param {At} at */
  arrive({ game, node, viewer }) {
    if (this.record?.game !== game) return false;
    if (viewer === null && this.awaited.includes(node)) {
      this.awaited.splice(0, this.awaited.indexOf(node) + 1);
      if (this.awaited.length || this.isProvisional) return false;
    }
    if (this.awaited.length || this.isProvisional || !this.record.nodes.has(node)) return false;
    const isNew = this.node !== node;
    this.node = node;
    return isNew;
  }

  /** What was asked last could not be done: back to what the server knows. @param {string} about */
  fail(about) {
    if (about === "go" || about === "play_move" || about === "play_line") this.awaited = [];
    if (about !== "play_move" || !this.isProvisional) return;
    this.node = this.record?.get(PROVISIONAL)?.parent ?? this.node;
    this.#forget();
  }

  /** The connection broke: nothing that was asked will be answered. */
  break() {
    this.awaited = [];
    this.waiting = [];
    if (this.isProvisional) this.fail("play_move");
  }

  #forget() {
    const { record } = this;
    const parent = record?.get(record.get(PROVISIONAL)?.parent ?? -1);
    record?.nodes.delete(PROVISIONAL);
    record?.places.delete(PROVISIONAL);
    this.waiting = this.isProvisional ? this.waiting : [];
    if (record && parent) {
      const children = (parent.children ?? []).filter((child) => child !== PROVISIONAL);
      record.nodes.set(parent.node, { ...parent, children });
      record.version++;
    }
  }
}

/** @param {import("./messages.js").Node} node @param {number | null | undefined} parent
 * @param {[number, number] | null | undefined} move */
function isMove(node, parent, move) {
  return node.parent === parent && node.move?.[0] === move?.[0] && node.move?.[1] === move?.[1];
}
