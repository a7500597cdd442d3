/** @file What the engine does now, and the way into the trace of its search. */

/** @import {EngineState} from "./messages.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { short } from "../library/format.js";
import { awayWords } from "./link.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/**
 * Of the page: `welcome`, whose net is known before the engine is there; `record`, whose search can be looked into.
 * @typedef {{engine: EngineState | null, welcome: {version: string, net?: string} | null, record: {game: string} | null, node: number}} Searching
 */

/** @template {Searching} A @extends {Panel<A>} */
export class EnginePanel extends Panel {
  /** @param {A} app */
  constructor(app) {
    super(app, "engine");
    this.title = html("p", { class: "soft" });
    this.list = html("dl");
    this.why = html("a", { target: "_blank", rel: "noopener", hidden: true }, word("Why this move?"));
    const { title, list, why } = this;
    this.element.append(html("header", {}, html("h2", {}, word("Engine")), why), title, list);
    this.values = ["Device busy", "Batch", "Visits/s", "Evaluations/s", "Collisions/s", "Parked"].map((each) => {
      const value = html("dd");
      list.append(html("div", {}, html("dt", {}, word(each)), value));
      return value;
    });
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { engine, welcome, record, node } = this.app;
    if (!engine) return;
    this.title.textContent = engine.there
      ? [engine.net || welcome?.net, engine.device].filter((each) => each).join(" · ")
      : awayWords(engine.note);
    const texts = [
      `${Math.round(100 * engine.busy)} %`,
      engine.mean_batch.toFixed(1),
      short(Math.round(engine.visits_per_second)),
      short(Math.round(engine.evaluations_per_second)),
      engine.collisions_per_second.toFixed(1),
      engine.parked.toFixed(1),
    ];
    this.values.forEach((value, at) => (value.textContent = engine.there ? texts[at] : "–"));
    this.why.hidden = !engine.trace || !record;
    if (record) this.why.href = `/why?${new URLSearchParams({ game: record.game, node: String(node) })}`;
  }
}
