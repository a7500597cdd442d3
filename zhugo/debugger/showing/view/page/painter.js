/** @file How blocks of the timeline look. */

/** @import {Block, Lane} from "./blocks.js" */
/** @import {Colors} from "../library/colors.js" */
/** @import {Span} from "./span.js" */
import { hue } from "./hues.js";

const ROUND = 3;
/** Pixels; narrower blocks are drawn that wide, and those that would cover each other only once. */
const FINEST = 1;

/** Pixels from one line of a hatching to the next. */
const HATCH = 6;

export class Painter {
  /** @param {CanvasRenderingContext2D} context @param {Colors} colors @param {Span} span @param {number} width */
  constructor(context, colors, span, width) {
    this.context = context;
    this.colors = colors;
    this.span = span;
    this.width = width;
  }

  /** @param {Lane} lane @param {number} top @param {number} height @param {(block: Block) => [number, number]} place
   * of a block: top and height within the lane */
  lane(lane, top, height, place = () => [top, height]) {
    this.context.fillStyle = this.colors.get(lane.name === "device" ? "--device-ground" : "--lane");
    this.#box(0, top, this.width, height, ROUND);
    /** @type {Record<string, number>} up to where blocks of a kind have been drawn */
    const covered = {};
    for (const block of lane.blocks) {
      const x = this.span.x(block.begin, this.width);
      if (x > this.width) break;
      const end = Math.max(this.span.x(block.end, this.width), x + FINEST);
      if (end < 0 || end < (covered[block.kind] ?? 0)) continue;
      covered[block.kind] = end - x <= FINEST ? Math.ceil(end) : 0;
      const from = Math.max(x, -ROUND);
      this.#block(block, from, Math.min(end, this.width + ROUND) - from, ...place(block));
    }
  }

  /** @param {Block} block @param {number} x @param {number} width @param {number} top @param {number} height */
  #block(block, x, width, top, height) {
    const { context } = this;
    const color = block.searcher < 0 ? this.colors.get("--tree") : this.colors.get(hue(block.searcher));
    switch (block.kind) {
      case "flight":
        context.fillStyle = color;
        context.globalAlpha = 0.55;
        context.fillRect(x, top + height / 2 - 1, width, 2);
        context.globalAlpha = 1;
        return;
      case "parked":
      case "idle":
        this.#wait(block.kind, x, width, top, height);
        return;
      case "lost":
        context.strokeStyle = this.colors.get("--alarm");
        context.strokeRect(x + 0.5, top + 0.5, Math.max(width - 1, 1), height - 1);
        this.#label(`${block.label} ✕`, x, width, top, height, this.colors.get("--alarm"));
        return;
      case "event":
        context.fillStyle = color;
        this.#box(x, top, Math.max(width, 1.5), height, 1);
        return;
    }
    const isPale = block.kind === "encode";
    context.fillStyle = block.kind === "update" ? this.colors.get("--tree") : color;
    context.globalAlpha = isPale ? 0.45 : 1;
    this.#box(x, top, Math.max(width - 0.5, FINEST), height, ROUND);
    context.globalAlpha = 1;
    this.#label(block.label, x, width, top, height, this.colors.get(isPale ? "--ink" : `${hue(block.searcher)}-ink`));
  }

  /**
   * @param {"parked" | "idle"} kind @param {number} x @param {number} width @param {number} top
   * @param {number} height
   */
  #wait(kind, x, width, top, height) {
    const { context } = this;
    const color = this.colors.get(kind === "parked" ? "--alarm" : "--faint");
    if (width < HATCH) {
      context.fillStyle = color;
      context.globalAlpha = 0.3;
      context.fillRect(x, top, width, height);
      context.globalAlpha = 1;
      return;
    }
    context.save();
    context.beginPath();
    context.rect(x, top, width, height);
    context.clip();
    context.strokeStyle = color;
    context.globalAlpha = kind === "parked" ? 0.55 : 0.3;
    context.lineWidth = 1;
    context.beginPath();
    for (let at = x - (x % HATCH) - height; at < x + width; at += HATCH) {
      context.moveTo(at, top + height);
      context.lineTo(at + height, top);
    }
    context.stroke();
    context.restore();
    if (kind === "idle") return;
    context.fillStyle = color;
    context.fillRect(x, top, Math.min(2, width), height);
    if (width > 44) this.#tag("fail", x + 4, top, height, color);
    if (width > 90) this.#tag("retry", x + width - 32, top, height, color);
  }

  /** Words on a ground of their own. @param {string} text @param {number} x @param {number} top @param {number} height
   * @param {string} color */
  #tag(text, x, top, height, color) {
    const width = this.context.measureText(text).width + 6;
    this.context.fillStyle = this.colors.get("--lane");
    this.#box(x, top + 4, width, height - 8, ROUND);
    this.context.fillStyle = color;
    this.context.textAlign = "left";
    this.context.fillText(text, x + 3, top + height / 2 + 1);
  }

  /** @param {string} text @param {number} x @param {number} width @param {number} top @param {number} height
   * @param {string} color */
  #label(text, x, width, top, height, color) {
    const from = Math.max(x, 0);
    const visible = Math.min(x + width, this.width) - from;
    if (!text || visible < 20 || this.context.measureText(text).width > visible - 4) return;
    this.context.fillStyle = color;
    this.context.textAlign = "center";
    this.context.fillText(text, from + visible / 2, top + height / 2 + 1);
  }

  /** @param {number} x @param {number} top @param {number} width @param {number} height @param {number} radius */
  #box(x, top, width, height, radius) {
    if (width < 3) {
      this.context.fillRect(x, top, width, height);
      return;
    }
    this.context.beginPath();
    this.context.roundRect(x, top, width, height, radius);
    this.context.fill();
  }
}
