/** @file The whole recording as one strip: how busy the device was, what is in sight, and the moment. */

/** @import {Trace} from "./trace.js" */
/** @import {Moment} from "./moment.js" */
/** @import {Colors} from "../library/colors.js" */
/** @import {Span} from "./span.js" */
import { byId } from "../library/dom.js";
import { lastUpTo } from "./history.js";

const HEIGHT = 34;

export class Scrubber {
  /** @param {Trace} trace @param {Span} span @param {Colors} colors @param {(seconds: number) => void} pick */
  constructor(trace, span, colors, pick) {
    this.trace = trace;
    this.span = span;
    this.colors = colors;
    this.busy = busyTime(trace);
    this.canvas = /** @type {HTMLCanvasElement} */ (byId("scrubber"));
    this.canvas.setAttribute("aria-valuemax", String(trace.count));
    let pressed = false;
    /** @param {PointerEvent} event */
    const go = (event) => pick((event.offsetX / this.canvas.clientWidth) * this.span.whole);
    this.canvas.addEventListener("pointerdown", (event) => {
      pressed = true;
      this.canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    this.canvas.addEventListener("pointermove", (event) => pressed && go(event));
    this.canvas.addEventListener("pointerup", () => (pressed = false));
  }

  /** @param {Moment} moment */
  draw(moment) {
    const { canvas, span } = this;
    const width = canvas.clientWidth;
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.scale(ratio, ratio);
    context.fillStyle = this.colors.get("--device-ground");
    context.fillRect(0, 0, width, HEIGHT);
    context.fillStyle = this.colors.get("--busy");
    for (let x = 0; x < width; x++) {
      const [from, to] = [(x / width) * span.whole, ((x + 1) / width) * span.whole];
      const share = (this.#busyUntil(to) - this.#busyUntil(from)) / (to - from);
      context.fillRect(x, HEIGHT * (1 - share), 1, HEIGHT * share);
    }
    this.#window(context, width);
    const seconds = this.trace.time(moment.event);
    context.fillStyle = this.colors.get("--accent");
    context.fillRect((seconds / span.whole) * width - 1, 0, 2, HEIGHT);
    canvas.setAttribute("aria-valuenow", String(moment.event));
    canvas.setAttribute("aria-valuetext", `event ${moment.event}, ${seconds.toFixed(3)} s`);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width */
  #window(context, width) {
    const { span } = this;
    const [from, to] = [span.from, span.to].map((time) => (time / span.whole) * width);
    context.fillStyle = this.colors.get("--veil");
    context.fillRect(0, 0, from, HEIGHT);
    context.fillRect(to, 0, width - to, HEIGHT);
    context.strokeStyle = this.colors.get("--soft");
    context.strokeRect(from + 0.5, 0.5, Math.max(to - from - 1, 1), HEIGHT - 1);
  }

  /** Seconds that the device had been busy. @param {number} time */
  #busyUntil(time) {
    const { begins, ends, before } = this.busy;
    const at = lastUpTo(begins, time);
    return at < 0 ? 0 : before[at] + Math.min(time, ends[at]) - begins[at];
  }
}

/**
 * The times in which the device had work, apart and in order, and how long it was busy before each.
 * @param {Trace} trace
 */
function busyTime(trace) {
  const { device, device_end } = trace.batches;
  const spans = Array.from(device, (begin, at) => [begin, device_end[at]]).filter(([begin, end]) => end > begin);
  spans.sort((a, b) => a[0] - b[0]);
  /** @type {number[][]} */
  const apart = [];
  for (const [begin, end] of spans) {
    const last = apart[apart.length - 1];
    if (last && begin <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([begin, end]);
  }
  let sum = 0;
  const before = apart.map(([begin, end]) => (sum += end - begin) - (end - begin));
  return {
    begins: Float64Array.from(apart, ([begin]) => begin),
    ends: Float64Array.from(apart, ([, end]) => end),
    before,
  };
}
