/** @file The program's name and its mark. */

import { html, svg } from "../library/dom.js";

export function brand() {
  return html("span", { class: "brand", "aria-hidden": "true" }, mark(), html("b", {}, "ZhuGo"));
}

/** Two stones. */
function mark() {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: "mark" },
    svg("circle", { cx: 9, cy: 12, r: 7, class: "one" }),
    svg("circle", { cx: 16, cy: 12, r: 6, class: "two" }),
  );
}
