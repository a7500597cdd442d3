/** @file What everybody was at, and when: the blocks of the timeline. */

/** @import {Trace} from "./trace.js" */
import { count, duration } from "../library/format.js";
import { letter } from "./badge.js";

/** @typedef {"event" | "encode" | "flight" | "update" | "device" | "parked" | "idle" | "lost"} Kind */

/**
 * @typedef {object} Block
 * @property {Kind} kind
 * @property {number} begin seconds
 * @property {number} end
 * @property {number} searcher -1: nobody's
 * @property {string} label
 * @property {() => string} tip
 */

/** @typedef {{name: string, blocks: Block[]}} Lane blocks in order of their beginnings */

/** Seconds that an event of the master is drawn long at most; a recording does not say how long it took. */
const MASTER_WORKS = 2e-5;

/** Master, searchers and device, from the top. @param {Trace} trace @returns {Lane[]} */
export function lanes(trace) {
  const { searchers } = trace.facts;
  const work = searchers.map((_, searcher) => [...batchBlocks(trace, searcher), ...waitBlocks(trace, searcher)]);
  const device = work.flat().filter((block) => block.kind === "device");
  const all = [
    { name: "master", blocks: eventBlocks(trace) },
    ...searchers.map((name, at) => ({ name, blocks: work[at].filter((block) => block.kind !== "device") })),
    { name: "device", blocks: device },
  ];
  for (const lane of all) lane.blocks.sort((a, b) => a.begin - b.begin);
  return all;
}

/** @param {Trace} trace @returns {Block[]} */
function eventBlocks(trace) {
  return Array.from(trace.times, (begin, at) => ({
    kind: "event",
    begin,
    end: Math.min(begin + MASTER_WORKS, trace.times[at + 1] ?? Infinity),
    searcher: -1,
    label: "",
    tip: () => trace.facts.texts[at],
  }));
}

/** @param {Trace} trace @param {number} searcher @returns {Block[]} */
function batchBlocks(trace, searcher) {
  const batches = trace.batches;
  /** @type {Block[]} */
  const found = [];
  for (let at = 0; at < batches.grant.length; at++) {
    if (batches.searcher[at] !== searcher) continue;
    const label = `${letter(trace.facts.searchers[searcher])}${batches.grant[at]}`;
    const size = `${count(batches.leaves[at], "leaf", "leaves")} of ${batches.requested[at]} wanted`;
    const fate = trace.facts.fates[batches.fate[at]];
    /** @param {Kind} kind @param {string} doing @param {number} begin @param {number} end */
    const add = (kind, doing, begin, end) => {
      const tip = () => `${label}: ${doing}, ${duration(end - begin)}\n${size}`;
      if (end >= begin) found.push({ kind, begin, end, searcher, label, tip });
    };
    if (fate === "updated") {
      const { encode, submit, device, device_end, over } = batches;
      add("encode", "encode", encode[at], submit[at]);
      add("flight", "submitted, waits for the device", submit[at], device_end[at]);
      if (device_end[at] > device[at]) add("device", "on the device", device[at], device_end[at]);
      add("update", "result, on its way to the tree", device_end[at], over[at]);
    } else {
      add("lost", fate, batches.granted[at], fate === "unfinished" ? trace.seconds : batches.over[at]);
    }
  }
  return found;
}

/** @param {Trace} trace @param {number} searcher @returns {Block[]} */
function waitBlocks(trace, searcher) {
  const { begin, end, parked } = trace.waits;
  /** @type {Block[]} */
  const found = [];
  for (let at = 0; at < begin.length; at++) {
    if (trace.waits.searcher[at] !== searcher || end[at] <= begin[at]) continue;
    const kind = parked[at] ? "parked" : "idle";
    const why = parked[at] ? "fail: parked on a leaf in flight, until the retry" : "waits for work";
    const tip = () => `${why}, ${duration(end[at] - begin[at])}`;
    found.push({ kind, begin: begin[at], end: end[at], searcher, label: kind, tip });
  }
  return found;
}
