/**
 * @file A board with stones and all that is shown on it, in layers that are changed by difference. Two pictures lie
 * upon each other: what changes with a move below, what changes many times a second above.
 */

/** @import {Size} from "./points.js" */
/** @import {Candidate} from "./marks.js" */
import { html, svg } from "./dom.js";
import { CELL, Grid, STONE } from "./grid.js";
import { Layer } from "./layer.js";
import { candidateLayer, labelLayer, lineLayer, markLayer } from "./marks.js";
import { stoneGradients, wood } from "./wood.js";

/** @typedef {{wood: boolean, coordinates: boolean}} Look */

/** Owners below this are not shown; sizes of owners' squares, so that small changes paint nothing. */
const LEAST_OWNER = 0.12;
const OWNER_STEPS = 8;
/** How small coordinates become beside the lines of a small board, whose lines lie further apart. */
const LEAST_LETTERS = 0.6;

export class Goban {
  /** @param {Size} size @param {Look} look @param {string} label */
  constructor(size, look, label) {
    this.size = size;
    this.points = size.width * size.height;
    this.grid = new Grid(size, look.coordinates ? 42 : 25);
    this.look = look;
    const { width, height } = this.grid;
    const viewBox = `0 0 ${width} ${height}`;
    this.base = svg("svg", { viewBox, class: "base", "aria-hidden": "true", focusable: "false" });
    this.over = svg("svg", { viewBox, class: "over", "aria-hidden": "true", focusable: "false" });
    this.element = html("div", { class: `goban ${look.wood ? "wooden" : "plain"}`, role: "img", "aria-label": label });
    this.element.style.aspectRatio = `${width} / ${height}`;
    const lines = Math.max(size.width, size.height);
    this.element.style.setProperty("--letters", String(Math.min(Math.max(lines / 19, LEAST_LETTERS), 1)));
    this.element.append(this.base, this.over);
    /** @type {Int8Array} */
    this.stones = new Int8Array(this.points);
    this.#makeBase();
    this.#makeOver();
  }

  #makeBase() {
    const { width, height } = this.grid;
    this.shadowLayer = this.#dots("shadows", STONE, 1.2, 2.2);
    this.stoneLayer = this.#dots("stones", STONE, 0, 0);
    this.base.append(svg("rect", { width, height, class: "wood" }));
    if (this.look.wood) this.base.append(stoneGradients(), wood(width, height));
    this.base.append(this.grid.lines());
    if (this.look.coordinates) this.base.append(this.grid.coordinates(true));
    if (this.look.wood) this.base.append(this.shadowLayer.element);
    this.base.append(this.stoneLayer.element);
  }

  #makeOver() {
    const { grid } = this;
    this.ownerLayer = new Layer(
      "owners",
      () => svg("rect"),
      (rect, /** @type {[number, number]} */ [point, step]) => {
        const [x, y] = grid.at(point);
        const side = 4 + 1.3 * Math.abs(step);
        for (const [name, value] of Object.entries({ x: x - side / 2, y: y - side / 2, width: side, height: side }))
          rect.setAttribute(name, String(value));
        rect.setAttribute("class", step > 0 ? "black" : "white");
      },
    );
    this.policyLayer = new Layer(
      "policy",
      (point) => this.#square(point),
      (rect, /** @type {[number]} */ [step]) => rect.setAttribute("fill-opacity", String(step / 10)),
    );
    this.lossLayer = this.#dots("losses", 6, 0, 0);
    this.lastLayer = this.#dots("lasts", 9.5, 0, 0);
    this.markLayer = markLayer(grid);
    this.labelLayer = labelLayer(grid, "labels");
    this.lineLayer = lineLayer(grid);
    this.candidateLayer = candidateLayer(grid);
    this.numberLayer = labelLayer(grid, "numbers");
    this.veil = svg("rect", { class: "veil", width: grid.width, height: grid.height, visibility: "hidden" });
    this.playedLayer = this.#dots("played", STONE, 0, 0);
    this.playedNumbers = labelLayer(grid, "numbers");
    this.ghostLayer = this.#dots("ghosts", STONE, 0, 0);
    this.nextLayer = this.#dots("nexts", 16, 0, 0);
    this.deadLayer = this.#dots("deads", STONE, 0, 0);
    this.areaLayer = new Layer(
      "area",
      (point) => this.#square(point),
      (rect, /** @type {[string]} */ [name]) => rect.setAttribute("class", name),
    );
    this.aim = svg("path", { class: "aim" });
    this.over.append(
      this.areaLayer.element,
      this.policyLayer.element,
      this.ownerLayer.element,
      this.deadLayer.element,
      this.lossLayer.element,
      this.lastLayer.element,
      this.numberLayer.element,
      this.nextLayer.element,
      this.candidateLayer.element,
      this.lineLayer.element,
      this.markLayer.element,
      this.labelLayer.element,
      this.veil,
      this.playedLayer.element,
      this.playedNumbers.element,
      this.ghostLayer.element,
      this.aim,
    );
  }

  /** Circles with a class each. @param {string} name @param {number} r @param {number} dx @param {number} dy */
  #dots(name, r, dx, dy) {
    return new Layer(
      name,
      (point) => {
        const [x, y] = this.grid.at(point);
        return svg("circle", { cx: x + dx, cy: y + dy, r });
      },
      (circle, /** @type {[string]} */ [kind]) => {
        circle.setAttribute("class", kind);
        if (this.look.wood && (kind === "black" || kind === "white"))
          circle.setAttribute("fill", `url(#${kind}-stone)`);
      },
    );
  }

  /** @param {number} point */
  #square(point) {
    const [x, y] = this.grid.at(point);
    return svg("rect", { x: x - CELL / 2, y: y - CELL / 2, width: CELL, height: CELL });
  }

  /** @param {Int8Array} stones */
  showStones(stones) {
    this.stones = stones;
    /** @type {Map<number, [string]>} */
    const found = new Map();
    stones.forEach((stone, point) => stone && found.set(point, [stone > 0 ? "black" : "white"]));
    this.stoneLayer?.show(found);
    if (this.look.wood) this.shadowLayer?.show(new Map([...found.keys()].map((point) => [point, ["shadow"]])));
  }

  /** "on-black", "on-white" or "on-empty". @param {number} point */
  ground(point) {
    const stone = this.stones[point];
    return stone > 0 ? "on-black" : stone < 0 ? "on-white" : "on-empty";
  }

  /** The last move, null where there is none or it passed. @param {number | null} point */
  showLast(point) {
    const isOnBoard = point !== null && point < this.points;
    this.lastLayer?.show(new Map(isOnBoard ? [[point, [this.ground(point)]]] : []));
  }

  /** What moves lost, as coloured dots: point and class from 0, the least. @param {Map<number, number>} losses */
  showLosses(losses) {
    this.lossLayer?.show(new Map([...losses].map(([point, size]) => [point, [`loss-${size}`]])));
  }

  /** Numbers of moves on their stones. @param {Map<number, number>} numbers */
  showNumbers(numbers) {
    this.numberLayer?.show(new Map([...numbers].map(([point, n]) => [point, [String(n), this.ground(point)]])));
  }

  /** @param {[number, string][]} marks TR, SQ, CR or MA @param {[number, string][]} labels
   * @param {[number, number, string][]} lines LN or AR */
  showMarkup(marks, labels, lines) {
    this.markLayer?.show(new Map(marks.map(([point, kind]) => [point, [kind, this.ground(point)]])));
    this.labelLayer?.show(new Map(labels.map(([point, text]) => [point, [text, this.ground(point)]])));
    this.lineLayer?.show(new Map(lines.map((line, at) => [at, line])));
  }

  /** @param {Candidate[]} candidates */
  showCandidates(candidates) {
    this.candidateLayer?.show(
      new Map(candidates.map((each) => [each.point, [each.kind, each.text, each.small, each.opacity]])),
    );
  }

  /** Whose points are whose: +1 Black to -1 White, nothing for none. Stones of their owner are left out.
   * @param {ArrayLike<number>} owners */
  showOwners(owners) {
    /** @type {Map<number, [number, number]>} */
    const found = new Map();
    for (let point = 0; point < owners.length; point++) {
      const owner = owners[point];
      if (Math.abs(owner) < LEAST_OWNER || this.stones[point] * owner > 0) continue;
      found.set(point, [point, Math.sign(owner) * Math.ceil(Math.abs(owner) * OWNER_STEPS)]);
    }
    this.ownerLayer?.show(found);
  }

  /** What the net thinks of moves, by their numbers; negative where they are illegal. @param {ArrayLike<number>} policy */
  showPolicy(policy) {
    /** @type {Map<number, [number]>} */
    const found = new Map();
    for (let point = 0; point < Math.min(policy.length, this.points); point++) {
      const step = Math.round(10 * Math.sqrt(policy[point] > 0.004 ? policy[point] : 0));
      if (step > 0) found.set(point, [step]);
    }
    this.policyLayer?.show(found);
  }

  /** Moves in turn as numbered stones over a veiled board, null for none.
   * @param {number[] | null} line @param {number} toPlay @param {number} [first] the number of the first one */
  showLine(line, toPlay, first = 1) {
    this.veil?.setAttribute("visibility", line?.length ? "visible" : "hidden");
    /** @type {Map<number, [string]>} */
    const stones = new Map();
    /** @type {Map<number, [string, string]>} */
    const numbers = new Map();
    (line ?? []).forEach((point, at) => {
      if (point >= this.points) return;
      const isBlack = (at % 2 === 0) === toPlay > 0;
      if (!stones.has(point)) numbers.set(point, [String(first + at), isBlack ? "on-black" : "on-white"]);
      if (!stones.has(point)) stones.set(point, [isBlack ? "black" : "white"]);
    });
    this.playedLayer?.show(stones);
    this.playedNumbers?.show(numbers);
  }

  /** A stone that is not played yet, or null. @param {number | null} point @param {number} color
   * @param {boolean} [isAimed] with lines to the edges, for fingers that cover it */
  showGhost(point, color, isAimed = false) {
    const isShown = point !== null && point < this.points && this.stones[point] === 0;
    this.ghostLayer?.show(new Map(isShown ? [[point, [color > 0 ? "black" : "white"]]] : []));
    this.#showAim(isShown && isAimed ? point : null, "");
  }

  /** Where the keys are on the board, or null. @param {number | null} point */
  showCursor(point) {
    this.#showAim(point, "cursor");
  }

  /** @param {number | null} point @param {string} kind */
  #showAim(point, kind) {
    const [x, y] = this.grid.at(point ?? 0);
    const { width, height } = this.grid;
    this.aim?.setAttribute("class", `aim ${kind}`);
    const r = CELL / 2 - 1;
    const box = `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;
    const d = kind ? box : `M${x} 0V${y - r}M${x} ${y + r}V${height}M0 ${y}H${x - r}M${x + r} ${y}H${width}`;
    this.aim?.setAttribute("d", point === null ? "" : d);
  }

  /** Where the record goes on: rings, the first one stronger. @param {number[]} points */
  showNext(points) {
    const onBoard = points.filter((point) => point < this.points);
    this.nextLayer?.show(new Map(onBoard.map((point, at) => [point, [at ? "next" : "next main"]])));
  }

  /** Dead stones, by point. @param {number[]} points */
  showDead(points) {
    this.deadLayer?.show(new Map(points.map((point) => [point, [`dead ${this.ground(point)}`]])));
  }

  /** Points with a ground of their own: "only", "avoid", "black-land", "white-land" or "region".
   * @param {Map<number, string>} points */
  showArea(points) {
    this.areaLayer?.show(new Map([...points].map(([point, kind]) => [point, [kind]])));
  }

  /** The point under a place on the screen, or null. @param {number} x @param {number} y */
  pointUnder(x, y) {
    const box = this.element.getBoundingClientRect();
    const scale = this.grid.width / box.width;
    return this.grid.pointAt((x - box.left) * scale, (y - box.top) * scale);
  }
}
