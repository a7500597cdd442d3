/** @file Win rate and lead over the moves: to see where the game turned, and to go there. */

/** @import {App} from "./app.js" */
/** @import {Change} from "./panel.js" */
import { Colors } from "../library/colors.js";
import { html } from "../library/dom.js";
import { lossClass } from "../library/losses.js";
import { leadText, percent } from "../library/scores.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

const HEIGHT = 132;
const LEFT = 6;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 8;
/** Losses of this class and above are marked. */
const MARKED = 2;
/** Points of lead that the scale shows at least. */
const LEAST_LEAD = 10;

/** @typedef {{at: number, node: number, rate: number | null, lead: number | null, size: number | null, second: number | null}} Point `second`: a second net's rate */

export class GraphPanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "graph");
    this.pace = 500;
    this.canvas = html("canvas", {
      tabindex: 0,
      role: "slider",
      "aria-label": word("Graph of the game"),
      "aria-valuemin": 0,
      title: word("Black's win rate and lead over the moves"),
    });
    this.tip = html("p", { class: "tip", hidden: true });
    this.hint = html("p", { class: "hint soft" }, word("Analysis and review show here how the game went."));
    const rate = html("span", { class: "rate" }, word("Win rate"));
    this.legend = html(
      "p",
      { class: "legend", "aria-hidden": "true" },
      rate,
      html("span", { class: "lead" }, word("Lead")),
    );
    this.element.append(this.canvas, this.legend, this.hint, this.tip);
    this.colors = new Colors();
    /** @type {Point[]} */
    this.points = [];
    /** @type {number | null} the place that is pointed at */
    this.hover = null;
    this.canvas.addEventListener("pointermove", (event) => this.#point(event));
    this.canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.canvas.addEventListener("pointerleave", () => this.#forget());
    this.canvas.addEventListener("keydown", (event) => this.#obey(event));
    new ResizeObserver(() => app.changed("settings")).observe(this.canvas);
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    if (changes.has("settings")) this.colors.forget();
    this.#gather();
    this.#paint();
    const isEmpty = this.points.every(({ rate }) => rate === null);
    if (this.hint.hidden === isEmpty) this.hint.hidden = !isEmpty;
    if (this.legend.hidden !== isEmpty) this.legend.hidden = isEmpty;
    const at = this.points.findIndex(({ node }) => node === this.app.node);
    const here = this.points[at];
    this.canvas.setAttribute("aria-valuemax", String(Math.max(this.points.length - 1, 0)));
    this.canvas.setAttribute("aria-valuenow", String(Math.max(at, 0)));
    if (here) this.canvas.setAttribute("aria-valuetext", this.#text(here));
  }

  /** The line that is looked at, with what is known of it. */
  #gather() {
    const { app } = this;
    const { record } = app;
    const seen = app.settings.perspective === "white" ? -1 : 1;
    this.points = (record?.line(app.node) ?? []).map((node, at) => {
      const known = app.analysisAt(node);
      const { points, rate } = app.lossOf(node);
      const second = app.compared?.get(node);
      return {
        at,
        node,
        rate: known ? (seen > 0 ? known.black_win_rate : 1 - known.black_win_rate) : null,
        lead: known && known.black_lead !== null ? seen * known.black_lead : null,
        size: lossClass(points, rate),
        second: second === undefined ? null : seen > 0 ? second.black_win_rate : 1 - second.black_win_rate,
      };
    });
  }

  /** @param {number} at */
  #x(at) {
    return LEFT + (at / Math.max(this.points.length - 1, 1)) * (this.width - LEFT - RIGHT);
  }

  #paint() {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    this.width = canvas.clientWidth || 1;
    const [width, height] = [Math.round(this.width * scale), Math.round(HEIGHT * scale)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.width, HEIGHT);
    this.#ground(context);
    const most = this.points.reduce((found, { lead }) => Math.max(found, Math.abs(lead ?? 0)), LEAST_LEAD);
    const middle = HEIGHT / 2;
    const half = middle - TOP;
    const y = (/** @type {Point} */ point) => middle + half * (1 - 2 * Number(point.rate));
    const leadY = (/** @type {Point} */ point) => middle - (half * Number(point.lead)) / most;
    this.#area(context, y);
    this.#line(context, (point) => point.lead !== null, leadY, "--lead", 1.4);
    this.#line(context, (point) => point.rate !== null, y, "--rate", 2);
    const secondY = (/** @type {Point} */ point) => middle + half * (1 - 2 * Number(point.second));
    context.setLineDash([4, 3]);
    this.#line(context, (point) => point.second !== null, secondY, "--rate", 1.4);
    context.setLineDash([]);
    this.#marks(context, y);
    this.#cursor(context, y);
  }

  /** @param {CanvasRenderingContext2D} context */
  #ground(context) {
    context.fillStyle = this.colors.get("--lane");
    context.beginPath();
    context.roundRect(0, 0, this.width, HEIGHT, 8);
    context.fill();
    context.fillStyle = this.colors.get("--line");
    for (const share of [0.25, 0.5, 0.75])
      context.fillRect(0, TOP + share * (HEIGHT - TOP - BOTTOM) - 0.5, this.width, share === 0.5 ? 1.4 : 0.7);
  }

  /** @param {CanvasRenderingContext2D} context @param {(point: Point) => number} y */
  #area(context, y) {
    context.fillStyle = this.colors.get("--rate");
    context.globalAlpha = 0.13;
    for (const run of runs(this.points, (point) => point.rate !== null)) {
      context.beginPath();
      context.moveTo(this.#x(run[0].at), HEIGHT / 2);
      for (const point of run) context.lineTo(this.#x(point.at), y(point));
      context.lineTo(this.#x(run[run.length - 1].at), HEIGHT / 2);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {(point: Point) => boolean} has @param {(point: Point) => number} y
   * @param {string} color @param {number} thick */
  #line(context, has, y, color, thick) {
    context.strokeStyle = this.colors.get(color);
    context.lineWidth = thick;
    context.lineJoin = "round";
    context.lineCap = "round";
    context.beginPath();
    for (const run of runs(this.points, has)) {
      context.moveTo(this.#x(run[0].at), y(run[0]));
      for (const point of run) context.lineTo(this.#x(point.at), y(point));
      if (run.length === 1) context.lineTo(this.#x(run[0].at) + 0.1, y(run[0]));
    }
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {(point: Point) => number} y */
  #marks(context, y) {
    for (const point of this.points) {
      if (point.rate === null || point.size === null || point.size < MARKED) continue;
      context.fillStyle = this.colors.get(`--loss-${point.size}`);
      context.beginPath();
      context.arc(this.#x(point.at), y(point), 1.6 + point.size * 0.55, 0, 7);
      context.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {(point: Point) => number} y */
  #cursor(context, y) {
    const here = this.points.find(({ node }) => node === this.app.node);
    for (const [point, color] of /** @type {[Point | undefined, string][]} */ ([
      [this.points[this.hover ?? -1], "--faint"],
      [here, "--accent"],
    ])) {
      if (!point) continue;
      context.fillStyle = this.colors.get(color);
      context.fillRect(this.#x(point.at) - 0.75, 0, 1.5, HEIGHT);
      if (point.rate === null) continue;
      context.beginPath();
      context.arc(this.#x(point.at), y(point), 4, 0, 7);
      context.fill();
    }
  }

  /** @param {MouseEvent} event */
  #at(event) {
    const share = (event.offsetX - LEFT) / Math.max(this.width - LEFT - RIGHT, 1);
    return Math.min(Math.max(Math.round(share * (this.points.length - 1)), 0), this.points.length - 1);
  }

  /** @param {PointerEvent} event */
  #point(event) {
    if (event.buttons & 1) this.#press(event);
    const at = this.#at(event);
    if (at !== this.hover) this.hover = at;
    const point = this.points[at];
    this.tip.hidden = !point;
    if (point) this.tip.textContent = this.#text(point);
    this.tip.style.left = `${Math.min(event.offsetX + 12, this.width - this.tip.offsetWidth - 4)}px`;
    this.#paint();
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const point = this.points[this.#at(event)];
    if (point) this.app.go(point.node);
  }

  #forget() {
    this.hover = null;
    this.tip.hidden = true;
    this.#paint();
  }

  /** @param {Point} point */
  #text({ node, rate, lead }) {
    const number = this.app.record?.number(node) ?? 0;
    const seen = this.app.settings.perspective === "white" ? -1 : 1;
    const parts = [word("Move {n}", { n: number })];
    if (rate !== null) parts.push(`${word(seen > 0 ? "Black" : "White")} ${percent(rate)} %`);
    if (lead !== null) parts.push(leadText(seen * lead));
    return parts.join(" · ");
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.app.step(steps);
  }

  width = 1;
}

/** Stretches of points that have something. @param {Point[]} points @param {(point: Point) => boolean} has */
function runs(points, has) {
  /** @type {Point[][]} */
  const found = [];
  let isIn = false;
  for (const point of points) {
    if (has(point) && !isIn) found.push([]);
    isIn = has(point);
    if (isIn) found[found.length - 1].push(point);
  }
  return found;
}
