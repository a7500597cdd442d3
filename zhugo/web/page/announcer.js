/** @file What is said to all: moves of others and of the engine to screen readers, and what went wrong to everybody. */

/** @import {App} from "./app.js" */
/** @import {Told} from "./messages.js" */
import { html } from "../library/dom.js";
import { Panel } from "./panel.js";
import { inWords } from "./position.js";

/** Milliseconds that a line is to be seen. */
const SHOWN = 7000;

export class Announcer extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "announcer");
    this.said = html("p", { class: "hidden-text", "aria-live": "polite" });
    this.lines = html("div", { class: "toasts", role: "alert" });
    this.element.append(this.said, this.lines);
    this.node = -1;
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

  /** Moves that others play, and where one is led to. @param {Told} message */
  hear(message) {
    const { record, node } = this.app;
    if (message.type !== "at" || !record || node === this.node || !record.nodes.has(node)) return;
    this.node = node;
    this.say(inWords(record, node));
  }
}
