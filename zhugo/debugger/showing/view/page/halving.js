/** @file Whom the cursor chooses next by sequential halving, and why. */

/** @import {Moment} from "./moment.js" */
import { byId, html } from "../library/dom.js";
import { signed } from "../library/format.js";

/** @param {Moment} moment */
export function drawHalving(moment) {
  const { trace, event, session, tree } = moment;
  const { due, moves } = tree ? trace.halvingAt(session, event) : { due: 0, moves: [] };
  byId("halving-panel").hidden = moves.length === 0;
  if (!tree || moves.length === 0) return;
  byId("halving-due").textContent = `Next is the best sum among moves with ${due} ${due === 1 ? "visit" : "visits"}
    since the search began; leaves in flight count.`;
  const rows = moves.map(({ move, noise, sigma, score, begun }) =>
    html(
      "tr",
      { class: begun === due ? "" : "faint" },
      html("th", { scope: "row" }, tree.session.moves[move] ?? String(move)),
      ...[noise, sigma, score].map((number) => html("td", {}, signed(number, 3))),
      html("td", {}, String(begun)),
    ),
  );
  byId("halving").replaceChildren(...rows);
}
