/** @file Elements that are made, changed and taken away by difference, so that what stays is not painted again. */

import { svg } from "./dom.js";

/** @typedef {string | number | boolean | null} Primitive */

/**
 * @template {Primitive[]} T
 */
export class Layer {
  /**
   * @param {string} name the class of its group
   * @param {(key: number) => SVGElement} make an element, which `change` fills
   * @param {(element: any, state: T) => void} change
   */
  constructor(name, make, change) {
    this.element = svg("g", { class: name });
    this.make = make;
    this.change = change;
    /** @type {Map<number, {element: SVGElement, state: T}>} */
    this.shown = new Map();
  }

  /** Show these and no others, by key. @param {Map<number, T>} states */
  show(states) {
    for (const [key, { element }] of this.shown) {
      if (states.has(key)) continue;
      element.remove();
      this.shown.delete(key);
    }
    for (const [key, state] of states) {
      const before = this.shown.get(key);
      if (before && isSame(before.state, state)) continue;
      const element = before?.element ?? this.make(key);
      this.change(element, state);
      if (!before) this.element.append(element);
      this.shown.set(key, { element, state });
    }
  }

  clear() {
    this.show(new Map());
  }
}

/** @param {Primitive[]} a @param {Primitive[]} b */
function isSame(a, b) {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}
