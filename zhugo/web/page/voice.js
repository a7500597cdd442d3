/** @file What is said to all: to screen readers, and lines of what went wrong to everybody. */

/** @import {App} from "./app.js" */
import { html } from "../library/dom.js";
import { Panel } from "./panel.js";

/** Milliseconds that a line is to be seen. */
const SHOWN = 7000;

/** @template [A=App] @extends {Panel<A>} */
export class Voice extends Panel {
  /** @param {A} app */
  constructor(app) {
    super(app, "announcer");
    this.said = html("p", { class: "hidden-text", "aria-live": "polite" });
    this.lines = html("div", { class: "toasts", role: "alert" });
    this.element.append(this.said, this.lines);
  }

  /** To screen readers alone. @param {string} text */
  say(text) {
    this.said.textContent = text;
  }

  /** @param {string} text */
  tell(text) {
    if (this.lines.lastChild?.textContent === text) return;
    const line = html("p", { class: "toast" }, text);
    this.lines.append(line);
    setTimeout(() => line.remove(), SHOWN);
  }
}
