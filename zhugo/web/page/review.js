/** @file The whole game judged: accuracy, mistakes, moments to find a move in. */

/** @import {App} from "./app.js" */
/** @import {ReviewState, Summary, Told} from "./messages.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

export class ReviewPanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "review");
    /** @type {ReviewState | null} */
    this.state = null;
    /** @type {Summary | null} */
    this.summary = null;
  }

  /** @param {Told} message */
  hear(message) {
    if (message.type === "review_state") this.state = message;
    if (message.type === "summary") this.summary = message;
    if (message.type === "review_state" || message.type === "summary") this.app.changed("review");
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const start = () => this.app.send({ type: "review", visits: 50 });
    this.element.replaceChildren(html("button", { type: "button", click: start }, word("Review this game")));
  }
}
