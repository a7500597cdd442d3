/** @file Lines that a game shows beside it: each is seen on the board while it is pointed at. */

/** @import {App} from "./app.js" */
import { html } from "../library/dom.js";
import { moveName } from "./position.js";

const MOST_MOVES = 6;

export class LineList {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.title = html("p", {});
    this.list = html("ul", { class: "lines" });
    this.element = html("div", { class: "better" }, this.title, this.list);
    this.shown = "";
  }

  /** @param {string} title @param {number[][]} lines moves each, from the position of `node` on @param {number} node */
  show(title, lines, node) {
    const key = JSON.stringify([title, lines, node]);
    if (key === this.shown) return;
    this.shown = key;
    this.element.hidden = lines.length === 0;
    this.title.textContent = title;
    this.list.replaceChildren(...lines.map((line) => html("li", {}, this.#button(line, node))));
  }

  /** @param {number[]} line @param {number} node */
  #button(line, node) {
    const { app } = this;
    const { record } = app;
    const names = record ? line.slice(0, MOST_MOVES).map((move) => moveName(record, move)) : [];
    const show = () => app.preview(line, node);
    const hide = () => app.preview(null);
    const attributes = {
      type: "button",
      class: "line",
      pointerenter: show,
      focus: show,
      pointerleave: hide,
      blur: hide,
      click: show,
    };
    return html("button", attributes, html("b", {}, names[0] ?? ""), ` ${names.slice(1).join(" ")}`);
  }
}
