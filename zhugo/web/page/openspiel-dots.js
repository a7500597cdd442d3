/** @file The board of dots and boxes. */

/** @import {DotsView, Line} from "./openspiel-messages.js" */
/** @import {Heat} from "./openspiel-heat.js" */
/** @import {Table} from "./openspiel-table.js" */
import { html, svg } from "../library/dom.js";
import { heats } from "./openspiel-heat.js";
import { playerName } from "./openspiel-table.js";
import { word } from "./words.js";

/** From dot to dot, and from the sides to the first dot: on the left and above stand the coordinates. */
const UNIT = 80;
const BEFORE = 52;
const BEHIND = 22;
/** How far from a line a press is still meant for it. */
const REACH = 21;

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The class of what is a player's. @param {number} player */
function of(player) {
  return player > 0 ? "first" : player < 0 ? "second" : "";
}

/** Where a line begins and ends. @param {Line} line */
function ends({ across, row, column }) {
  const x = BEFORE + UNIT * column;
  const y = BEFORE + UNIT * row;
  return { x, y, x2: across ? x + UNIT : x, y2: across ? y : y + UNIT };
}

/** @param {Line} line */
function middle(line) {
  const { x, y, x2, y2 } = ends(line);
  return { x: (x + x2) / 2, y: (y + y2) / 2 };
}

export class DotsBoard {
  /** @param {Table} table @param {DotsView} view */
  constructor(table, view) {
    this.table = table;
    /** @type {{group: SVGGElement, stroke: SVGLineElement, label: SVGGElement, large: SVGTextElement,
     * small: SVGTextElement}[]} by move */
    this.lines = [];
    this.columns = view.columns;
    this.rows = view.rows;
    const width = BEFORE + UNIT * view.columns + BEHIND;
    const height = BEFORE + UNIT * view.rows + BEHIND;
    this.aspect = width / height;
    this.boxes = Array.from({ length: view.rows * view.columns }, (_, at) => this.#box(at));
    this.layers = {
      lines: svg("g", { class: "lines" }),
      dots: svg("g", { class: "dots" }, ...this.#dots()),
      labels: svg("g", { class: "labels" }),
      played: svg("g", { class: "played" }),
    };
    for (const line of view.lines) this.#line(line);
    const { lines, dots, labels, played } = this.layers;
    this.svg = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": word("Board"), class: "dots-board" },
      svg("rect", { class: "paper", width, height, rx: 14 }),
      svg("g", { class: "coordinates", "aria-hidden": "true" }, ...this.#coordinates()),
      svg("g", { class: "boxes" }, ...this.boxes.map(({ group }) => group)),
      lines,
      dots,
      labels,
      played,
    );
    this.svg.addEventListener("keydown", (event) => this.#obey(event));
    this.svg.addEventListener("pointerleave", () => table.preview(null));
    this.element = html("div", { class: "dots-frame" }, this.svg);
    /** The move whose line the keyboard is at. */
    this.cursor = 0;
    this.heats = /** @type {Map<number, Heat>} */ (new Map());
  }

  /** @param {number} at */
  #box(at) {
    const x = BEFORE + UNIT * (at % this.columns);
    const y = BEFORE + UNIT * Math.floor(at / this.columns);
    const text = svg("text", { x: x + UNIT / 2, y: y + UNIT / 2 });
    const group = svg("g", {}, svg("rect", { x, y, width: UNIT, height: UNIT }), text);
    return { group, text };
  }

  #dots() {
    return Array.from({ length: (this.rows + 1) * (this.columns + 1) }, (_, at) =>
      svg("circle", {
        cx: BEFORE + UNIT * (at % (this.columns + 1)),
        cy: BEFORE + UNIT * Math.floor(at / (this.columns + 1)),
        r: 5,
      }),
    );
  }

  /** As `zhugo play` has them: `h` for lines across, `v` for lines down, then row and column. */
  #coordinates() {
    const text = (/** @type {string} */ what, /** @type {number} */ x, /** @type {number} */ y) =>
      svg("text", { x, y, class: what.startsWith("v") ? "down" : "across" }, what.slice(1));
    const made = [text("vv", 12, 11), text("hh", 12, 25)];
    for (let at = 0; at <= this.columns; at++) made.push(text(`v${at}`, BEFORE + UNIT * at, 11));
    for (let at = 0; at < this.columns; at++) made.push(text(`h${at}`, BEFORE + UNIT * (at + 0.5), 25));
    for (let at = 0; at <= this.rows; at++) made.push(text(`hh${at}`, 19, BEFORE + UNIT * at));
    for (let at = 0; at < this.rows; at++) made.push(text(`vv${at}`, 19, BEFORE + UNIT * (at + 0.5)));
    return made;
  }

  /** @param {Line} line */
  #line(line) {
    const { move, name } = line;
    const { x, y, x2, y2 } = ends(line);
    const { x: cx, y: cy } = middle(line);
    const stroke = svg("line", { x1: x, y1: y, x2, y2, class: "stroke" });
    const reach = `${x},${y} ${cx + (line.across ? 0 : REACH)},${cy + (line.across ? REACH : 0)} ${x2},${y2}
      ${cx - (line.across ? 0 : REACH)},${cy - (line.across ? REACH : 0)}`;
    const group = svg(
      "g",
      { role: "button", class: "line", "data-move": move, "data-name": name, click: (event) => this.#click(event, move) },
      svg("polygon", { points: reach, class: "reach" }),
      stroke,
    );
    group.addEventListener("pointerenter", () => this.#point(move));
    group.addEventListener("focus", () => this.#point(move));
    group.addEventListener("blur", () => this.table.preview(null));
    this.layers.lines.append(group);
    const large = svg("text", { class: "large", y: -4 });
    const small = svg("text", { class: "small", y: 7 });
    const label = svg(
      "g",
      { class: "label", transform: `translate(${cx} ${cy})`, "aria-hidden": "true" },
      svg("rect", { x: -17, y: -13, width: 34, height: 26, rx: 7 }),
      large,
      small,
    );
    this.layers.labels.append(label);
    this.lines[move] = { group, stroke, label, large, small };
  }

  /** @param {number} move */
  #point(move) {
    this.table.preview(this.heats.get(move)?.candidate ?? null);
  }

  /** A mouse does not leave the keyboard at the line that it clicked. @param {MouseEvent} event @param {number} move */
  #click(event, move) {
    if (event.detail > 0) this.lines[move].group.blur();
    this.#press(move);
  }

  /** @param {number} move */
  #press(move) {
    this.cursor = move;
    if (this.#isFree(move)) this.table.play(move);
  }

  /** @param {number} move */
  #isFree(move) {
    return this.table.mayPlay && this.view?.lines[move].drawn === 0;
  }

  /** The board as it is now. */
  get view() {
    const board = this.table.position?.board;
    return board?.kind === "dots" ? board : null;
  }

  /** Take the keyboard to the board. */
  focus() {
    this.lines[this.cursor].group.focus();
  }

  draw() {
    const { view, table } = this;
    const { position } = table;
    if (!view || !position) return;
    this.heats = heats(table.analysis, position.to_play);
    this.svg.setAttribute("class", `dots-board ${table.mayPlay ? `may-play ${of(position.to_play)}-moves` : ""}`);
    const free = view.lines.filter(({ drawn }) => drawn === 0);
    if (view.lines[this.cursor].drawn !== 0 && free.length && !this.svg.contains(document.activeElement))
      this.cursor = free[0].move;
    for (const line of view.lines) this.#drawLine(line, position.last);
    view.boxes.forEach((owner, at) => {
      const { group, text } = this.boxes[at];
      group.setAttribute("class", of(owner));
      text.textContent = owner === 0 ? "" : owner > 0 ? "1" : "2";
    });
    this.#drawShown();
  }

  /** @param {Line} line @param {number | null} last */
  #drawLine(line, last) {
    const { group, stroke, label, large, small } = this.lines[line.move];
    const heat = line.drawn === 0 ? this.heats.get(line.move) : undefined;
    const kinds = ["line", of(line.drawn) || "free"];
    if (line.move === last) kinds.push("last");
    if (heat) kinds.push("known");
    if (heat?.isBest) kinds.push("best");
    group.setAttribute("class", kinds.join(" "));
    group.setAttribute("tabindex", line.move === this.cursor ? "0" : "-1");
    group.setAttribute("aria-disabled", String(!this.#isFree(line.move)));
    const drawn = line.drawn ? word("drawn by {player}", { player: playerName(line.drawn) }) : "";
    const known = heat ? `${heat.rate} %, ${word("{n} visits", { n: heat.visits })}` : "";
    group.setAttribute("aria-label", [line.name, drawn || known].filter((each) => each).join(", "));
    stroke.style.setProperty("--heat", heat ? heat.heat.toFixed(2) : "0");
    label.setAttribute("class", `label ${heat?.isLabelled ? "" : "off"} ${heat?.isBest ? "best" : ""}`);
    large.textContent = heat?.isLabelled ? heat.rate : "";
    small.textContent = heat?.isLabelled ? heat.visits : "";
  }

  /** The moves of the line that is shown, numbered. */
  #drawShown() {
    const line = this.table.shown?.pv ?? [];
    const marks = line.map((move, at) => {
      const found = this.view?.lines[move];
      const { x, y } = found ? middle(found) : { x: 0, y: 0 };
      const number = svg("text", {}, String(at + 1));
      return svg("g", { transform: `translate(${x} ${y})` }, svg("circle", { r: 10 }), number);
    });
    this.layers.played.replaceChildren(...marks);
    this.layers.labels.classList.toggle("behind", line.length > 0);
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    if (event.key === "Escape") return /** @type {HTMLElement} */ (document.activeElement).blur();
    const direction = ARROWS[event.key];
    const isPress = event.key === "Enter" || event.key === " ";
    if ((!direction && !isPress) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (isPress) return this.#press(this.cursor);
    const next = this.#nearest(direction);
    if (next === null) return;
    this.lines[this.cursor].group.setAttribute("tabindex", "-1");
    this.cursor = next;
    this.lines[next].group.setAttribute("tabindex", "0");
    this.focus();
  }

  /** The nearest line in a direction, those straight ahead first. @param {[number, number]} direction
   * @returns {number | null} */
  #nearest([dx, dy]) {
    const { view } = this;
    if (!view) return null;
    const from = middle(view.lines[this.cursor]);
    let best = null;
    let least = Infinity;
    for (const line of view.lines) {
      const { x, y } = middle(line);
      const ahead = (x - from.x) * dx + (y - from.y) * dy;
      const aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      if (ahead <= 0 || aside > ahead || ahead + 2 * aside >= least) continue;
      best = line.move;
      least = ahead + 2 * aside;
    }
    return best;
  }
}
