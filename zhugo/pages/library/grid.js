/** @file A board without stones: where its points are in a picture, its lines and its coordinates. */

/** @import {Size} from "./points.js" */
import { svg } from "./dom.js";
import { columnName, starPoints } from "./points.js";

/** Of the picture's own units. */
export const CELL = 40;
export const STONE = 19;

export class Grid {
  /** @param {Size} size @param {number} [margin] from the edge of the picture to the first line */
  constructor(size, margin = 46) {
    this.size = size;
    this.margin = margin;
    this.points = size.width * size.height;
    this.width = (size.width - 1) * CELL + 2 * margin;
    this.height = (size.height - 1) * CELL + 2 * margin;
  }

  /**
   * The middle of a point; the pass has its place below the right corner.
   * @param {number} move @returns {[number, number]}
   */
  at(move) {
    if (move >= this.points) return [this.width - this.margin, this.height - 14];
    const { width } = this.size;
    return [this.margin + (move % width) * CELL, this.margin + Math.floor(move / width) * CELL];
  }

  /** The point nearest to a place of the picture, or null beside the board. @param {number} x @param {number} y */
  pointAt(x, y) {
    const column = Math.round((x - this.margin) / CELL);
    const row = Math.round((y - this.margin) / CELL);
    const { width, height } = this.size;
    return column < 0 || row < 0 || column >= width || row >= height ? null : row * width + column;
  }

  /** The picture, with its wood, lines and stars. @param {string} label */
  frame(label) {
    const { width, height } = this;
    return svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, class: "board", role: "group", "aria-label": label },
      svg("rect", { width, height, rx: 6, class: "wood" }),
      this.lines(),
    );
  }

  lines() {
    const right = this.width - this.margin;
    const bottom = this.height - this.margin;
    let d = "";
    for (let x = this.margin; x <= right; x += CELL) d += `M${x} ${this.margin}V${bottom}`;
    for (let y = this.margin; y <= bottom; y += CELL) d += `M${this.margin} ${y}H${right}`;
    const stars = starPoints(this.size).map((point) => {
      const [cx, cy] = this.at(point);
      return svg("circle", { cx, cy, r: 3.5 });
    });
    return svg("g", { class: "grid" }, svg("path", { d }), ...stars);
  }

  /** Letters at the top and numbers at the left; on the other sides, too, if asked for. @param {boolean} [allSides] */
  coordinates(allSides = false) {
    const { width, height } = this.size;
    const near = this.margin > 44 ? this.margin - 32 : 13;
    /** @type {SVGElement[]} */
    const found = [];
    /** @param {number} x @param {number} y @param {string} text */
    const write = (x, y, text) => found.push(svg("text", { x, y: y + 5, class: "coordinate" }, text));
    for (let column = 0; column < width; column++) {
      const [x] = this.at(column);
      write(x, near, columnName(column));
      if (allSides) write(x, this.height - near, columnName(column));
    }
    for (let row = 0; row < height; row++) {
      const [, y] = this.at(row * width);
      write(near, y, String(height - row));
      if (allSides) write(this.width - near, y, String(height - row));
    }
    return svg("g", { class: "coordinates" }, ...found);
  }

  /** @param {number} point @param {number} color */
  stone(point, color) {
    const [cx, cy] = this.at(point);
    return svg("circle", { cx, cy, r: STONE, class: color > 0 ? "black" : "white", "data-stone": point });
  }
}
