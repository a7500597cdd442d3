/** @file The same game judged by a second net: both side by side, and the positions in which they disagree. */

/** @import {App, Known} from "./app.js" */
/** @import {Judged, Summary} from "./messages.js" */
/** @import {Change} from "./panel.js" */
/** @import {ReviewData} from "./review-data.js" */
import { html } from "../library/dom.js";
import { leadText, percent } from "../library/scores.js";
import { choice } from "./controls.js";
import { moveName } from "./position.js";
import { OWN } from "./review-data.js";
import { Progress } from "./review-progress.js";
import { word } from "./words.js";

/** Positions that are listed; and how far apart win rates are there at least. */
const MOST = 12;
const APART = 0.05;

export class ComparePart {
  /** @param {App} app @param {() => string} visits that were chosen for reviews @param {boolean} isServed */
  constructor(app, visits, isServed) {
    this.app = app;
    this.visits = visits;
    this.isServed = isServed;
    this.net = "";
    this.controls = html("div", { class: "review-controls" });
    this.progress = new Progress();
    this.found = html("div");
    this.element = html(
      "div",
      { hidden: true },
      html("h2", {}, word("Compare with another net")),
      this.controls,
      this.progress.element,
      this.found,
    );
    this.shown = "";
  }

  /** @param {ReviewData} data @param {ReadonlySet<Change>} changes */
  draw(data, changes) {
    const nets = [
      ...new Set([...(this.app.welcome?.nets ?? []), ...data.states.keys(), ...data.summaries.keys()]),
    ].filter((net) => net !== OWN);
    this.element.hidden = nets.length === 0 || !this.app.record;
    if (this.element.hidden) return;
    if (!nets.includes(this.net)) this.net = nets[0];
    const state = data.states.get(this.net);
    this.#drawControls(nets, state?.running ?? false);
    this.progress.show(state);
    if (changes.has("review") || changes.has("game") || changes.has("analysis")) this.#compare(data);
  }

  /** @param {string[]} nets @param {boolean} isRunning */
  #drawControls(nets, isRunning) {
    const key = `${nets.join()} ${this.net} ${isRunning}`;
    if (key === this.shown) return;
    this.shown = key;
    this.controls.hidden = !this.isServed;
    const { field } = choice(
      word("Net"),
      nets.map((net) => [net, net]),
      this.net,
      (net) => {
        this.net = net;
        this.app.changed("review");
      },
    );
    const ask = (/** @type {number} */ visits) => this.app.send({ type: "review", visits, net: this.net });
    const button = isRunning
      ? html("button", { type: "button", click: () => ask(0) }, word("Stop"))
      : html("button", { type: "button", click: () => ask(Number(this.visits())) }, word("Review with this net"));
    this.controls.replaceChildren(button, field);
  }

  /** @param {ReviewData} data */
  #compare(data) {
    const others = data.others.get(this.net);
    this.app.compared = others ?? null;
    const [own, second] = [data.summaries.get(OWN), data.summaries.get(this.net)];
    this.found.replaceChildren(
      ...(own && second ? [this.#table(own, second)] : []),
      ...(others ? [this.#list(others)] : []),
    );
  }

  /** @param {Summary} own @param {Summary} second */
  #table(own, second) {
    const rows = /** @type {const} */ ([["Black", "black"], ["White", "white"]]).map(([name, color]) =>
      html("tr", {}, html("th", { scope: "row" }, word(name)),
        ...[own, second].map((summary) => {
          const { moves, accuracy, mean_loss: loss } = summary[color];
          return html("td", {}, moves ? accuracy.toFixed(1) : "–", html("small", {}, loss === null ? "" : ` −${loss.toFixed(2)}`));
        }))); // prettier-ignore
    const names = [word("The engine's net"), this.net].map((each) => html("th", { scope: "col" }, each));
    return html(
      "table",
      { class: "figures", "aria-label": word("Accuracy by both nets") },
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, word("Accuracy")), ...names)),
      html("tbody", {}, ...rows),
    );
  }

  /** Where they are farthest apart. @param {Map<number, Judged>} others */
  #list(others) {
    const { app } = this;
    const pairs = [...others.values()]
      .flatMap((second) => {
        const own = app.known.get(second.node);
        const apart = own ? Math.abs(own.black_win_rate - second.black_win_rate) : 0;
        return own && apart >= APART && app.record?.get(second.node) ? [{ own, second, apart }] : [];
      })
      .sort((one, two) => two.apart - one.apart)
      .slice(0, MOST);
    if (!pairs.length) return html("p", { class: "soft" }, word("So far both nets agree."));
    return html(
      "ol",
      { class: "mistakes", "aria-label": word("Where the nets disagree") },
      ...pairs.map(({ own, second }) => this.#item(own, second)),
    );
  }

  /** @param {Known} own @param {Judged} second */
  #item(own, second) {
    const { record } = this.app;
    if (!record) return html("li");
    const judged = (/** @type {Known} */ one) => {
      const best = one.candidates[0];
      const lead = one.black_lead === null ? "" : ` ${leadText(one.black_lead)}`;
      return `${percent(one.black_win_rate)} %${lead}${best ? ` ${moveName(record, best.move)}` : ""}`;
    };
    const number = record.place(second.node).number;
    const go = html("button", { type: "button", class: "mistake", click: () => this.app.go(second.node) });
    go.append(
      html("span", { class: "number" }, String(number)),
      html("span", {}, `${judged(own)} ↔ ${judged(second)}`),
    );
    return html("li", {}, go);
  }
}
