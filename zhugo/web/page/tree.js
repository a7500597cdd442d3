/** @file The tree of variations, on a canvas of which only what is in sight is painted. */

/** @import {App} from "./app.js" */
/** @import {Change} from "./panel.js" */
/** @import {Spot} from "./layout.js" */
import { Colors } from "../library/colors.js";
import { html } from "../library/dom.js";
import { lossClass } from "../library/losses.js";
import { openDialog, pictureButton } from "./controls.js";
import { layOut } from "./layout.js";
import { Panel } from "./panel.js";
import { moveName } from "./position.js";
import { word } from "./words.js";

const STEP = 26;
const STONE = 9.5;
const EDGE = 16;
/** Rows that are in sight at once. */
const MOST_ROWS = 5;
/** Nodes above which the board is painted first. */
const LARGE = 1500;

export class TreePanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "tree");
    this.pace = 1000;
    this.canvas = html("canvas", { role: "img", "aria-label": word("Tree of variations") });
    this.room = html("div", { class: "room" }, this.canvas);
    this.view = html(
      "div",
      { class: "view", tabindex: 0, role: "group", "aria-label": word("Tree of variations") },
      this.room,
    );
    this.main = pictureButton("star", word("Make this the main line"), () => this.#makeMain());
    this.raise = pictureButton("up", word("Move up"), () => this.#edit("promote"));
    this.trash = pictureButton("trash", word("Delete"), () => this.remove(), { key: "Delete" });
    this.element.append(
      html(
        "header",
        {},
        html("h2", {}, word("Tree of variations")),
        html("span", { class: "group" }, this.main, this.raise, this.trash),
      ),
      this.view,
    );
    this.colors = new Colors();
    this.layout = { spots: /** @type {Map<number, Spot>} */ (new Map()), columns: 0, rows: 0 };
    /** @type {Map<string, number>} node by place */
    this.places = new Map();
    this.drawn = "";
    this.timer = 0;
    /** Whether the board has been painted already. */
    this.isLate = false;
    this.view.addEventListener("scroll", () => this.#paint());
    this.view.addEventListener("click", (event) => this.#press(event));
    new ResizeObserver(() => this.#paint()).observe(this.view);
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { record, node } = this.app;
    if (!record) return;
    if (changes.has("settings")) this.colors.forget();
    const drawn = `${record.game} ${record.version}`;
    clearTimeout(this.timer);
    if (drawn !== this.drawn && record.nodes.size > LARGE && !this.isLate) {
      this.timer = setTimeout(() => {
        this.isLate = true;
        this.draw(new Set([...changes, "game"]));
        this.isLate = false;
      });
      return;
    }
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.layout = layOut(record);
      this.places = new Map([...this.layout.spots.values()].map((spot) => [`${spot.column},${spot.row}`, spot.node]));
      this.room.style.width = `${this.layout.columns * STEP + 2 * EDGE}px`;
      this.room.style.height = `${this.layout.rows * STEP + EDGE}px`;
      this.view.style.height = `${Math.min(Math.max(this.layout.rows, 2), MOST_ROWS) * STEP + EDGE}px`;
    }
    if (changes.has("node") || changes.has("game")) this.#reveal(node);
    this.main.disabled = record.isMain(node);
    const siblings = record.children(record.parent(node) ?? -1);
    this.raise.disabled = siblings[0] === node || siblings.length < 2;
    this.trash.disabled = record.parent(node) === null;
    this.#paint();
  }

  /** Scroll the node into sight. @param {number} node */
  #reveal(node) {
    const spot = this.layout.spots.get(node);
    if (!spot) return;
    const { view } = this;
    const [x, y] = [spot.column * STEP + EDGE, spot.row * STEP + EDGE];
    const [width, height] = [view.clientWidth, view.clientHeight];
    if (x < view.scrollLeft + 3 * STEP || x > view.scrollLeft + width - 3 * STEP) view.scrollLeft = x - width / 2;
    if (y < view.scrollTop + STEP || y > view.scrollTop + height - STEP) view.scrollTop = y - height / 2;
  }

  #paint() {
    const { canvas, view } = this;
    const [width, height] = [view.clientWidth, view.clientHeight];
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(
      scale,
      0,
      0,
      scale,
      EDGE * scale - view.scrollLeft * scale,
      EDGE * scale - view.scrollTop * scale,
    );
    context.clearRect(view.scrollLeft - EDGE, view.scrollTop - EDGE, width, height);
    const first = Math.floor((view.scrollLeft - EDGE) / STEP) - 1;
    const last = Math.ceil((view.scrollLeft + width) / STEP);
    const inSight = [...this.layout.spots.values()].filter(({ column }) => column >= first && column <= last);
    const shown = new Set(this.app.record?.path(this.app.node) ?? []);
    for (const spot of inSight) this.#edge(context, spot, shown.has(spot.node));
    for (const spot of inSight) this.#spot(context, spot);
  }

  /** @param {CanvasRenderingContext2D} context @param {Spot} spot @param {boolean} isShown */
  #edge(context, spot, isShown) {
    const from = this.layout.spots.get(spot.parent ?? -1);
    if (!from) return;
    context.strokeStyle = this.colors.get(isShown ? "--accent" : "--faint");
    context.lineWidth = isShown ? 2 : 1.2;
    context.beginPath();
    context.moveTo(from.column * STEP, from.row * STEP);
    if (from.row !== spot.row) {
      context.lineTo(from.column * STEP, (spot.row - 0.5) * STEP);
      context.lineTo((from.column + 0.5) * STEP, spot.row * STEP);
    }
    context.lineTo(spot.column * STEP, spot.row * STEP);
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {Spot} spot */
  #spot(context, { node, column, row }) {
    const { app, colors } = this;
    const data = app.record?.get(node);
    const [x, y] = [column * STEP, row * STEP];
    const circle = (/** @type {number} */ r) => {
      context.beginPath();
      context.arc(x, y, r, 0, 7);
    };
    const isHere = node === app.node;
    if (isHere) {
      context.fillStyle = colors.get("--accent");
      circle(STONE + 3);
      context.fill();
    }
    const color = data?.move?.[0] ?? 0;
    context.fillStyle = color > 0 ? "#1d1e20" : color < 0 ? "#f8f7f3" : colors.get("--lane");
    context.strokeStyle = color > 0 ? colors.get("--stone-edge") : "#7b756a";
    context.lineWidth = 1;
    if (color) circle(STONE);
    else {
      context.beginPath();
      context.roundRect(x - 6, y - 6, 12, 12, 3);
    }
    context.fill();
    context.stroke();
    if (color) {
      context.fillStyle = color > 0 ? "#f8f7f3" : "#1d1e20";
      context.font = "600 9px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(String(app.record?.number(node) ?? ""), x, y + 0.5);
    }
    const { points, rate } = app.lossOf(node);
    const size = lossClass(points, rate);
    if (size !== null && size >= 2) {
      context.fillStyle = colors.get(`--loss-${size}`);
      context.beginPath();
      context.arc(x + 8, y - 8, 3.6, 0, 7);
      context.fill();
    }
    if (data?.comment) {
      context.fillStyle = colors.get("--note");
      context.fillRect(x - 3, y + STONE + 1.5, 6, 2.2);
    }
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const box = this.view.getBoundingClientRect();
    const column = Math.round((event.clientX - box.left + this.view.scrollLeft - EDGE) / STEP);
    const row = Math.round((event.clientY - box.top + this.view.scrollTop - EDGE) / STEP);
    const node = this.places.get(`${column},${row}`);
    if (node !== undefined) this.app.go(node);
  }

  /** @param {"promote" | "delete"} what */
  #edit(what) {
    if (!this.app.looking.isProvisional) this.app.send({ type: "edit", node: this.app.node, what });
  }

  /** Every node from the root down comes first. */
  #makeMain() {
    const { record, node, looking } = this.app;
    if (!record || looking.isProvisional) return;
    const path = record.path(node);
    path.forEach((each, at) => {
      if (at && record.children(path[at - 1])[0] !== each) this.app.send({ type: "edit", node: each, what: "promote" });
    });
  }

  /** Take the move that is looked at out of the record, after asking where more than it would go. */
  remove() {
    const { record, node } = this.app;
    const parent = record?.parent(node) ?? null;
    if (!record || parent === null) return;
    const name = record.get(node)?.move ? moveName(record, Number(record.get(node)?.move?.[1])) : "";
    const question = html("p", {}, word("Delete this move and all behind it?"));
    if (record.children(node).length === 0) this.#edit("delete");
    else
      openDialog(`${word("Delete")} ${name}`, [question], { action: word("Delete"), act: () => this.#edit("delete") });
  }
}
