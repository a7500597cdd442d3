/** @file The position at a node, and what the search makes of its moves. */

/** @import {Board as BoardFacts} from "./data.js" */
/** @import {Held, Moment} from "./moment.js" */
/** @import {Tree} from "./trace.js" */
/** @import {Candidate, Warmth} from "./candidates.js" */
import { candidates, summary, warmths } from "./candidates.js";
import { hue } from "./colors.js";
import { svg } from "./dom.js";
import { position } from "./stones.js";

const CELL = 40;
const MARGIN = 46;
const STONE = 19;
const MOST_PIPS = 4;
/** Moves of a path in flight that are drawn; all of it is shown when it is pointed at. */
const MOST_PLIES = 6;

/**
 * @param {Moment} moment @param {BoardFacts} board @param {number} node @param {string} heat
 * @param {{pick: (child: number) => void, shown: number | null, paths: boolean}} options `shown`: a leaf whose path is
 * told move by move; `paths`: whether the paths of the others are drawn
 */
export function drawBoard(moment, board, node, heat, options) {
  const tree = /** @type {Tree} */ (moment.tree);
  const path = /** @type {number[]} */ (moment.nodesDown(0, node));
  const { stones, toPlay, last } = position(
    board,
    path.slice(1).map((each) => tree.move[each]),
  );
  const found = candidates(moment, node);
  const warm = warmths(found, heat, toPlay);
  const sketch = new Sketch(board, tree.session.moves);
  const picture = sketch.frame();
  stones.forEach((stone, point) => stone && picture.append(sketch.stone(point, stone)));
  if (last >= 0) picture.append(sketch.lastMove(last, stones[last]));
  /** @param {number} leaf @returns {number[] | null} the moves from the node down to it */
  const movesTo = (leaf) =>
    moment
      .nodesDown(node, leaf)
      ?.slice(1)
      .map((each) => tree.move[each]) ?? null;
  for (const held of options.paths ? moment.held : []) {
    const moves = movesTo(held.leaf);
    if (moves && held.leaf !== options.shown) picture.append(sketch.way(moves.slice(0, MOST_PLIES), held));
  }
  for (const move of found) picture.append(sketch.candidate(move, warm.get(move.move), options.pick));
  const shown = options.shown === null ? null : movesTo(options.shown);
  if (shown) picture.append(...sketch.line(shown, toPlay));
  return picture;
}

class Sketch {
  /** @param {BoardFacts} board @param {string[]} names of the moves */
  constructor(board, names) {
    this.board = board;
    this.names = names;
    this.points = board.width * board.height;
    this.width = (board.width - 1) * CELL + 2 * MARGIN;
    this.height = (board.height - 1) * CELL + 2 * MARGIN;
  }

  /**
   * The middle of a point; the pass has its place below the right corner.
   * @param {number} move @returns {[number, number]}
   */
  at(move) {
    if (move >= this.points) return [this.width - MARGIN, this.height - 14];
    const { width } = this.board;
    return [MARGIN + (move % width) * CELL, MARGIN + Math.floor(move / width) * CELL];
  }

  frame() {
    const { width, height } = this;
    const picture = svg("svg", {
      viewBox: `0 0 ${width} ${height}`,
      class: "board",
      role: "group",
      "aria-label": "board",
    });
    picture.append(svg("rect", { width, height, rx: 6, class: "wood" }), this.#lines(), ...this.#coordinates());
    return picture;
  }

  #lines() {
    const right = this.width - MARGIN;
    const bottom = this.height - MARGIN;
    let d = "";
    for (let x = MARGIN; x <= right; x += CELL) d += `M${x} ${MARGIN}V${bottom}`;
    for (let y = MARGIN; y <= bottom; y += CELL) d += `M${MARGIN} ${y}H${right}`;
    const stars = this.#stars().map((point) => {
      const [cx, cy] = this.at(point);
      return svg("circle", { cx, cy, r: 3.5 });
    });
    return svg("g", { class: "grid" }, svg("path", { d }), ...stars);
  }

  #stars() {
    const { width, height } = this.board;
    if (width !== height || width % 2 === 0 || width < 7) return [];
    const edge = width < 13 ? 2 : 3;
    const places = width < 15 ? [edge, width - 1 - edge] : [edge, (width - 1) / 2, width - 1 - edge];
    const stars = places.flatMap((row) => places.map((column) => row * width + column));
    return width < 15 ? [...stars, (this.points - 1) / 2] : stars;
  }

  #coordinates() {
    const { width, height } = this.board;
    const found = [];
    for (let column = 0; column < width; column++) {
      const [x] = this.at(column);
      found.push(svg("text", { x, y: 16, class: "coordinate" }, this.names[column][0]));
    }
    for (let row = 0; row < height; row++) {
      const [, y] = this.at(row * width);
      found.push(svg("text", { x: 13, y: y + 5, class: "coordinate" }, this.names[row * width].slice(1)));
    }
    return found;
  }

  /** @param {number} point @param {number} color */
  stone(point, color) {
    const [cx, cy] = this.at(point);
    return svg("circle", { cx, cy, r: STONE, class: color > 0 ? "black" : "white", "data-stone": point });
  }

  /** @param {number} point @param {number} color */
  lastMove(point, color) {
    const [cx, cy] = this.at(point);
    return svg("circle", { cx, cy, r: 8, class: color > 0 ? "last on-black" : "last on-white" });
  }

  /** @param {Candidate} move @param {Warmth | undefined} warmth @param {(child: number) => void} pick */
  candidate(move, warmth, pick) {
    const [x, y] = this.at(move.move);
    const { child } = move;
    const name = this.names[move.move];
    const group = svg("g", {
      class: child === null ? "candidate" : "candidate known",
      "data-move": move.move,
      click: () => child !== null && pick(child),
    });
    group.append(svg("title", {}, summary(move, name)));
    group.append(svg("circle", { cx: x, cy: y, r: STONE, class: "heat", style: `--warmth: ${warmth?.strength ?? 0}` }));
    if (warmth) {
      const length = warmth.text.length > 4 ? "long" : "";
      const ground = warmth.strength > 0.5 ? "on-warm" : "";
      group.append(svg("text", { x, y: y + 5, class: `number ${length} ${ground}` }, warmth.text));
    }
    if (warmth && move.move >= this.points)
      group.append(svg("text", { x: x - STONE - 6, y: y + 5, class: "coordinate end" }, name));
    group.append(...this.#pips(move.searchers, x, y));
    return group;
  }

  /**
   * A dot for every ticket below a move; where that makes too many, one for every searcher.
   * @param {number[]} searchers
   * @param {number} x @param {number} y
   */
  #pips(searchers, x, y) {
    const shown = searchers.length > MOST_PIPS ? [...new Set(searchers)] : searchers;
    const left = x - (shown.length - 1) * 4.5;
    return shown.map((searcher, at) =>
      svg("circle", { cx: left + at * 9, cy: y - 14, r: 4, class: "pip", style: `fill: var(${hue(searcher)})` }),
    );
  }

  /** Moves on the way to a leaf in flight as one stroke. @param {number[]} moves @param {Held} held */
  way(moves, { searcher, leaf, isSpeculative }) {
    const places = moves.filter((move) => move < this.points).map((move) => this.at(move).join(" "));
    return svg("path", {
      d: places.length > 1 ? `M${places.join("L")}` : "",
      class: isSpeculative ? "way speculative" : "way",
      style: `stroke: var(${hue(searcher)})`,
      "data-leaf": leaf,
    });
  }

  /** The moves to a leaf as numbered stones. @param {number[]} moves @param {number} toPlay */
  line(moves, toPlay) {
    return moves.map((move, at) => {
      const [x, y] = this.at(move);
      const isBlack = (at % 2 === 0) === toPlay > 0;
      return svg(
        "g",
        { class: isBlack ? "ghost black" : "ghost white" },
        svg("circle", { cx: x, cy: y, r: STONE }),
        svg("text", { x, y: y + 6 }, String(at + 1)),
      );
    });
  }
}
