/** @file Who has which tickets, who is parked where. */

/** @import {Moment} from "./moment.js" */
import { byId, html } from "../library/dom.js";
import { badge } from "./badge.js";

/** @param {Moment} moment
 * @param {{pick: (node: number) => void, show: (leaf: number | null) => void}} on */
export function drawHoldings(moment, on) {
  const { trace, event } = moment;
  const rows = trace.facts.searchers.map((name, searcher) => {
    const { kind, grant, leaves } = trace.holding(searcher, event);
    const items = leaves.map(({ tree, leaf }) => {
      if (trace.trees[tree] !== moment.tree) return html("li", { class: "faint" }, `node ${leaf} elsewhere`);
      const held = moment.held.find((each) => each.leaf === leaf);
      const words = held?.isSpeculative ? `${moment.line(leaf)} (speculative)` : moment.line(leaf);
      const button = html("button", { type: "button", click: () => on.pick(leaf) }, words);
      const [show, hide] = [() => on.show(leaf), () => on.show(null)];
      return html("li", { mouseenter: show, mouseleave: hide, focusin: show, focusout: hide }, button);
    });
    return html(
      "section",
      { "data-searcher": name, "data-kind": kind },
      html("h3", {}, badge(trace.facts, searcher), " ", kind === "grant" ? `grant ${grant}` : kind),
      html("ul", { class: "lines" }, ...items),
    );
  });
  byId("holdings").replaceChildren(...rows);
}
