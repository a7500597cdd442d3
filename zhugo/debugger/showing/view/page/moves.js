/** @file The moves at a node as a list, for games that the page has no board for. */

/** @import {Moment} from "./moment.js" */
/** @import {Tree} from "./trace.js" */
import { html } from "../library/dom.js";
import { candidates, summary, warmths } from "./candidates.js";
import { hue } from "./hues.js";

/** @param {Moment} moment @param {number} node @param {string} heat @param {(child: number) => void} pick */
export function drawMoves(moment, node, heat, pick) {
  const tree = /** @type {Tree} */ (moment.tree);
  const found = candidates(moment, node);
  const warm = warmths(found, heat, tree.toPlay[node] || 1);
  found.sort((a, b) => (warm.get(b.move)?.strength ?? -1) - (warm.get(a.move)?.strength ?? -1) || a.move - b.move);
  const rows = found.map((move) => {
    const name = tree.session.moves[move.move];
    const warmth = warm.get(move.move);
    const { child } = move;
    const pips = move.searchers.map((at) => html("i", { class: "pip", style: `background: var(${hue(at)})` }));
    const open = () => child !== null && pick(child);
    return html(
      "li",
      { "data-move": move.move, title: summary(move, name), style: `--warmth: ${warmth?.strength ?? 0}` },
      html("button", { type: "button", disabled: child === null, click: open }, name),
      html("span", { class: "number" }, warmth?.text ?? ""),
      html("span", {}, ...pips),
    );
  });
  return html("ol", { class: "moves" }, ...rows);
}
