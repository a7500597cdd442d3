/** @file What the page knows of a review: how far it is, what it sums up to, and the same of a second net. */

/** @import {Judged, ReviewState, Summary, Told} from "./messages.js" */

/** The engine's own net among nets. */
export const OWN = "";

export class ReviewData {
  constructor() {
    this.game = "";
    /** @type {Map<string, ReviewState>} by net */
    this.states = new Map();
    /** @type {Map<string, Summary>} */
    this.summaries = new Map();
    /** @type {Map<string, Map<number, Judged>>} what second nets know of positions, by node */
    this.others = new Map();
  }

  /** Take a message. @param {Told} message @returns {boolean} whether it was for a review */
  hear(message) {
    switch (message.type) {
      case "game":
        if (message.game !== this.game) this.#forget(message.game);
        return true;
      case "review_state":
        if (message.game === this.game) this.states.set(message.net ?? OWN, message);
        return true;
      case "summary":
        if (message.game === this.game) this.summaries.set(message.net ?? OWN, message);
        return true;
      case "reviewed":
        if (message.game !== this.game || !message.net) return false;
        this.#learn(message.net, message.positions);
        return true;
      default:
        return false;
    }
  }

  /** @param {string} game */
  #forget(game) {
    this.game = game;
    this.states.clear();
    this.summaries.clear();
    this.others.clear();
  }

  /** @param {string} net @param {Judged[]} positions */
  #learn(net, positions) {
    const known = this.others.get(net) ?? new Map();
    for (const each of positions) known.set(each.node, each);
    this.others.set(net, known);
  }
}
