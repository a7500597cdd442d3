/** @file A position in words, and the list of moves, for those who do not see the board. */

/** @import {App} from "./app.js" */
/** @import {GameRecord} from "./record.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { pointName } from "../library/points.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** "Black", "White". @param {number} color */
export function colorWord(color) {
  return word(color > 0 ? "Black" : "White");
}

/** @param {GameRecord} record @param {number} point */
export function moveName(record, point) {
  return point >= record.points ? word("pass") : pointName(record.size, point);
}

/** "Move 34. White plays D4. Black to play." @param {GameRecord} record @param {number} node */
export function inWords(record, node) {
  const { number, last, toPlay } = record.place(node);
  const place = number === 0 ? word("Start of the game") : word("Move {n}", { n: number });
  const move = last
    ? [word("{color} plays {move}", { color: colorWord(last[0]), move: moveName(record, last[1]) })]
    : [];
  return [place, ...move, word("{color} to play", { color: colorWord(toPlay) })].map((each) => `${each}.`).join(" ");
}

/** Every stone of a colour, in order of rows from the top. @param {GameRecord} record @param {number} node
 * @param {number} color */
export function stonesInWords(record, node, color) {
  const { stones } = record.place(node);
  const names = [...stones.keys()]
    .filter((point) => stones[point] === color)
    .map((point) => pointName(record.size, point));
  return names.length ? names.join(" ") : word("no stones");
}

/** The position in words, and all moves of the line that is looked at. */
export class PositionPanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "position");
    this.said = html("p");
    this.black = html("p");
    this.white = html("p");
    this.taken = html("p", { class: "soft" });
    this.moves = html("ol", { class: "moves", "aria-label": word("List of moves") });
    this.element.append(
      html("h3", {}, word("Position in words")),
      this.said,
      this.black,
      this.white,
      this.taken,
      html("h3", {}, word("List of moves")),
      this.moves,
    );
    this.moves.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button) app.go(Number(button.dataset.node));
    });
    this.listed = "";
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { record, node, place } = this.app;
    if (!record || !place || !(changes.has("node") || changes.has("game"))) return;
    this.said.textContent = inWords(record, node);
    this.black.textContent = `${word("Black")}: ${stonesInWords(record, node, 1)}`;
    this.white.textContent = `${word("White")}: ${stonesInWords(record, node, -1)}`;
    this.taken.textContent = [1, -1]
      .map((color) =>
        word("{color} has taken {n}", { color: colorWord(color), n: color > 0 ? place.byBlack : place.byWhite }),
      )
      .join(", ");
    const line = record.line(node);
    const key = `${record.game} ${line.join()}`;
    if (key !== this.listed) this.moves.replaceChildren(...line.flatMap((each) => this.#item(each)));
    this.listed = key;
    for (const button of this.moves.querySelectorAll("button")) {
      if (Number(button.dataset.node) === node) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  /** @param {number} node */
  #item(node) {
    const record = this.app.record;
    const move = record?.get(node)?.move;
    if (!record || !move) return [];
    const text = `${colorWord(move[0])} ${moveName(record, move[1])}`;
    const value = record.number(node);
    return [html("li", { value }, html("button", { type: "button", class: "link", "data-node": node }, text))];
  }
}
