/** @file How large a mistake is. */

/** Points lost that part the classes, from 0, hardly any, to 5; and shares of a win, where nobody knows points. */
const POINTS = [0.5, 1.5, 3, 6, 12];
const RATES = [0.01, 0.03, 0.06, 0.12, 0.25];

/** The class of a loss. @param {number | null | undefined} points @param {number | null | undefined} rate
 * @returns {number | null} null where nothing is known */
export function lossClass(points, rate) {
  const [loss, bounds] = points === null || points === undefined ? [rate, RATES] : [points, POINTS];
  if (loss === null || loss === undefined) return null;
  const found = bounds.findIndex((bound) => loss < bound);
  return found < 0 ? bounds.length : found;
}
