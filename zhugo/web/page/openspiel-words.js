/** @file The board of a game that has no picture of its own here: as OpenSpiel draws it, and its moves by their names. */

/** @import {Table} from "./openspiel-table.js" */
import { html } from "../library/dom.js";
import { heats } from "./openspiel-heat.js";
import { word } from "./words.js";

export class WordsBoard {
  /** @param {Table} table */
  constructor(table) {
    this.table = table;
    this.aspect = 1;
    this.picture = html("pre", { role: "img", "aria-label": word("Board") });
    this.moves = html("div", { class: "moves-by-name", role: "group", "aria-label": word("Legal moves") });
    this.moves.addEventListener("pointerleave", () => table.preview(null));
    this.element = html("div", { class: "words-board" }, this.picture, this.moves);
    this.node = -1;
    /** @type {Map<number, {button: HTMLButtonElement, rate: HTMLElement, visits: HTMLElement}>} */
    this.buttons = new Map();
  }

  /** Take the keyboard to the board. */
  focus() {
    this.moves.querySelector("button")?.focus();
  }

  draw() {
    const { position, analysis } = this.table;
    if (position?.board.kind !== "words") return;
    if (position.node !== this.node) {
      this.node = position.node;
      this.picture.textContent = position.board.picture;
      const letters = Math.max(...position.board.picture.split("\n").map((line) => line.length));
      this.picture.style.setProperty("--letters", String(letters));
      this.buttons = new Map(position.board.moves.map(({ move, name }) => [move, this.#button(move, name)]));
      this.moves.replaceChildren(...[...this.buttons.values()].map(({ button }) => button));
    }
    const known = heats(analysis, position.to_play);
    for (const [move, { button, rate, visits }] of this.buttons) {
      const heat = known.get(move);
      button.disabled = !this.table.mayPlay;
      button.classList.toggle("best", heat?.isBest ?? false);
      button.style.setProperty("--heat", heat ? heat.heat.toFixed(2) : "0");
      rate.textContent = heat ? `${heat.rate} %` : "";
      visits.textContent = heat ? heat.visits : "";
    }
  }

  /** @param {number} move @param {string} name */
  #button(move, name) {
    const rate = html("span", { class: "rate" });
    const visits = html("span", { class: "visits" });
    const click = () => this.table.play(move);
    const button = html("button", { type: "button", "data-move": move, click }, html("b", {}, name), rate, visits);
    const show = () =>
      this.table.preview(this.table.analysis?.candidates.find((candidate) => candidate.move === move) ?? null);
    button.addEventListener("pointerenter", show);
    button.addEventListener("focus", show);
    return { button, rate, visits };
  }
}
