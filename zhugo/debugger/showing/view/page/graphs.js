/** @file Counts over time as thin graphs. */

/** @import {Trace} from "./trace.js" */
/** @import {Span} from "./span.js" */
/** @import {Numbers} from "./data.js" */
import { lastUpTo } from "./history.js";

/**
 * @typedef {object} Graph
 * @property {string} name
 * @property {Numbers} times of the changes, rising
 * @property {number[] | Numbers} values from that time on
 * @property {number} most
 * @property {(value: number) => string} text
 */

/** @param {Trace} trace @returns {Graph[]} */
export function graphs(trace) {
  const { tickets, parked, pseudo, visits } = trace.samples;
  const share = Array.from(pseudo, (amount, at) => (visits[at] ? amount / visits[at] : 0));
  const queue = queueDepth(trace);
  return [
    graph("tickets", trace.times, tickets),
    graph("parked searchers", trace.times, parked),
    graph("pseudo-visit share", trace.times, share, (value) => `${(100 * value).toFixed(1)} %`),
    graph("device queue", queue.times, queue.values),
  ];
}

/**
 * @param {string} name @param {Numbers} times @param {number[] | Numbers} values
 * @param {(value: number) => string} text
 * @returns {Graph}
 */
function graph(name, times, values, text = String) {
  let most = 0;
  for (const value of values) most = Math.max(most, value);
  return { name, times, values, most, text };
}

/** Batches that were submitted and are not done. @param {Trace} trace */
function queueDepth(trace) {
  const { submit, device, device_end } = trace.batches;
  const changes = [];
  for (let at = 0; at < submit.length; at++) {
    if (device_end[at] > device[at]) changes.push([submit[at], 1], [device_end[at], -1]);
  }
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let depth = 0;
  const values = changes.map(([, change]) => (depth += change));
  return { times: Float64Array.from(changes, ([time]) => time), values };
}

/** @param {Graph} graph @param {number} seconds */
export function valueAt(graph, seconds) {
  const at = lastUpTo(graph.times, seconds);
  return at < 0 ? 0 : graph.values[at];
}

/**
 * The largest value on each pixel of the span, as an area.
 * @param {CanvasRenderingContext2D} context @param {Graph} graph @param {Span} span @param {number} width
 * @param {number} top @param {number} height @param {string} color
 */
export function drawGraph(context, graph, span, width, top, height, color) {
  const bottom = top + height;
  const scale = graph.most ? (height - 2) / graph.most : 0;
  const area = new Path2D();
  const edge = new Path2D();
  let at = lastUpTo(graph.times, span.from);
  for (let x = 0; x < width; x++) {
    const end = span.seconds(x + 1, width);
    let value = at < 0 ? 0 : graph.values[at];
    for (; at + 1 < graph.times.length && graph.times[at + 1] < end; at++)
      value = Math.max(value, graph.values[at + 1]);
    if (value === 0) continue;
    area.rect(x, bottom - value * scale, 1, value * scale);
    edge.rect(x, bottom - value * scale, 1, 1.5);
  }
  context.fillStyle = color;
  context.globalAlpha = 0.25;
  context.fill(area);
  context.globalAlpha = 1;
  context.fill(edge);
  context.globalAlpha = 0.3;
  context.fillRect(0, bottom - 0.5, width, 0.5);
  context.globalAlpha = 1;
}
