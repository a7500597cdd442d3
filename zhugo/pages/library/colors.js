/** @file The style's colours, for what is drawn on a canvas. */

/** Reads colours by their names in the style, until the scheme changes. */
export class Colors {
  constructor() {
    /** @type {Map<string, string>} */
    this.known = new Map();
  }

  /** @param {string} name */
  get(name) {
    let value = this.known.get(name);
    if (value === undefined) {
      value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      this.known.set(name, value);
    }
    return value;
  }

  forget() {
    this.known.clear();
  }
}
