/**
 * @file The words that people see, in five languages, in one table: English, which is the key, then Chinese, Japanese,
 * Korean and German. `{name}` in them is filled in.
 */

import { BOARD_WORDS } from "./words-board.js";
import { OPENSPIEL_WORDS } from "./words-openspiel.js";
import { PLAY_WORDS } from "./words-play.js";
import { REVIEW_WORDS } from "./words-review.js";

/** @typedef {[string, string, string, string]} Row Chinese (simplified), Japanese, Korean, German */

/** @type {Record<string, Row>} */
export const WORDS = { ...BOARD_WORDS, ...OPENSPIEL_WORDS, ...PLAY_WORDS, ...REVIEW_WORDS };

/** Code -> its own name. */
export const LANGUAGES = { en: "English", zh: "中文", ja: "日本語", ko: "한국어", de: "Deutsch" };

const CODES = Object.keys(LANGUAGES);

let current = 0;

/** Speak this language; "" takes the first one of the browser's that is known. @param {string} code
 * @returns {string} the code that is spoken */
export function speak(code) {
  const wanted = code ? [code] : [...navigator.languages];
  const found = wanted.map((each) => CODES.indexOf(each.slice(0, 2).toLowerCase())).find((at) => at >= 0);
  current = found ?? 0;
  return CODES[current];
}

/** The words for a key in the language that is spoken. @param {string} key @param {Record<string, string | number>} [values] */
export function word(key, values = {}) {
  const text = current === 0 ? key : (WORDS[key]?.[current - 1] ?? key);
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
