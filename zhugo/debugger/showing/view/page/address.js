/** @file The moment in the page's address, so that it can be shared. */

/**
 * @typedef {object} Place what is looked at
 * @property {number} event
 * @property {number | null} session null: the one that is searched
 * @property {number | null} node null: the cursor
 * @property {string} heat
 */

const DEFAULT_HEAT = "visits";
/** Milliseconds without a change before the address follows; browsers slow pages down that change it too often. */
const QUIET = 150;

/** @returns {Partial<Place>} */
export function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  /** @param {string} name */
  const number = (name) => (/^\d+$/.test(words.get(name) ?? "") ? Number(words.get(name)) : null);
  const event = number("event");
  return {
    ...(event === null ? {} : { event }),
    session: number("session"),
    node: number("node"),
    heat: words.get("heat") ?? DEFAULT_HEAT,
  };
}

/** Writes the place down once it has been left alone for a moment. */
export class Address {
  constructor() {
    this.timer = 0;
  }

  /** @param {Place} place */
  write({ event, session, node, heat }) {
    const words = new URLSearchParams({ event: String(event) });
    if (session !== null) words.set("session", String(session));
    if (node !== null) words.set("node", String(node));
    if (heat !== DEFAULT_HEAT) words.set("heat", heat);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => history.replaceState(null, "", `#${words}`), QUIET);
  }
}
