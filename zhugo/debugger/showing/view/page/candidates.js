/** @file The moves at a node, and how warm each is. */

/** @import {Moment} from "./moment.js" */
import { fixed, short, signed } from "../library/format.js";

/**
 * @typedef {object} Candidate
 * @property {number} move
 * @property {number | null} child
 * @property {number} visits
 * @property {number | null} value Black's
 * @property {number} prior negative: no search may choose it
 * @property {number} pseudo
 * @property {number[]} searchers that have tickets below, one entry a ticket
 */

/** @typedef {{strength: number, text: string}} Warmth from 0 to 1, and the number in few letters */

export const HEATS = ["visits", "policy", "value", "pseudo"];

/** The moves at a node that the page knows something of, by move. @param {Moment} moment @param {number} node
 * @returns {Candidate[]} */
export function candidates(moment, node) {
  const { tree, event } = moment;
  if (!tree) return [];
  const below = ticketsBelow(moment, node);
  const found = tree.childrenOf(node, event).map((child) => {
    const { visits, value, prior, pseudo } = moment.numbers(child);
    return { move: tree.move[child], child, visits, value, prior, pseudo, searchers: below.get(child) ?? [] };
  });
  const policy = moment.numbers(node).state === "expanded" ? tree.policy(node) : null;
  const tried = new Set(found.map((each) => each.move));
  policy?.forEach((prior, move) => {
    if (prior >= 0 && !tried.has(move)) {
      found.push({ move, child: /** @type {any} */ (null), visits: 0, value: null, prior, pseudo: 0, searchers: [] });
    }
  });
  return found.sort((a, b) => a.move - b.move);
}

/** Child -> the searchers that have tickets below it. @param {Moment} moment @param {number} node
 * @returns {Map<number, number[]>} */
function ticketsBelow(moment, node) {
  const found = new Map();
  for (const { leaf, searcher } of moment.held) {
    const path = moment.nodesDown(node, leaf);
    if (path === null || path.length < 2) continue;
    found.set(path[1], [...(found.get(path[1]) ?? []), searcher].sort());
  }
  return found;
}

/** How warm each move is, of those that have something to say. @param {Candidate[]} moves @param {string} heat
 * @param {number} toPlay who weighs the values @returns {Map<number, Warmth>} by move */
export function warmths(moves, heat, toPlay) {
  const said = moves.filter((each) => value(each, heat, toPlay) !== null);
  const numbers = said.map((each) => Number(value(each, heat, toPlay)));
  const most = Math.max(...numbers);
  const least = heat === "value" ? Math.min(...numbers) : 0;
  return new Map(
    said.map((each, at) => {
      const strength = most > least ? (numbers[at] - least) / (most - least) : 1;
      return [each.move, { strength, text: text(each, heat) }];
    }),
  );
}

/** What the warmth goes by, or null where there is nothing to say. @param {Candidate} move @param {string} heat
 * @param {number} toPlay */
function value(move, heat, toPlay) {
  switch (heat) {
    case "policy":
      return move.prior >= 0.001 ? move.prior : null;
    case "value":
      return move.value === null ? null : toPlay * move.value;
    case "pseudo":
      return move.pseudo || null;
    default:
      return move.visits || null;
  }
}

/** @param {Candidate} move @param {string} heat */
function text(move, heat) {
  if (heat === "policy") return `${(100 * move.prior).toFixed(move.prior < 0.0995 ? 1 : 0)}`;
  if (heat === "value") return signed(/** @type {number} */ (move.value), 2);
  return short(heat === "pseudo" ? move.pseudo : move.visits);
}

/** All numbers of a move in one line. @param {Candidate} move @param {string} name */
export function summary(move, name) {
  const value = move.value === null ? "none" : signed(move.value, 3);
  const prior = move.prior < 0 ? "none" : fixed(move.prior, 3);
  return `${name}: N ${move.visits}, value ${value}, P ${prior}, pseudo ${move.pseudo}`;
}
