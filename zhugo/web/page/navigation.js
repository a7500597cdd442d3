/** @file The row below the board: to and fro in the game, pass, and analysis. */

/** @import {App} from "./app.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { icon } from "./icons.js";
import { pictureButton } from "./controls.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** More than any record has. */
const ALL = 1 << 20;

export class NavigationPanel extends Panel {
  /** @param {App} app @param {{undo: () => void}} acts */
  constructor(app, { undo }) {
    super(app, "navigation");
    const to = (/** @type {number} */ steps) => () => app.step(steps);
    this.back = [
      pictureButton("first", word("First move"), to(-ALL), { key: "Home" }),
      pictureButton("tenBack", word("Ten moves back"), to(-10), { key: "PageUp" }),
      pictureButton("back", word("Move back"), to(-1), { key: "←" }),
    ];
    this.on = [
      pictureButton("on", word("Move on"), to(1), { key: "→" }),
      pictureButton("tenOn", word("Ten moves on"), to(10), { key: "PageDown" }),
      pictureButton("last", word("Last move"), to(ALL), { key: "End" }),
    ];
    this.number = html("output", { class: "number" });
    this.main = pictureButton("main", word("Back to the main line"), () => app.goMain(), { key: "b" });
    const pass = html(
      "button",
      { type: "button", title: `${word("Pass")} (p)`, click: () => app.pass() },
      word("Pass"),
    );
    const undoing = html("button", { type: "button", title: `${word("Undo")} (u)`, click: undo }, word("Undo"));
    this.text = html("span");
    this.analyze = html(
      "button",
      {
        type: "button",
        class: "analyze",
        title: `${word("Start or stop analysis")} (Space)`,
        click: () => app.analyze(!app.settings.analysis),
      },
      this.text,
    );
    this.element.append(
      html("div", { class: "group" }, ...this.back, this.number, ...this.on, this.main),
      html("div", { class: "group" }, pass, undoing, this.analyze),
    );
    this.element.setAttribute("aria-label", word("Move"));
    this.isOn = /** @type {boolean | null} */ (null);
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { record, node, place, settings } = this.app;
    if (settings.analysis !== this.isOn) {
      this.isOn = settings.analysis;
      this.text.textContent = word(settings.analysis ? "Stop" : "Analyze");
      this.analyze.replaceChildren(icon(settings.analysis ? "pause" : "analyze"), this.text);
      this.analyze.setAttribute("aria-pressed", String(settings.analysis));
    }
    if (!record || !place) return;
    const last = record.number(record.end(node));
    this.number.textContent = `${record.number(node)} / ${last}`;
    for (const button of this.back) button.disabled = record.parent(node) === null;
    for (const button of this.on) button.disabled = record.children(node).length === 0;
    this.main.hidden = record.isMain(node);
  }
}
