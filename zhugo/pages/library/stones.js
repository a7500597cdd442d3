/** @file Stones on a Go board: what moves put there and take away. +1 is Black, -1 White, 0 nobody. */

/** @import {Size} from "./points.js" */
import { neighbours } from "./points.js";

/**
 * @typedef {object} Board where moves begin
 * @property {number} width
 * @property {number} height
 * @property {number[]} black points of set-up stones
 * @property {number[]} white
 * @property {number} toPlay +1 Black, -1 White
 */

/**
 * The position behind some moves, by turns. A move is a point, row by row from the top left; one more than the last
 * point passes, and the one after that lets the other player move.
 * @param {Board} board @param {number[]} moves
 * @returns {{stones: Int8Array, toPlay: number, last: number}} `last` is -1 where there is none
 */
export function position(board, moves) {
  const points = board.width * board.height;
  const stones = new Int8Array(points);
  for (const point of board.black) stones[point] = 1;
  for (const point of board.white) stones[point] = -1;
  let toPlay = board.toPlay;
  for (const move of moves) {
    if (move < points) play(board, stones, move, toPlay);
    toPlay = -toPlay;
  }
  const last = moves.length ? moves[moves.length - 1] : -1;
  return { stones, toPlay, last: last < points ? last : -1 };
}

/**
 * Put a stone down and take off what has no liberty then: of the other colour first, then its own chain.
 * @param {Size} size @param {Int8Array} stones are changed @param {number} point @param {number} color
 * @returns {{taken: number, suicide: number}} stones of the other colour, and of its own
 */
export function play(size, stones, point, color) {
  stones[point] = color;
  let taken = 0;
  for (const next of neighbours(size, point)) if (stones[next] === -color) taken += takeIfDead(size, stones, next);
  return { taken, suicide: takeIfDead(size, stones, point) };
}

/** The chain of a stone, or null where it has a liberty and only chains without one are looked for.
 * @param {Size} size @param {Int8Array} stones @param {number} point @param {boolean} [onlyDead] */
export function chainAt(size, stones, point, onlyDead = false) {
  const color = stones[point];
  const chain = new Set([point]);
  for (const stone of chain) {
    for (const next of neighbours(size, stone)) {
      if (onlyDead && stones[next] === 0) return null;
      if (stones[next] === color) chain.add(next);
    }
  }
  return chain;
}

/**
 * Take a chain off the board if it has no liberty.
 * @param {Size} size @param {Int8Array} stones @param {number} point
 */
function takeIfDead(size, stones, point) {
  const chain = chainAt(size, stones, point, true);
  for (const stone of chain ?? []) stones[stone] = 0;
  return chain?.size ?? 0;
}
