/** @file What a person chose, kept in this browser. */

/**
 * @typedef {object} Settings
 * @property {string} language "" for that of the browser
 * @property {"" | "light" | "dark"} scheme "" for that of the system
 * @property {boolean} wood wood and shaded stones, or plain ones
 * @property {boolean} coordinates
 * @property {boolean} numbers all moves numbered
 * @property {boolean} candidates
 * @property {"rate" | "loss" | "lead" | "visits"} label the large number on a candidate
 * @property {boolean} ownership
 * @property {boolean} policy
 * @property {boolean} dots what the last moves lost
 * @property {boolean} next where the record goes on
 * @property {number} least percent of visits below which a candidate is hidden
 * @property {boolean} sounds
 * @property {"auto" | "always" | "never"} confirm whether a tap only shows the stone
 * @property {"mover" | "black" | "white"} perspective of win rates
 * @property {string} name to others who look at the same game
 * @property {boolean} analysis whether positions are searched
 * @property {string} tab
 */

/** @type {Settings} */
export const DEFAULTS = {
  language: "",
  scheme: "",
  wood: true,
  coordinates: true,
  numbers: false,
  candidates: true,
  label: "rate",
  ownership: false,
  policy: false,
  dots: true,
  next: true,
  least: 1,
  sounds: false,
  confirm: "auto",
  perspective: "mover",
  name: "",
  analysis: false,
  tab: "explore",
};

const KEY = "zhugo";

/** What was kept, as far as it is of the right kind. @param {string | null} text @returns {Settings} */
export function settingsFrom(text) {
  const found = { ...DEFAULTS };
  try {
    const kept = JSON.parse(text ?? "{}");
    for (const [name, value] of Object.entries(DEFAULTS)) {
      if (typeof kept[name] === typeof value) Object.assign(found, { [name]: kept[name] });
    }
  } catch {
    return found;
  }
  return found;
}

/** What is kept; the defaults where the browser keeps nothing. */
export function readSettings() {
  try {
    return settingsFrom(localStorage.getItem(KEY));
  } catch {
    return { ...DEFAULTS };
  }
}

/** @param {Settings} settings */
export function keepSettings(settings) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing forgets the settings with the page.
  }
}
