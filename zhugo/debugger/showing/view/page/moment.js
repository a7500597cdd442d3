/** @file The recording behind one event, seen from one session. */

/** @import {Trace, Tree} from "./trace.js" */

/** @typedef {{searcher: number, leaf: number, isSpeculative: boolean}} Held a leaf under a ticket */

const SPECULATED = 2;

export class Moment {
  /** @param {Trace} trace @param {number} event @param {number | null} session null: the one to look at first */
  constructor(trace, event, session) {
    this.trace = trace;
    this.event = event;
    this.session = session ?? firstSession(trace, event);
    const { tree, cursor } = this.session < 0 ? { tree: null, cursor: 0 } : trace.sessionAt(this.session, event);
    this.tree = tree;
    this.cursor = cursor;
    /** @type {Held[]} */
    this.held = [];
    /** @type {Map<number, number>} leaf -> the searcher that has its ticket */
    this.owners = new Map();
    if (tree) this.#findHeld(tree);
  }

  /** @param {Tree} tree */
  #findHeld(tree) {
    this.trace.holdings.forEach((_, searcher) => {
      const { kind, leaves } = this.trace.holding(searcher, this.event);
      if (kind !== "grant") return;
      for (const { tree: number, leaf } of leaves) {
        if (this.trace.trees[number] !== tree) continue;
        this.owners.set(leaf, searcher);
        this.held.push({ searcher, leaf, isSpeculative: tree.state(leaf, this.event) === SPECULATED });
      }
    });
  }

  /** The numbers of a node. @param {number} node */
  numbers(node) {
    const tree = /** @type {Tree} */ (this.tree);
    const visits = tree.visits(node, this.event);
    return {
      visits,
      weight: tree.weight(node, this.event),
      value: visits ? tree.value(node, this.event) : null,
      utility: visits ? tree.utility(node, this.event) : null,
      prior: tree.prior(node, this.event),
      pseudo: tree.pseudo(node, this.event),
      state: this.trace.facts.states[tree.state(node, this.event)],
      owner: this.owners.get(node) ?? null,
    };
  }

  /** The children of a node, the most visited first. @param {number} node */
  children(node) {
    const tree = /** @type {Tree} */ (this.tree);
    const weighed = tree.childrenOf(node, this.event).map((child) => ({
      child,
      keys: [
        -tree.edgeVisits(child, this.event),
        -tree.pseudo(child, this.event),
        -tree.prior(child, this.event),
        tree.move[child],
      ],
    }));
    weighed.sort((a, b) => a.keys.reduce((order, key, at) => order || key - b.keys[at], 0));
    return weighed.map((each) => each.child);
  }

  /** Whether the node is there and hangs below the cursor. @param {number} node */
  has(node) {
    return (
      this.tree !== null &&
      node < this.tree.born.length &&
      this.tree.born[node] <= this.event &&
      this.nodesDown(this.cursor, node) !== null
    );
  }

  /** The nodes from `above` down to `node`, both of them, or null if it does not hang there.
   * @param {number} above @param {number} node @returns {number[] | null} */
  nodesDown(above, node) {
    const tree = /** @type {Tree} */ (this.tree);
    const path = [node];
    while (path[0] > above) path.unshift(tree.parent[path[0]]);
    return path[0] === above ? path : null;
  }

  /** @param {number} node */
  moveName(node) {
    const tree = /** @type {Tree} */ (this.tree);
    if (node === this.cursor) return "root";
    return tree.session.moves[tree.move[node]] ?? String(tree.move[node]);
  }

  /** The moves from the cursor to the node, or its number if it does not hang there. @param {number} node */
  line(node) {
    const path = this.nodesDown(this.cursor, node);
    if (path === null) return `node ${node}`;
    return (
      path
        .slice(1)
        .map((each) => this.moveName(each))
        .join(" ") || "root"
    );
  }
}

/** The session that is searched, else the first that is open, else -1. @param {Trace} trace @param {number} event */
function firstSession(trace, event) {
  const states = trace.sessions.map((_, session) => trace.sessionAt(session, event));
  const searched = states.findIndex((state) => state.isSearched);
  return searched >= 0 ? searched : states.findIndex((state) => state.tree);
}
