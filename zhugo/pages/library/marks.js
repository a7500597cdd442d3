/** @file What is drawn on points: markup of a record, and candidates of a search. */

/** @import {Grid} from "./grid.js" */
import { svg } from "./dom.js";
import { CELL, STONE } from "./grid.js";
import { Layer } from "./layer.js";

/**
 * @typedef {object} Candidate
 * @property {number} point
 * @property {string} kind "best" or "loss-0" … "loss-5"
 * @property {string} text large
 * @property {string} small
 * @property {number} opacity of its disc
 */

const MARK = 9.5;

/** @type {Record<string, (x: number, y: number) => string>} */
const SHAPES = {
  TR: (x, y) => `M${x} ${y - 11}L${x + 9.8} ${y + 6}H${x - 9.8}Z`,
  SQ: (x, y) => `M${x - 8} ${y - 8}h16v16h-16z`,
  CR: (x, y) => `M${x - MARK} ${y}a${MARK} ${MARK} 0 1 0 ${2 * MARK} 0a${MARK} ${MARK} 0 1 0 ${-2 * MARK} 0`,
  MA: (x, y) => `M${x - 8} ${y - 8}l16 16M${x + 8} ${y - 8}l-16 16`,
};

/** Triangles, squares, circles and crosses: kind and ground. @param {Grid} grid */
export function markLayer(grid) {
  return new Layer(
    "marks",
    (point) => svg("path", { "data-point": point }),
    (path, /** @type {[string, string]} */ [kind, ground]) => {
      const [x, y] = grid.at(Number(path.getAttribute("data-point")));
      path.setAttribute("d", SHAPES[kind]?.(x, y) ?? "");
      path.setAttribute("class", ground);
    },
  );
}

/** Text on points: text and ground. @param {Grid} grid @param {string} name */
export function labelLayer(grid, name) {
  return new Layer(
    name,
    (point) => {
      const [x, y] = grid.at(point);
      const half = CELL / 2 - 5;
      return svg(
        "g",
        {},
        svg("circle", { cx: x, cy: y, r: half, class: "ground" }),
        svg("text", { x, y, "dominant-baseline": "central" }),
      );
    },
    (group, /** @type {[string, string]} */ [text, ground]) => {
      const short = [...text].slice(0, 4).join("");
      group.setAttribute("class", `${ground} letters-${Math.min([...short].length, 4)}`);
      group.lastChild.textContent = short;
    },
  );
}

/** Lines and arrows: from, to, LN or AR. @param {Grid} grid */
export function lineLayer(grid) {
  return new Layer(
    "arrows",
    () => svg("path"),
    (path, /** @type {[number, number, string]} */ [from, to, kind]) => {
      const [x, y] = grid.at(from);
      const [X, Y] = grid.at(to);
      const length = Math.hypot(X - x, Y - y) || 1;
      const [dx, dy] = [(X - x) / length, (Y - y) / length];
      const tip = (/** @type {number} */ side) => `${X - 13 * dx + side * 7 * dy} ${Y - 13 * dy - side * 7 * dx}`;
      path.setAttribute("d", `M${x} ${y}L${X} ${Y}${kind === "AR" ? `M${tip(1)}L${X} ${Y}L${tip(-1)}` : ""}`);
    },
  );
}

/** Discs with two numbers: kind, text, small text, opacity. @param {Grid} grid */
export function candidateLayer(grid) {
  return new Layer(
    "candidates",
    (point) => {
      const [x, y] = grid.at(point);
      return svg(
        "g",
        { "data-move": point },
        svg("circle", { cx: x, cy: y, r: STONE - 0.5, class: "ground" }),
        svg("circle", { cx: x, cy: y, r: STONE - 0.5, class: "disc" }),
        svg("text", { x, y: y + 2, class: "large" }),
        svg("text", { x, y: y + 13, class: "small" }),
      );
    },
    (group, /** @type {[string, string, string, number]} */ [kind, text, small, opacity]) => {
      const [, disc, large, little] = group.children;
      setIfOther(group, "class", kind);
      setIfOther(disc, "fill-opacity", String(opacity));
      setIfOther(large, "class", text.length > 4 ? "large long" : "large");
      if (large.textContent !== text) large.textContent = text;
      if (little.textContent !== small) little.textContent = small;
    },
  );
}

/** @param {Element} element @param {string} name @param {string} value */
function setIfOther(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
