/** @file The grain of the board's wood and the light on its stones, as pictures without files. */

import { svg } from "./dom.js";

/** Lines of the grain, over the height of a board of 19 × 19. */
const GRAINS = 46;

/** The grain, always the same. @param {number} width @param {number} height */
export function wood(width, height) {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const lines = Array.from({ length: GRAINS }, (_, at) => {
    const x = ((at + random()) / GRAINS) * width;
    const sway = 4 + 10 * random();
    const d = `M${x.toFixed(1)} 0C${(x + sway).toFixed(1)} ${height / 3} ${(x - sway).toFixed(1)} ${(2 * height) / 3} ${(x + sway / 2).toFixed(1)} ${height}`;
    return svg("path", {
      d,
      "stroke-width": (0.6 + 2.2 * random()).toFixed(1),
      "stroke-opacity": (0.05 + 0.12 * random()).toFixed(2),
    });
  });
  return svg("g", { class: "grain" }, ...lines);
}

/** What stones are filled with. */
export function stoneGradients() {
  return svg(
    "defs",
    {},
    gradient("black-stone", [
      ["0", "#6a6a6e"],
      ["0.35", "#333336"],
      ["1", "#0c0c0e"],
    ]),
    gradient("white-stone", [
      ["0", "#ffffff"],
      ["0.55", "#f4f2ec"],
      ["1", "#cfcabd"],
    ]),
  );
}

/** @param {string} id @param {[string, string][]} stops */
function gradient(id, stops) {
  const made = stops.map(([offset, color]) => svg("stop", { offset, "stop-color": color }));
  return svg("radialGradient", { id, cx: "0.36", cy: "0.3", r: "0.78" }, ...made);
}
