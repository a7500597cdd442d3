/** @file A game against the engine: whose turn it is, clocks, hints, warnings and the count to agree on. */

/** @import {App} from "./app.js" */
/** @import {Play, Told} from "./messages.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

export class PlayPanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "play");
    /** @type {Play | null} */
    this.state = null;
  }

  /** @param {Told} message */
  hear(message) {
    if (message.type === "play") this.state = message;
    if (message.type === "play") this.app.changed("play");
  }

  /** Take back a move of the game that is played here. @returns {boolean} whether one is */
  undo() {
    const here = this.state !== null && this.state.game === this.app.record?.game && this.state.state !== "over";
    return here && this.app.send({ type: "act", what: "undo" });
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { state } = this;
    const here = state && state.game === this.app.record?.game;
    this.element.replaceChildren(html("p", { class: "soft" }, here ? state.said : word("No game against the engine is played here.")));
  }
}
