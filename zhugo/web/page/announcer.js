/** @file What is said to all of a record: moves of others and of the engine to screen readers, and what went wrong. */

/** @import {App} from "./app.js" */
/** @import {Told} from "./messages.js" */
import { inWords } from "./position.js";
import { Voice } from "./voice.js";

/** @extends {Voice<App>} */
export class Announcer extends Voice {
  /** @param {App} app */
  constructor(app) {
    super(app);
    this.node = -1;
  }

  /** Moves that others play, and where one is led to. @param {Told} message */
  hear(message) {
    const { record, node } = this.app;
    if (message.type !== "at" || !record || node === this.node || !record.nodes.has(node)) return;
    this.node = node;
    this.say(inWords(record, node));
  }
}
