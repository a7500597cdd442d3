/** @file Stones on a Go board: what moves put there and take away. */

/** @import {Board} from "./data.js" */

/**
 * The position behind some moves. A move is a point, row by row from the top left; one more than the last point
 * passes, and the one after that lets the other player move.
 * @param {Board} board @param {number[]} moves
 * @returns {{stones: Int8Array, toPlay: number, last: number}} +1 Black, -1 White; `last` is -1 where there is none
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

/** @param {Board} board @param {Int8Array} stones @param {number} point @param {number} color */
function play(board, stones, point, color) {
  stones[point] = color;
  for (const next of neighbours(board, point)) if (stones[next] === -color) takeIfDead(board, stones, next);
  takeIfDead(board, stones, point);
}

/**
 * Take a chain off the board if it has no liberty.
 * @param {Board} board @param {Int8Array} stones @param {number} point
 */
function takeIfDead(board, stones, point) {
  const color = stones[point];
  const chain = new Set([point]);
  for (const stone of chain) {
    for (const next of neighbours(board, stone)) {
      if (stones[next] === 0) return;
      if (stones[next] === color) chain.add(next);
    }
  }
  for (const stone of chain) stones[stone] = 0;
}

/** @param {Board} board @param {number} point */
function neighbours(board, point) {
  const column = point % board.width;
  const found = [point - board.width, point + board.width].filter(
    (next) => next >= 0 && next < board.width * board.height,
  );
  if (column > 0) found.push(point - 1);
  if (column < board.width - 1) found.push(point + 1);
  return found;
}
