/** @file The colours of searchers. */

const HUES = 6;

/** The style's name of a searcher's colour. @param {number} searcher */
export function hue(searcher) {
  return `--searcher-${searcher % HUES}`;
}
