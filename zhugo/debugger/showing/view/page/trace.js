/** @file The recording: its events, its trees, and what every searcher had. */

/** @import {Arrays, Facts, SessionFacts} from "./data.js" */
import { History, lastUpTo, starts } from "./history.js";

/** @param {Arrays} arrays @param {string} prefix @returns {Arrays} those whose names begin so, without it */
function under(arrays, prefix) {
  const found = Object.entries(arrays).filter(([name]) => name.startsWith(`${prefix}.`));
  return Object.fromEntries(found.map(([name, array]) => [name.slice(prefix.length + 1), array]));
}

/** One tree, with the numbers of every node behind every event. Values and utilities are means, Black's. */
export class Tree {
  /** @param {Arrays} arrays @param {SessionFacts} session */
  constructor(arrays, session) {
    this.session = session;
    this.arrays = arrays;
    this.parent = arrays.parent;
    this.move = arrays.move;
    this.born = arrays.born;
    this.toPlay = arrays.to_play;
    this.histories = Object.fromEntries(
      ["value", "pseudo", "state", "prior"].map((kind) => [
        kind,
        new History(arrays[`${kind}.count`], arrays[`${kind}.event`]),
      ]),
    );
    this.policies = new Map(Array.from(arrays["policy.node"], (node, row) => [node, row]));
    const count = new Int32Array(this.parent.length);
    for (const parent of this.parent.subarray(1)) count[parent]++;
    this.childStarts = starts(count);
    this.children = new Int32Array(this.parent.length - 1);
    const next = this.childStarts.slice();
    for (let node = 1; node < this.parent.length; node++) this.children[next[this.parent[node]]++] = node;
  }

  /**
   * @param {string} kind of history @param {string} column
   * @param {number} node @param {number} event @param {number} first what a new node has
   */
  read(kind, column, node, event, first) {
    const at = this.histories[kind].at(node, event);
    return at < 0 ? first : this.arrays[`${kind}.${column}`][at];
  }

  /** @param {number} node @param {number} event */
  visits(node, event) {
    return this.read("value", "visits", node, event, 0);
  }

  /** Visits that came through the parent. @param {number} node @param {number} event */
  edgeVisits(node, event) {
    return this.visits(node, event) - this.read("value", "begun", node, event, 0);
  }

  /** @param {number} node @param {number} event */
  weight(node, event) {
    return this.read("value", "weight", node, event, 0);
  }

  /** @param {number} node @param {number} event */
  value(node, event) {
    return this.read("value", "mean_value", node, event, 0);
  }

  /** @param {number} node @param {number} event */
  utility(node, event) {
    return this.read("value", "mean_utility", node, event, 0);
  }

  /** @param {number} node @param {number} event */
  pseudo(node, event) {
    return this.read("pseudo", "pseudo", node, event, 0);
  }

  /** @param {number} node @param {number} event */
  state(node, event) {
    return this.read("state", "state", node, event, 0);
  }

  /** Negative where no search may choose the node. @param {number} node @param {number} event */
  prior(node, event) {
    return this.read("prior", "prior", node, event, -1);
  }

  /** The children that are there behind this event, oldest first. @param {number} node @param {number} event */
  childrenOf(node, event) {
    const all = this.children.subarray(this.childStarts[node], this.childStarts[node + 1]);
    return Array.from(all).filter((child) => this.born[child] <= event);
  }

  /** Of every move, negative where it is illegal; null where the page does not have it. @param {number} node */
  policy(node) {
    const row = this.policies.get(node);
    const moves = this.session.moves.length;
    return row === undefined ? null : this.arrays["policy.prior"].subarray(row * moves, (row + 1) * moves);
  }
}

/** Everything that was recorded. */
export class Trace {
  /** @param {Facts} facts @param {Arrays} arrays */
  constructor(facts, arrays) {
    this.facts = facts;
    this.times = arrays["events.time"];
    this.count = this.times.length;
    this.seconds = this.count ? this.times[this.count - 1] : 0;
    this.trees = facts.trees.map((session, at) => new Tree(under(arrays, `trees.${at}`), facts.sessions[session]));
    this.sessions = facts.sessions.map((_, at) => under(arrays, `sessions.${at}`));
    this.halvings = facts.sessions.map((_, at) => under(arrays, `halvings.${at}`));
    this.halvingStarts = this.halvings.map((halving) => starts(halving.count));
    this.holdings = facts.searchers.map((_, at) => under(arrays, `holdings.${at}`));
    this.holdingStarts = this.holdings.map((holding) => starts(holding.count));
    this.notes = under(arrays, "notes");
    this.noteStarts = starts(this.notes.count);
    this.batches = under(arrays, "batches");
    this.waits = under(arrays, "waits");
    this.samples = under(arrays, "samples");
  }

  /** Seconds of an event since the first; the moment before it is at 0, too. @param {number} event */
  time(event) {
    return event ? this.times[event - 1] : 0;
  }

  /** The last event up to this time. @param {number} seconds */
  eventAt(seconds) {
    return lastUpTo(this.times, seconds) + 1;
  }

  /** The last event behind which a session is searched, else the last one at all. */
  lastSearched() {
    let last = 0;
    for (const { event, searching } of this.sessions) {
      searching.forEach((is, at) => is && (last = Math.max(last, (event[at + 1] ?? this.count + 1) - 1)));
    }
    return last || this.count;
  }

  /** The next event, or with `step` -1 the one before, in which something of this kind happened, or null.
   * @param {number} event @param {number[]} whats @param {1 | -1} step */
  find(event, whats, step) {
    for (let at = event + step; at >= 1 && at <= this.count; at += step) {
      const happened = this.notes.what.subarray(this.noteStarts[at - 1], this.noteStarts[at]);
      if (whats.some((what) => happened.includes(what))) return at;
    }
    return null;
  }

  /** What happened in an event. @param {number} event */
  notesOf(event) {
    const { what, searcher, tree, leaf, amount } = this.notes;
    const found = [];
    for (let at = event ? this.noteStarts[event - 1] : 0; event && at < this.noteStarts[event]; at++) {
      found.push({
        what: this.facts.whats[what[at]],
        searcher: searcher[at],
        tree: tree[at],
        leaf: leaf[at],
        amount: amount[at],
      });
    }
    return found;
  }

  /** What a searcher has behind an event. @param {number} searcher @param {number} event */
  holding(searcher, event) {
    const found = this.holdings[searcher];
    const at = lastUpTo(found.event, event);
    if (at < 0) return { kind: this.facts.holdings[0], grant: 0, leaves: [] };
    const leaves = [];
    for (let i = this.holdingStarts[searcher][at]; i < this.holdingStarts[searcher][at + 1]; i++) {
      leaves.push({ tree: found.tree[i], leaf: found.leaf[i] });
    }
    return { kind: this.facts.holdings[found.kind[at]], grant: found.grant[at], leaves };
  }

  /** What sequential halving compares at a session's cursor behind an event, the next move first; no moves where it does
   * not choose. `due`: how many visits the next one has. @param {number} session @param {number} event */
  halvingAt(session, event) {
    const found = this.halvings[session];
    const at = lastUpTo(found.event, event);
    const moves = [];
    for (let i = this.halvingStarts[session][Math.max(at, 0)]; at >= 0 && i < this.halvingStarts[session][at + 1]; i++) {
      const [noise, sigma, score] = [found.noise[i], found.sigma[i], found.score[i]];
      moves.push({ move: found.move[i], noise, sigma, score, begun: found.begun[i] });
    }
    return { due: at < 0 ? 0 : found.due[at], moves };
  }

  /** The tree (null: closed), cursor and whether it is searched, of a session behind an event.
   * @param {number} session @param {number} event */
  sessionAt(session, event) {
    const found = this.sessions[session];
    const at = lastUpTo(found.event, event);
    const open = at >= 0 && found.tree[at] >= 0;
    return {
      tree: open ? this.trees[found.tree[at]] : null,
      cursor: open ? found.cursor[at] : 0,
      isSearched: open && found.searching[at] > 0,
    };
  }
}
