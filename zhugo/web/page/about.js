/** @file What a record says of its game, and the position in words. */

/** @import {App} from "./app.js" */
/** @import {Change, Panel as Part} from "./panel.js" */
import { html } from "../library/dom.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** @type {[string, string][]} property of SGF, words */
const FACTS = [
  ["EV", "Event"],
  ["RO", ""],
  ["DT", "Date"],
  ["PC", "Place"],
  ["RE", "Result"],
  ["GC", ""],
];

export class AboutPanel extends Panel {
  /** @param {App} app @param {Part[]} parts below */
  constructor(app, parts) {
    super(app, "about");
    this.title = html("h2");
    this.list = html("dl");
    this.notes = html("ul", { class: "notes" });
    this.element.append(this.title, this.list, this.notes, ...parts.map((part) => part.element));
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { record } = this.app;
    if (!record || !changes.has("game")) return;
    const { about, size, rules, komi, handicap, notes } = record;
    this.title.textContent = record.title;
    const facts = FACTS.filter(([key]) => about[key]).map(([key, name]) => [name ? word(name) : "", about[key]]);
    facts.push([word("Size"), `${size.width} × ${size.height}`], [word("Rules"), rules], [word("Komi"), String(komi)]);
    if (handicap) facts.push([word("Handicap"), String(handicap)]);
    this.list.replaceChildren(
      ...facts.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))),
    );
    this.notes.replaceChildren(...notes.map((note) => html("li", {}, note)));
    this.notes.hidden = notes.length === 0;
    this.notes.setAttribute("aria-label", word("What went wrong in the record"));
  }
}
