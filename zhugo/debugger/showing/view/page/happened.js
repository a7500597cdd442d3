/** @file The event of the moment, and what it did. */

/** @import {Moment} from "./moment.js" */
import { byId, html } from "../library/dom.js";
import { signed } from "../library/format.js";
import { badge } from "./badge.js";

const MOST = 60;

/** @param {Moment} moment @param {(node: number) => void} pick */
export function drawHappened(moment, pick) {
  const { trace, event } = moment;
  byId("said").textContent = event ? trace.facts.texts[event - 1] : "before the first event";
  const notes = trace.notesOf(event);
  const rows = notes.slice(0, MOST).map((note) => {
    const here = trace.trees[note.tree] === moment.tree && moment.tree !== null;
    const name = here ? moment.line(note.leaf) : `node ${note.leaf}`;
    const node =
      here && moment.has(note.leaf) ? html("button", { type: "button", click: () => pick(note.leaf) }, name) : name;
    const alarm = note.what === "no ticket" || note.what === "parked" || note.what === "collided";
    return html(
      "tr",
      { class: alarm ? "alarm" : "" },
      html("td", {}, note.searcher < 0 ? "" : badge(trace.facts, note.searcher)),
      html("td", { class: "line" }, node),
      html("td", {}, told(trace.facts.words[note.what], note.amount)),
    );
  });
  if (notes.length > MOST) rows.push(html("tr", {}, html("td", { colspan: 3 }, `… and ${notes.length - MOST} more`)));
  if (!rows.length) rows.push(html("tr", {}, html("td", { class: "faint", colspan: 3 }, "nothing in any tree")));
  byId("happened").replaceChildren(...rows);
}

/** `story`'s words about what happened, its `{amount:…}` filled in. @param {string} words @param {number} amount */
function told(words, amount) {
  return words.replace("{amount:g}", String(amount)).replace("{amount:+.3f}", signed(amount, 3));
}
