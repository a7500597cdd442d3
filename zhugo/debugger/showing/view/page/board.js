/** @file The position at a node, and what the search makes of its moves. */

/** @import {Board} from "../library/stones.js" */
/** @import {Held, Moment} from "./moment.js" */
/** @import {Tree} from "./trace.js" */
/** @import {Candidate, Warmth} from "./candidates.js" */
import { svg } from "../library/dom.js";
import { Grid, STONE } from "../library/grid.js";
import { position } from "../library/stones.js";
import { candidates, summary, warmths } from "./candidates.js";
import { hue } from "./hues.js";

const MOST_PIPS = 4;
/** Moves of a path in flight that are drawn; all of it is shown when it is pointed at. */
const MOST_PLIES = 6;

/**
 * @param {Moment} moment @param {Board} board @param {number} node @param {string} heat
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
  const picture = sketch.frame("board");
  picture.append(sketch.coordinates());
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

class Sketch extends Grid {
  /** @param {Board} board @param {string[]} names of the moves */
  constructor(board, names) {
    super(board);
    this.names = names;
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
