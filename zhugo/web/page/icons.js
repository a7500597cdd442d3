/** @file Small pictures on buttons. */

import { svg } from "../library/dom.js";

/** @type {Record<string, string>} paths on a field of 24 × 24 */
const PATHS = {
  first: "M6 5v14M19 5l-9 7 9 7z",
  tenBack: "M19 5l-8 7 8 7zM11 5l-8 7 8 7z",
  back: "M16 5l-9 7 9 7z",
  on: "M8 5l9 7-9 7z",
  tenOn: "M5 5l8 7-8 7zM13 5l8 7-8 7z",
  last: "M18 5v14M5 5l9 7-9 7z",
  main: "M5 7h14M5 12h8M5 17h8M17 17v-6M14 13.5l3-3 3 3",
  analyze: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.2 16.2 21 21",
  pause: "M8 5v14M16 5v14",
  plus: "M12 5v14M5 12h14",
  folder: "M3 6h6l2 3h10v10H3z",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.6v.4",
  people:
    "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 20c0-4 2.5-6 6-6s6 2 6 6M16 5.5a3 3 0 0 1 0 5.5M17.5 14.5c2.3.7 3.5 2.6 3.5 5.5",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  up: "M12 19V6M6 12l6-6 6 6",
  star: "M12 4l2.4 5.2 5.6.6-4.2 3.8 1.2 5.6L12 16.4 7 19.2l1.2-5.6L4 9.8l5.6-.6z",
  region: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4",
};

/** @param {string} name */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}
