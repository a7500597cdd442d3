/** @file How far a review is. */

/** @import {ReviewState} from "./messages.js" */
import { html } from "../library/dom.js";
import { word } from "./words.js";

export class Progress {
  constructor() {
    this.bar = html("progress", { max: 1, value: 0, "aria-label": word("Progress of the review") });
    this.text = html("p", { class: "soft" });
    this.element = html("div", { class: "review-progress", hidden: true }, this.bar, this.text);
  }

  /** @param {ReviewState | undefined} state */
  show(state) {
    this.element.hidden = !state || (!state.running && !state.failure);
    if (!state) return;
    this.bar.hidden = !state.running;
    this.bar.max = Math.max(state.of, 1);
    this.bar.value = state.done;
    const far = state.running ? [word("{n} of {all} positions", { n: state.done, all: state.of })] : [];
    this.text.textContent = [...far, ...(state.failure ? [state.failure] : [])].join(" · ");
  }
}
