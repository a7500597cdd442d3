/** @file A result, as SGF writes it, in words. */

import { colorWord } from "./position.js";
import { word } from "./words.js";

/** @param {string} result "B+3.5", "W+R", "W+T", "0", or "" for none */
export function resultText(result) {
  const read = /^([BW])\+(.*)$/.exec(result);
  if (!read) return word(result === "" || result === "Void" ? "Ended without a result" : "Jigo");
  const color = colorWord(read[1] === "B" ? 1 : -1);
  const how = {
    R: "{color} wins by resignation",
    Resign: "{color} wins by resignation",
    T: "{color} wins on time",
    Time: "{color} wins on time",
  };
  return word(how[/** @type {keyof typeof how} */ (read[2])] ?? "{color} wins by {n} points", { color, n: read[2] });
}
