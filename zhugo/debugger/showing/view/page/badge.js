/** @file The coloured letter of a searcher. */

/** @import {Facts} from "./data.js" */
import { html } from "../library/dom.js";
import { hue } from "./hues.js";

/** "A" of "searcher A". @param {string} name */
export function letter(name) {
  return name.replace("searcher ", "");
}

/** @param {Facts} facts @param {number} searcher */
export function badge(facts, searcher) {
  const style = `background: var(${hue(searcher)}); color: var(${hue(searcher)}-ink)`;
  return html("b", { class: "owner", style }, letter(facts.searchers[searcher]));
}
