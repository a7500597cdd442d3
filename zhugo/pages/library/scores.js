/** @file Win rates and leads as people read them. */

/** "B+3.2", "W+0.5", "0.0" of Black's lead. @param {number} lead */
export function leadText(lead) {
  const size = Math.abs(lead).toFixed(1);
  return size === "0.0" ? size : `${lead > 0 ? "B" : "W"}+${size}`;
}

/** "54.3" percent. @param {number} rate in [0, 1] */
export function percent(rate) {
  const shown = 100 * rate;
  return shown >= 99.95 ? "100" : shown.toFixed(1);
}

/** A mover's rate out of Black's. @param {number} rate Black's @param {number} color */
export function rateOf(rate, color) {
  return color > 0 ? rate : 1 - rate;
}
