/** @file What is told of changes and has the panels painted that they matter to. */

/** @import {Change} from "./panel.js" */

/**
 * What a painter knows of a panel.
 * @typedef {object} Painted
 * @property {HTMLElement} element
 * @property {Set<Change>} due
 * @property {number} pace
 * @property {number} painted
 * @property {(changes: ReadonlySet<Change>) => void} draw
 * @property {(message: any) => void} hear
 */

export class Painter {
  constructor() {
    /** @type {Painted[]} */
    this.panels = [];
    this.isDue = false;
    this.timer = 0;
  }

  /** Paint soon, once for all that changes until then. @param {Change[]} what */
  changed(...what) {
    for (const panel of this.panels) for (const each of what) panel.due.add(each);
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.isDue = false;
    const now = performance.now();
    let pause = Infinity;
    for (const panel of this.panels) {
      if (panel.due.size === 0 || panel.element.closest("[hidden]")) continue;
      const left = panel.painted + panel.pace - now;
      if (left > 0 && panel.due.size === 1 && panel.due.has("analysis")) {
        pause = Math.min(pause, left);
        continue;
      }
      const due = panel.due;
      panel.due = new Set();
      panel.painted = now;
      panel.draw(due);
    }
    clearTimeout(this.timer);
    if (pause < Infinity) this.timer = setTimeout(() => this.changed(), pause);
  }
}
