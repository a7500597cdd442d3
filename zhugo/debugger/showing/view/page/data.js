/** @file The recording as `pack.py` wrote it: facts, and typed arrays by name. */

/** @import {Board} from "../library/stones.js" */

/** @typedef {Int8Array | Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array} Numbers */
/** @typedef {Record<string, Numbers>} Arrays */

/** @typedef {{name: string, game: string, moves: string[], board: Board | null}} SessionFacts */

/**
 * @typedef {object} Facts
 * @property {string} file
 * @property {{versions: Record<string, string>, options: Record<string, unknown>}} header
 * @property {string[]} nets what evaluated positions
 * @property {string[]} warnings
 * @property {string[]} texts of the events
 * @property {string[]} searchers
 * @property {SessionFacts[]} sessions
 * @property {number[]} trees the session of each
 * @property {string[]} states
 * @property {string[]} holdings
 * @property {string[]} fates
 * @property {string[]} whats
 * @property {Record<string, string>} words of what happened, by its name
 * @property {Record<string, number[]>} kinds what may be looked for -> places in `whats`
 */

/** @type {Record<string, (bytes: Uint8Array<ArrayBuffer>) => Numbers>} */
const READERS = {
  i1: (bytes) => new Int8Array(bytes.buffer),
  u1: (bytes) => bytes,
  u2: (bytes) => new Uint16Array(bytes.buffer),
  i4: (bytes) => summed(new Int32Array(bytes.buffer)),
  f4: (bytes) => new Float32Array(woven(bytes, 4).buffer),
  f8: (bytes) => new Float64Array(woven(bytes, 8).buffer),
};

/**
 * @param {string} text
 * @returns {Promise<{facts: Facts, arrays: Arrays}>}
 */
export async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const whole = await new Response(stream).arrayBuffer();
  const length = new DataView(whole).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, length)));
  /** @type {Arrays} */
  const arrays = {};
  let at = 4 + length;
  for (const [name, type, size] of head.arrays) {
    const end = at + size * Number(type[1]);
    arrays[name] = READERS[type](new Uint8Array(whole.slice(at, end)));
    at = end;
  }
  return { facts: head.facts, arrays };
}

/** Numbers out of the differences from each to the next. @param {Int32Array} numbers */
function summed(numbers) {
  for (let i = 1; i < numbers.length; i++) numbers[i] += numbers[i - 1];
  return numbers;
}

/** Values out of all first bytes, then all second bytes … @param {Uint8Array} bytes @param {number} size */
function woven(bytes, size) {
  const count = bytes.length / size;
  const values = new Uint8Array(bytes.length);
  for (let plane = 0; plane < size; plane++) {
    for (let i = 0; i < count; i++) values[i * size + plane] = bytes[plane * count + i];
  }
  return values;
}
