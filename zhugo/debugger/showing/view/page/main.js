/** @file The page: what is looked at, and who is told when that changes. */

import { Colors } from "../library/colors.js";
import { byId, html } from "../library/dom.js";
import { Address, readAddress } from "./address.js";
import { drawBoard } from "./board.js";
import { HEATS } from "./candidates.js";
import { Controls } from "./controls.js";
import { unpack } from "./data.js";
import { drawHappened } from "./happened.js";
import { drawHalving } from "./halving.js";
import { drawHoldings } from "./holdings.js";
import { Moment } from "./moment.js";
import { drawMoves } from "./moves.js";
import { Scrubber } from "./scrubber.js";
import { Span } from "./span.js";
import { Timeline } from "./timeline.js";
import { Trace } from "./trace.js";
import { TreeTable } from "./tree.js";

/** Batches that are in sight at first, about. */
const FIRST_BATCHES = 14;

class Page {
  /** @param {Trace} trace */
  constructor(trace) {
    this.trace = trace;
    this.place = { event: trace.lastSearched(), session: null, node: null, heat: HEATS[0], ...readAddress() };
    /** @type {number | null} the leaf whose path is shown move by move */
    this.shown = null;
    this.isDue = false;
    this.address = new Address();
    this.span = new Span(trace.seconds);
    this.span.set(0, (trace.seconds * FIRST_BATCHES) / Math.max(trace.batches.grant.length, 1));
    const colors = new Colors();
    const pick = (/** @type {number} */ seconds) => this.go(trace.eventAt(seconds));
    this.timeline = new Timeline(trace, this.span, colors, { pick, changed: () => this.redraw() });
    this.scrubber = new Scrubber(trace, this.span, colors, pick);
    this.tree = new TreeTable({ pick: (node) => this.look(node), changed: () => this.redraw() });
    this.controls = new Controls(this);
    addEventListener("resize", () => this.redraw());
    addEventListener("hashchange", () => this.visit());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      colors.forget();
      this.redraw();
    });
    this.go(this.place.event);
  }

  /** To behind an event. @param {number} event */
  go(event) {
    this.place.event = Math.min(Math.max(event, 0), this.trace.count);
    this.span.include(this.trace.time(this.place.event));
    this.shown = null;
    this.redraw();
  }

  /** To the place in the address. */
  visit() {
    Object.assign(this.place, readAddress());
    this.go(this.place.event);
  }

  /** Look at a node, or with null at the cursor. @param {number | null} node */
  look(node) {
    this.place.node = this.moment && node === this.moment.cursor ? null : node;
    this.redraw();
  }

  /** Paint soon, once for all that changes until then. */
  redraw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.#paint();
    });
  }

  #paint() {
    const { event, session, node } = this.place;
    const moment = new Moment(this.trace, event, session);
    this.moment = moment;
    const looked = node !== null && moment.has(node) ? node : moment.cursor;
    this.scrubber.draw(moment);
    this.timeline.draw(moment);
    this.tree.draw(moment, looked);
    const pick = (/** @type {number} */ each) => this.look(each);
    drawHalving(moment);
    drawHappened(moment, pick);
    drawHoldings(moment, { pick, show: (leaf) => this.show(leaf) });
    this.#drawPosition(moment, looked);
    this.controls.draw(moment, looked);
    this.address.write(this.place);
    document.body.dataset.event = String(event);
  }

  /** Show the path to a leaf, or with null none. @param {number | null} leaf */
  show(leaf) {
    this.shown = leaf;
    if (this.moment) {
      const { node } = this.place;
      this.#drawPosition(this.moment, node !== null && this.moment.has(node) ? node : this.moment.cursor);
    }
  }

  /** @param {Moment} moment @param {number} node */
  #drawPosition(moment, node) {
    const pick = (/** @type {number} */ child) => this.look(child);
    const options = { pick, shown: this.shown, paths: this.controls.showsPaths };
    byId("position").replaceChildren(
      moment.tree === null
        ? html("p", { class: "soft" }, "no session is open behind this event")
        : moment.tree.session.board
          ? drawBoard(moment, moment.tree.session.board, node, this.place.heat, options)
          : drawMoves(moment, node, this.place.heat, pick),
    );
  }
}

const { facts, arrays } = await unpack(byId("data").textContent ?? "");
new Page(new Trace(facts, arrays));
