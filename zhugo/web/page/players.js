/** @file Who plays, what they have taken, and how the game stands. */

/** @import {App} from "./app.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { short } from "../library/format.js";
import { leadText, percent } from "../library/scores.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

export class PlayersPanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "players");
    this.pace = 200;
    this.sides = [this.#side(1), this.#side(-1)];
    this.fill = html("i");
    this.said = html("span", { class: "said" });
    this.bar = html("div", { class: "bar", role: "img" }, this.fill);
    const [black, white] = this.sides.map((side) => side.element);
    this.element.append(black, html("div", { class: "standing" }, this.said, this.bar), white);
  }

  /** A player's name, what the person has taken, and a place for a clock. @param {number} color */
  #side(color) {
    const name = html("b");
    const taken = html("span", { class: "soft" });
    const clock = html("time", { class: "clock", hidden: true });
    const stone = html("i", { class: color > 0 ? "stone black" : "stone white" });
    const text = html("span", { class: "who" }, name, taken);
    return { element: html("div", { class: "side" }, stone, text, clock), name, taken, clock };
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { record, place, node } = this.app;
    if (!record || !place) return;
    if (changes.has("game") || changes.has("node")) this.#drawSides();
    const known = this.app.standingAt(node);
    this.element.classList.toggle("known", known !== null);
    if (!known) {
      this.said.textContent = word("{color} to play", { color: word(place.toPlay > 0 ? "Black" : "White") });
      this.fill.style.transform = "scaleX(0.5)";
      return;
    }
    const rate = percent(known.black_win_rate);
    const lead = known.black_lead === null ? "" : ` · ${leadText(known.black_lead)}`;
    this.fill.style.transform = `scaleX(${known.black_win_rate.toFixed(3)})`;
    this.said.textContent = `${rate} %${lead} · ${word("{n} visits", { n: short(known.visits) })}`;
    this.bar.setAttribute("aria-label", `${word("Black")}: ${rate} %${lead}`);
  }

  #drawSides() {
    const { record, place, node } = this.app;
    if (!record || !place) return;
    const { about } = record;
    [1, -1].forEach((color, at) => {
      const side = this.sides[at];
      const [name, rank] = color > 0 ? [about.PB, about.BR] : [about.PW, about.WR];
      side.name.textContent = `${name || word(color > 0 ? "Black" : "White")}${rank ? ` ${rank}` : ""}`;
      side.taken.textContent = word("{n} captured", { n: color > 0 ? place.byBlack : place.byWhite });
      side.element.classList.toggle("turn", place.toPlay === color);
      const left = this.#left(node, color);
      if (!side.clock.dataset.live) side.clock.hidden = left === null;
      if (left !== null && !side.clock.dataset.live) side.clock.textContent = left;
    });
  }

  /** What a record says that was left on a player's clock. @param {number} node @param {number} color */
  #left(node, color) {
    const { record } = this.app;
    const path = record?.path(node) ?? [];
    for (const each of path.reverse().slice(0, 4)) {
      const { move, left, stones } = record?.get(each) ?? {};
      if (move?.[0] !== color || left === null || left === undefined) continue;
      const seconds = Math.max(Math.round(left), 0);
      const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      return stones ? `${text} (${stones})` : text;
    }
    return null;
  }
}
