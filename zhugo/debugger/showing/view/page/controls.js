/** @file Buttons, fields and keys, and the words about what is looked at. */

/** @import {Moment} from "./moment.js" */
/** @import {Trace} from "./trace.js" */
/** @import {Span} from "./span.js" */
/** @import {Place} from "./address.js" */
/** @import {Key} from "../library/keys.js" */
import { byId, html } from "../library/dom.js";
import { count } from "../library/format.js";
import { listenToKeys } from "../library/keys.js";
import { HEATS } from "./candidates.js";

/**
 * @typedef {object} Looker whoever is told what to look at
 * @property {Trace} trace
 * @property {Span} span
 * @property {Place} place
 * @property {(event: number) => void} go
 * @property {(node: number | null) => void} look null: at the cursor
 * @property {() => void} redraw
 */

const LEGENDS = /** @type {Record<string, string>} */ ({
  visits: "visits (N) of each move",
  policy: "policy of each move, in per cent",
  value: "mean value of each move, seen by Black; the warmest is the best for the player to move",
  pseudo: "pseudo-visits of each move",
});

const STRIDE = 10;
const ZOOM = 1.5;

export class Controls {
  /** @param {Looker} page */
  constructor(page) {
    this.page = page;
    this.event = /** @type {HTMLInputElement} */ (byId("event"));
    this.kind = /** @type {HTMLSelectElement} */ (byId("kind"));
    this.session = /** @type {HTMLSelectElement} */ (byId("session"));
    this.paths = /** @type {HTMLInputElement} */ (byId("paths"));
    this.#tell();
    this.#offer();
    this.#listen();
  }

  get showsPaths() {
    return this.paths.checked;
  }

  /** What does not change. */
  #tell() {
    const { facts, count: events, seconds } = this.page.trace;
    const { versions, options } = facts.header;
    const sizes = new Set(
      facts.sessions.map(({ game, board }) => (board ? `${game} ${board.width}×${board.height}` : game)),
    );
    const words = [[...sizes].join(", "), ...facts.nets, `${seconds.toFixed(2)} s`];
    byId("facts").textContent = [...words, `zhugo ${versions.zhugo ?? "unknown"}`].filter(Boolean).join(" · ");
    byId("facts").title = [...Object.entries(versions), ...Object.entries(options)]
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name} ${value}`)
      .join("\n");
    byId("warnings").replaceChildren(...facts.warnings.map((warning) => html("li", {}, warning)));
    byId("count").textContent = String(events);
    this.event.max = String(events);
  }

  #offer() {
    const { facts } = this.page.trace;
    this.kind.replaceChildren(...Object.keys(facts.kinds).map((kind) => html("option", { value: kind }, kind)));
    this.kind.value = "park";
    this.session.replaceChildren(
      html("option", { value: "" }, "the one that is searched"),
      ...facts.sessions.map(({ name }, at) => html("option", { value: at }, name)),
    );
    byId("session-choice").hidden = facts.sessions.length < 2;
    byId("heat").append(
      ...HEATS.map((heat) => {
        const input = html("input", { type: "radio", name: "heat", value: heat, change: () => this.#setHeat(heat) });
        return html("label", {}, input, heat);
      }),
    );
  }

  /** @param {string} heat */
  #setHeat(heat) {
    this.page.place.heat = heat;
    this.page.redraw();
  }

  /** @param {1 | -1} step */
  #stop(step) {
    const { trace, place } = this.page;
    const found = trace.find(place.event, trace.facts.kinds[this.kind.value], step);
    if (found !== null) this.page.go(found);
  }

  /** @param {number} factor */
  #zoom(factor) {
    const { trace, span, place } = this.page;
    span.zoom(trace.time(place.event), factor);
    this.page.redraw();
  }

  #listen() {
    const { page } = this;
    for (const [id, act] of Object.entries(this.#acts())) byId(id).addEventListener("click", act);
    this.event.addEventListener("change", () => page.go(Math.round(Number(this.event.value) || 0)));
    this.paths.addEventListener("change", () => page.redraw());
    this.session.addEventListener("change", () => {
      Object.assign(page.place, { session: this.session.value === "" ? null : Number(this.session.value), node: null });
      page.redraw();
    });
    const keys = this.#keys();
    listenToKeys(keys);
    byId("keys")
      .querySelector("dl")
      ?.replaceChildren(
        ...keys.flatMap(({ name, does }) => [html("dt", {}, name), html("dd", {}, does)]),
        html("dt", {}, "↑ ↓ ← →"),
        html("dd", {}, "in the tree: to the rows above and below, close, open"),
      );
  }

  /** What each button does, by its id. @returns {Record<string, () => void>} */
  #acts() {
    return {
      first: () => this.page.go(0),
      back: this.#stepper(-1),
      on: this.#stepper(1),
      last: () => this.page.go(this.page.trace.count),
      "stop-before": () => this.#stop(-1),
      "stop-after": () => this.#stop(1),
      help: () => /** @type {HTMLDialogElement} */ (byId("keys")).showModal(),
    };
  }

  /** @returns {Key[]} */
  #keys() {
    const { first, last, back, on, help, "stop-before": before, "stop-after": after } = this.#acts();
    const [near, far] = [() => this.#zoom(1 / ZOOM), () => this.#zoom(ZOOM)];
    return [
      { name: "← →", does: "one event back, on", acts: { ArrowLeft: back, ArrowRight: on } },
      {
        name: "Shift ← →",
        does: `${STRIDE} events`,
        acts: { "Shift+ArrowLeft": this.#stepper(-STRIDE), "Shift+ArrowRight": this.#stepper(STRIDE) },
      },
      { name: "Home, End", does: "before the first event, behind the last", acts: { Home: first, End: last } },
      { name: "n, N", does: "the next event of the chosen kind, the one before", acts: { n: after, N: before } },
      { name: "+, −", does: "zoom, as the wheel does; dragging moves", acts: { "+": near, "=": near, "-": far } },
      { name: "0", does: "all of the timeline", acts: { 0: () => this.#zoom(Infinity) } },
      { name: "r", does: "look at the root", acts: { r: () => this.page.look(null) } },
      { name: "?", does: "these keys", acts: { "?": help } },
    ];
  }

  /** @param {number} by */
  #stepper(by) {
    return () => this.page.go(this.page.place.event + by);
  }

  /** What does change. @param {Moment} moment @param {number} node the one that is looked at */
  draw(moment, node) {
    const { place } = this.page;
    this.event.value = String(place.event);
    this.session.value = place.session === null ? "" : String(place.session);
    for (const input of byId("heat").querySelectorAll("input")) input.checked = input.value === place.heat;
    byId("path").replaceChildren(...this.#path(moment, node));
    byId("legend").textContent = moment.tree ? LEGENDS[place.heat] : "";
  }

  /** The way from the cursor to the node. @param {Moment} moment @param {number} node */
  #path(moment, node) {
    if (moment.tree === null) return [];
    const session = moment.tree.session.name;
    const nodes = moment.nodesDown(moment.cursor, node) ?? [];
    const { visits } = moment.numbers(node);
    return [
      html("span", { class: "soft" }, session),
      ...nodes.map((each) => {
        const look = () => this.page.look(each);
        return html(
          "button",
          { type: "button", "data-node": each, disabled: each === node, click: look },
          moment.moveName(each),
        );
      }),
      html("span", { class: "soft" }, count(visits, "visit", "visits")),
    ];
  }
}
