/** @file The rows of master, searchers and device, and the counts below, to zoom and drag. */

/** @import {Trace} from "./trace.js" */
/** @import {Moment} from "./moment.js" */
/** @import {Colors} from "../library/colors.js" */
/** @import {Block, Lane} from "./blocks.js" */
/** @import {Span} from "./span.js" */
import { byId, html } from "../library/dom.js";
import { duration } from "../library/format.js";
import { lanes } from "./blocks.js";
import { drawGraph, graphs, valueAt } from "./graphs.js";
import { Painter } from "./painter.js";

const AXIS = 20;
const LANE = 24;
const GRAPH = 20;
const GAP = 4;
const FONT = "11px system-ui, sans-serif";
/** Pixels that a pointer moves before it drags. */
const DRAGGED = 4;
/** Pixels beside a block that count as on it. */
const NEAR = 3;

export class Timeline {
  /** @param {Trace} trace @param {Span} span @param {Colors} colors
   * @param {{pick: (seconds: number) => void, changed: () => void}} on */
  constructor(trace, span, colors, on) {
    this.trace = trace;
    this.span = span;
    this.colors = colors;
    this.on = on;
    this.lanes = lanes(trace);
    this.graphs = graphs(trace);
    this.deviceRows = stacked(this.lanes[this.lanes.length - 1]);
    this.canvas = /** @type {HTMLCanvasElement} */ (byId("timeline"));
    this.tip = byId("tip");
    this.values = this.graphs.map(() => html("output"));
    this.rows = html("canvas");
    /** what the rows were painted for */
    this.sight = "";
    this.height = AXIS + this.lanes.length * (LANE + GAP) + this.graphs.length * (GRAPH + GAP);
    this.#label();
    this.#listen();
  }

  #label() {
    const rows = [
      ...this.lanes.map((lane) => html("li", { style: `height: ${LANE}px` }, lane.name)),
      ...this.graphs.map(({ name }, at) =>
        html("li", { style: `height: ${GRAPH}px`, class: "count" }, name, this.values[at]),
      ),
    ];
    byId("lanes").style.paddingTop = `${AXIS}px`;
    byId("lanes").replaceChildren(...rows);
  }

  get width() {
    return this.canvas.clientWidth;
  }

  /** @param {Moment} moment */
  draw(moment) {
    const { width, height, span, canvas } = this;
    const ratio = window.devicePixelRatio;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.dataset.from = String(span.from);
    canvas.dataset.to = String(span.to);
    const sight = [span.from, span.to, canvas.width, canvas.height, this.colors.get("--ground")].join();
    if (sight !== this.sight) this.#paintRows(ratio);
    this.sight = sight;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(this.rows, 0, 0);
    context.scale(ratio, ratio);
    const seconds = this.trace.time(moment.event);
    this.#needle(context, seconds);
    this.graphs.forEach((graph, at) => (this.values[at].textContent = graph.text(valueAt(graph, seconds))));
  }

  /** Everything but the needle, which stays as it is while only the moment changes. @param {number} ratio */
  #paintRows(ratio) {
    const { width, rows, canvas } = this;
    [rows.width, rows.height] = [canvas.width, canvas.height];
    const context = /** @type {CanvasRenderingContext2D} */ (rows.getContext("2d"));
    context.scale(ratio, ratio);
    context.font = FONT;
    context.textBaseline = "middle";
    this.#axis(context);
    const painter = new Painter(context, this.colors, this.span, width);
    this.lanes.forEach((lane, at) => painter.lane(lane, this.#top(at), LANE, this.#place(at)));
    this.graphs.forEach((graph, at) => {
      const top = AXIS + this.lanes.length * (LANE + GAP) + at * (GRAPH + GAP);
      drawGraph(context, graph, this.span, width, top, GRAPH, this.colors.get(at === 1 ? "--alarm" : "--tree"));
    });
  }

  /** @param {number} lane */
  #top(lane) {
    return AXIS + lane * (LANE + GAP);
  }

  /** Where in its lane a block is. @param {number} lane @returns {(block: Block) => [number, number]} */
  #place(lane) {
    const top = this.#top(lane);
    const { rows, row } = this.deviceRows;
    if (lane < this.lanes.length - 1 || rows < 2) return () => [top, LANE];
    return (block) => [top + ((row.get(block) ?? 0) * LANE) / rows, LANE / rows];
  }

  /** @param {CanvasRenderingContext2D} context */
  #axis(context) {
    const { span, width } = this;
    const rough = (span.length / width) * 110;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
    const digits = Math.max(0, -Math.floor(Math.log10(step * 1000) + 1e-9));
    context.textAlign = "left";
    for (let at = Math.ceil(span.from / step); at * step <= span.to; at++) {
      const x = Math.round(span.x(at * step, width)) + 0.5;
      context.fillStyle = this.colors.get("--line");
      context.fillRect(x, 0, 1, this.height);
      context.fillStyle = this.colors.get("--soft");
      context.fillText(`${(at * step * 1000).toFixed(digits)} ms`, x + 4, AXIS / 2 - 1);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} seconds */
  #needle(context, seconds) {
    const x = this.span.x(seconds, this.width);
    context.fillStyle = this.colors.get("--accent");
    context.fillRect(x - 0.75, 0, 1.5, this.height);
    context.beginPath();
    context.arc(x, 4, 4, 0, 2 * Math.PI);
    context.fill();
  }

  #listen() {
    let pressed = false;
    let travelled = 0;
    const { canvas, span } = this;
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) span.move((event.deltaX / this.width) * span.length);
        else span.zoom(span.seconds(event.offsetX, this.width), Math.exp(event.deltaY * 0.002));
        this.on.changed();
      },
      { passive: false },
    );
    canvas.addEventListener("pointerdown", (event) => {
      pressed = true;
      travelled = 0;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!pressed) return this.#hover(event);
      travelled += Math.abs(event.movementX);
      if (travelled < DRAGGED) return undefined;
      canvas.classList.add("dragged");
      span.move((-event.movementX / this.width) * span.length);
      return this.on.changed();
    });
    canvas.addEventListener("pointerup", (event) => {
      if (pressed && travelled < DRAGGED) this.on.pick(span.seconds(event.offsetX, this.width));
      pressed = false;
      canvas.classList.remove("dragged");
    });
    canvas.addEventListener("pointerleave", () => (this.tip.hidden = true));
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const block = this.#blockAt(event.offsetX, event.offsetY);
    this.tip.hidden = block === null;
    if (block === null) return;
    this.tip.textContent = `${block.tip()}\n${duration(block.begin)} from the start`;
    const room = document.documentElement.clientWidth - this.tip.offsetWidth - 12;
    this.tip.style.left = `${Math.min(event.clientX + 14, room)}px`;
    this.tip.style.top = `${event.clientY + 16}px`;
  }

  /** @param {number} x @param {number} y @returns {Block | null} */
  #blockAt(x, y) {
    const at = Math.floor((y - AXIS) / (LANE + GAP));
    if (at < 0 || at >= this.lanes.length) return null;
    const place = this.#place(at);
    let nearest = null;
    let least = NEAR;
    for (const block of this.lanes[at].blocks) {
      const from = this.span.x(block.begin, this.width);
      if (from > x + NEAR) break;
      const [top, height] = place(block);
      const away = Math.max(from - x, x - this.span.x(block.end, this.width), 0);
      if (away <= least && y >= top && y < top + height) [nearest, least] = [block, away];
    }
    return nearest;
  }
}

/** Blocks that overlap, as on a CPU that works on several batches, each in a row of its own. @param {Lane} lane */
function stacked(lane) {
  /** @type {number[]} */
  const free = [];
  /** @type {Map<Block, number>} */
  const row = new Map();
  for (const block of lane.blocks) {
    let at = free.findIndex((time) => time <= block.begin);
    if (at < 0) at = free.length;
    free[at] = block.end;
    row.set(block, at);
  }
  return { rows: free.length, row };
}
