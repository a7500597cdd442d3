/** @file Where each node of a tree of variations is drawn: moves from left to right, variations below each other. */

/** @import {GameRecord} from "./record.js" */

/** @typedef {{node: number, column: number, row: number, parent: number | null}} Spot */

/**
 * A first child goes on in its parent's row; each other child begins a row of its own, the first one below that is
 * free from its parent on to the end of its line. Variations of late moves lie nearer to the line that they leave.
 * @param {GameRecord} record
 * @returns {{spots: Map<number, Spot>, columns: number, rows: number}}
 */
export function layOut(record) {
  /** @type {Map<number, Spot>} */
  const spots = new Map();
  /** @type {number[]} by row: the first column that is taken by something drawn before, which lies to the right */
  const taken = [];
  let columns = 0;
  /** @type {{node: number, column: number, above: number, parent: number | null}[]} lines that wait to be drawn */
  const waiting = [{ node: record.root, column: 0, above: -1, parent: null }];
  for (let line = waiting.pop(); line; line = waiting.pop()) {
    const nodes = [line.node];
    for (let [next] = record.children(line.node); next !== undefined; [next] = record.children(next)) nodes.push(next);
    const end = line.column + nodes.length;
    let row = line.above + 1;
    while ((taken[row] ?? Infinity) <= end) row++;
    for (let at = 0; at <= row; at++)
      taken[at] = Math.min(taken[at] ?? Infinity, at === row ? Math.max(line.column - 1, 0) : Infinity);
    columns = Math.max(columns, end);
    nodes.forEach((node, at) => {
      const column = line.column + at;
      spots.set(node, { node, column, row, parent: at ? nodes[at - 1] : line.parent });
      const others = record.children(node).slice(1).reverse();
      for (const other of others) waiting.push({ node: other, column: column + 1, above: row, parent: node });
    });
  }
  return { spots, columns, rows: taken.length };
}
