/** @file The moves that cost something, by player, phase and size; a click goes there. */

/** @import {App} from "./app.js" */
/** @import {Mistake, Summary} from "./messages.js" */
/** @import {Change} from "./panel.js" */
/** @import {ReviewData} from "./review-data.js" */
import { html } from "../library/dom.js";
import { choice } from "./controls.js";
import { moveName } from "./position.js";
import { OWN } from "./review-data.js";
import { lossName, PHASES } from "./review-players.js";
import { word } from "./words.js";

/** Rows that are shown before somebody asks for more. */
const FEW = 12;

export class MistakesPart {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.color = 0;
    this.phase = -1;
    this.size = 0;
    this.byNumber = false;
    this.most = FEW;
    this.list = html("ol", { class: "mistakes", "aria-label": word("Mistakes") });
    this.none = html("p", { class: "soft" }, word("No mistakes of this kind."));
    this.more = html("button", { type: "button", class: "link", click: () => this.#showAll() }, word("Show all"));
    this.filters = html("div", { class: "filters" });
    this.element = html(
      "div",
      { hidden: true },
      html("h2", {}, word("Mistakes")),
      this.filters,
      this.list,
      this.none,
      this.more,
    );
    /** @type {Summary | undefined} */
    this.summary = undefined;
    this.shown = "";
  }

  /** @param {ReviewData} data @param {ReadonlySet<Change>} changes */
  draw(data, changes) {
    const summary = data.summaries.get(OWN);
    const isNew = summary !== this.summary;
    if (isNew && summary?.game !== this.summary?.game) this.most = FEW;
    this.summary = summary;
    this.element.hidden = !summary;
    if (!summary) return;
    if (!this.filters.firstChild) this.#makeFilters(summary.bounds);
    if (isNew || changes.has("game")) this.#fill();
    for (const item of this.list.querySelectorAll("li"))
      item.toggleAttribute("data-here", Number(item.dataset.node) === this.app.node);
  }

  /** @param {number[]} bounds */
  #makeFilters(bounds) {
    const change = (/** @type {() => void} */ set) => {
      set();
      this.most = FEW;
      this.#fill();
    };
    const players = choice(
      word("Player"),
      [["0", word("Both")], ["1", word("Black")], ["-1", word("White")]],
      "0",
      (value) => change(() => (this.color = Number(value))),
    ); // prettier-ignore
    const phases = choice(
      word("Phase"),
      [["-1", word("All")], ...PHASES.map((name, at) => /** @type {[string, string]} */ ([String(at), word(name)]))],
      "-1",
      (value) => change(() => (this.phase = Number(value))),
    ); // prettier-ignore
    const sizes = choice(
      word("Points lost"),
      [["0", word("All")], ...bounds.slice(1).map((bound, at) => /** @type {[string, string]} */ ([String(at + 2), `≥ ${bound}`]))],
      "0",
      (value) => change(() => (this.size = Number(value))),
    ); // prettier-ignore
    const order = choice(
      word("Order"),
      [["cost", word("costliest first")], ["game", word("as played")]],
      "cost",
      (value) => change(() => (this.byNumber = value === "game")),
    ); // prettier-ignore
    this.filters.append(players.field, phases.field, sizes.field, order.field);
  }

  #showAll() {
    this.most = Infinity;
    this.#fill();
  }

  #fill() {
    const { summary, app } = this;
    if (!summary || !app.record) return;
    const [opening, middle] = summary.phases;
    const phase = (/** @type {number} */ number) => Number(number > opening) + Number(number > middle);
    const found = summary.mistakes.filter(
      (one) =>
        (!this.color || one.color === this.color) &&
        (this.phase < 0 || phase(one.number) === this.phase) &&
        one.size >= this.size,
    );
    if (this.byNumber) found.sort((one, two) => one.number - two.number);
    this.list.replaceChildren(...found.slice(0, this.most).map((one) => this.#item(one, summary)));
    this.none.hidden = found.length > 0;
    this.more.hidden = found.length <= this.most;
  }

  /** @param {Mistake} one @param {Summary} summary */
  #item(one, summary) {
    const { app } = this;
    const record = app.record;
    if (!record) return html("li");
    const rate = `−${(100 * one.rate_loss).toFixed(0)} %`;
    const lost = one.loss === null ? rate : `−${one.loss.toFixed(1)}`;
    const go = html(
      "button",
      { type: "button", class: "mistake", click: () => app.go(one.node), title: lossName(summary.bounds, one.size) },
      html("i", { class: `dot loss-${one.size}`, "aria-hidden": "true" }),
      html("span", { class: "number" }, String(one.number)),
      html("i", { class: `stone ${one.color > 0 ? "black" : "white"}`, "aria-hidden": "true" }),
      html("span", { class: "hidden-text" }, word(one.color > 0 ? "Black" : "White")),
      html("span", {}, moveName(record, one.move)),
      html("small", { class: "soft" }, one.loss === null ? "" : rate),
      html("strong", {}, lost),
    ); // prettier-ignore
    const item = html("li", { "data-node": one.node }, go);
    if (one.better.length) {
      const show = html("button", { type: "button", class: "link", click: () => this.#show(one) });
      show.append(word("better: {move}", { move: moveName(record, one.better[0]) }));
      item.append(show);
    }
    return item;
  }

  /** Go to the position before it, and show the line that was better. @param {Mistake} one */
  #show(one) {
    const parent = this.app.record?.parent(one.node) ?? null;
    if (parent === null) return;
    this.app.go(parent);
    this.app.preview(one.better);
  }
}
