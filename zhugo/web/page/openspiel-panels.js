/** @file The panels of a game of OpenSpiel around its board. */

/** @import {Candidate, Kind} from "./openspiel-messages.js" */
/** @import {Change} from "./panel.js" */
/** @import {Table} from "./openspiel-table.js" */
import { html, svg } from "../library/dom.js";
import { short } from "../library/format.js";
import { percent, rateOf } from "../library/scores.js";
import { brand } from "./brand.js";
import { choice, numberField, openDialog, pictureButton } from "./controls.js";
import { icon } from "./icons.js";
import { looks } from "./options.js";
import { DotsBoard } from "./openspiel-dots.js";
import { playerName, standingWords } from "./openspiel-table.js";
import { WordsBoard } from "./openspiel-words.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** Moves that are shown of the line that is expected. */
const EXPECTED = 8;
const MOST_ROWS = 24;
const ALL = 1 << 20;

/** @param {HTMLElement | SVGElement} element @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @extends {Panel<Table>} */
export class TitlePanel extends Panel {
  /** @param {Table} table @param {Panel<Table>} link @param {{help: () => void}} acts */
  constructor(table, link, { help }) {
    super(table, "header");
    this.title = html("h1");
    const settings = () => openDialog(word("Settings"), [html("fieldset", { class: "fields" }, ...looks(table))]);
    this.element.append(
      brand(),
      this.title,
      link.element,
      html(
        "span",
        { class: "group" },
        pictureButton("settings", word("Settings"), settings),
        pictureButton("help", word("Keys"), help, { key: "?" }),
      ),
    );
  }

  draw() {
    const title = this.app.welcome?.title ?? "";
    put(this.title, title);
    document.title = title ? `${title} – ZhuGo` : "ZhuGo";
  }
}

/** Who plays, what they have, and whose turn it is. @extends {Panel<Table>} */
export class SidesPanel extends Panel {
  /** @param {Table} table */
  constructor(table) {
    super(table, "players");
    this.pace = 200;
    this.sides = [1, -1].map((player) => {
      const who = html("span", { class: "soft" });
      const score = html("span", { class: "score" });
      const name = html("span", { class: "who" }, html("b", {}, playerName(player)), who);
      const colour = html("i", { class: `colour ${player > 0 ? "first" : "second"}` }, player > 0 ? "1" : "2");
      return { element: html("div", { class: "side" }, colour, name, score), who, score };
    });
    this.fill = html("i");
    this.bar = html("div", { class: "bar", role: "img" }, this.fill);
    this.said = html("span");
    this.visits = html("span", { class: "visits" });
    const [first, second] = this.sides.map(({ element }) => element);
    this.element.append(first, html("div", { class: "standing" }, html("span", { class: "said" }, this.said, this.visits), this.bar), second);
  }

  draw() {
    const { position, analysis } = this.app;
    if (!position) return;
    const rate = analysis?.rate ?? (position.number ? position.moves[position.number - 1].rate : position.rate);
    const isKnown = rate !== null && position.to_play !== 0;
    this.sides.forEach(({ element, who, score }, at) => {
      const isTurn = position.to_play === (at ? -1 : 1);
      element.classList.toggle("turn", isTurn);
      const thinks = isTurn && position.thinking;
      put(who, thinks ? word("The engine thinks …") : word(position.players[at] === "engine" ? "Engine" : "Person"));
      put(score, position.score ? String(position.score[at]) : "");
    });
    this.element.classList.toggle("known", isKnown);
    this.element.classList.toggle("over", position.result !== null);
    put(this.visits, isKnown && analysis ? ` · ${word("{n} visits", { n: short(analysis.visits) })}` : "");
    put(this.said, isKnown ? `${playerName(1)}: ${percent(rate)} %` : standingWords(position));
    this.bar.setAttribute("aria-label", isKnown ? `${playerName(1)}: ${percent(rate)} %` : "");
    this.fill.style.transform = `scaleX(${(rate ?? 0.5).toFixed(3)})`;
  }
}

/** The board, of the kind that the game has. @extends {Panel<Table>} */
export class GameBoardPanel extends Panel {
  /** @param {Table} table */
  constructor(table) {
    super(table, "board-panel");
    /** @type {DotsBoard | WordsBoard | null} */
    this.board = null;
  }

  focus() {
    this.board?.focus();
  }

  draw() {
    const { position } = this.app;
    if (!position) return;
    if (!this.board) {
      this.board =
        position.board.kind === "dots" ? new DotsBoard(this.app, position.board) : new WordsBoard(this.app);
      this.element.prepend(this.board.element);
      document.documentElement.style.setProperty("--aspect", String(this.board.aspect));
    }
    this.board.draw();
    this.element.dataset.node = String(position.node);
    this.element.dataset.number = String(position.number);
  }
}

/** Back and on through the game, and the search switched on and off. @extends {Panel<Table>} */
export class StepsPanel extends Panel {
  /** @param {Table} table */
  constructor(table) {
    super(table, "navigation");
    const go = (/** @type {number} */ steps) => () => table.step(steps);
    this.number = html("span", { class: "number" });
    this.back = [
      pictureButton("first", word("First move"), go(-ALL), { key: "Home" }),
      pictureButton("back", word("Move back"), go(-1), { key: "←" }),
    ];
    this.on = [
      pictureButton("on", word("Move on"), go(1), { key: "→" }),
      pictureButton("last", word("Last move"), go(ALL), { key: "End" }),
    ];
    const text = (/** @type {string} */ words, /** @type {string} */ key, /** @type {() => void} */ click) =>
      html("button", { type: "button", title: `${words} (${key})`, click }, words);
    this.undo = text(word("Undo"), "u", () => table.send({ type: "undo" }));
    this.redo = text(word("Redo"), "r", () => table.send({ type: "redo" }));
    this.goOn = html(
      "button",
      { type: "button", class: "primary", click: () => table.send({ type: "go_on" }) },
      word("Let the engine move"),
    );
    this.said = html("span", {}, word("Analyze"));
    this.analyze = html(
      "button",
      { type: "button", class: "analyze", click: () => table.analyze(!table.settings.analysis) },
      icon("analyze"),
      this.said,
    );
    this.element.append(
      html("span", { class: "group" }, ...this.back, this.number, ...this.on),
      html("span", { class: "group" }, this.goOn, this.undo, this.redo, this.analyze),
    );
  }

  draw() {
    const { position, settings } = this.app;
    this.analyze.setAttribute("aria-pressed", String(settings.analysis));
    if (!position) return;
    put(this.number, `${position.number} / ${position.moves.length}`);
    for (const button of this.back) button.disabled = position.number === 0;
    for (const button of [...this.on, this.redo]) button.disabled = !position.can_redo;
    this.undo.disabled = !position.can_undo;
    this.goOn.hidden = !position.waits;
  }
}

/** Who plays, how long the engine thinks, and another game. @extends {Panel<Table>} */
export class SeatsPanel extends Panel {
  /** @param {Table} table */
  constructor(table) {
    super(table, "seats");
    /** @type {[Kind, string][]} */
    const kinds = [
      ["person", word("Person")],
      ["engine", word("Engine")],
    ];
    const [first, second] = [1, -1].map((player) =>
      choice(playerName(player), kinds, "person", () => this.#seat()),
    );
    this.first = first;
    this.second = second;
    this.visits = numberField(word("Visits of a move"), { min: 2, max: 10_000_000 });
    this.seconds = numberField(word("Seconds of a move"), { min: 0.05, max: 3600, step: "any" });
    for (const { input } of [this.visits, this.seconds]) input.addEventListener("change", () => this.#seat());
    this.note = html("p", { class: "soft", hidden: true });
    const start = () => table.send({ type: "new_game" });
    this.element.append(
      html(
        "header",
        {},
        html("h2", {}, word("Game")),
        pictureButton("plus", word("New game"), start, { key: "n", shows: true }),
      ),
      html(
        "div",
        { class: "fields" },
        first.field,
        second.field,
        this.visits.field,
        this.seconds.field,
      ),
      this.note,
    );
  }

  #seat() {
    const limit = (/** @type {HTMLInputElement} */ input) =>
      input.value && input.validity.valid ? Number(input.value) : null;
    this.app.send({
      type: "players",
      first: /** @type {Kind} */ (this.first.select.value),
      second: /** @type {Kind} */ (this.second.select.value),
      visits: limit(this.visits.input),
      seconds: limit(this.seconds.input),
    });
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { position, welcome } = this.app;
    if (!position || !changes.has("game")) return;
    this.first.select.value = position.players[0];
    this.second.select.value = position.players[1];
    for (const [{ input }, value] of /** @type {const} */ ([
      [this.visits, position.visits],
      [this.seconds, position.seconds],
    ]))
      if (document.activeElement !== input) input.value = value === null ? "" : String(value);
    this.note.hidden = !welcome?.ignorant;
    put(this.note, word("No net was given: the engine knows the rules and nothing else, and looks ahead."));
  }
}

/** The moves that the search looks at, best first. @extends {Panel<Table>} */
export class FoundPanel extends Panel {
  /** @param {Table} table */
  constructor(table) {
    super(table, "found");
    this.body = html("tbody");
    this.note = html("p", { class: "soft empty" });
    const heads = ["Move", "Win rate", "Visits", "Prior", "Expected"].map((each) =>
      html("th", { scope: "col" }, word(each)),
    );
    const head = html("thead", {}, html("tr", {}, ...heads));
    this.table = html("table", { "aria-label": word("Candidates") }, head, this.body);
    this.element.append(html("header", {}, html("h2", {}, word("Candidates"))), html("div", { class: "scroll" }, this.table), this.note);
    this.body.addEventListener("pointerleave", () => table.preview(null));
    /** @type {{row: HTMLTableRowElement, cells: HTMLElement[], button: HTMLButtonElement, move: Candidate | null}[]} */
    this.rows = [];
  }

  draw() {
    const { analysis, position, settings } = this.app;
    const found = analysis?.candidates.slice(0, MOST_ROWS) ?? [];
    this.table.hidden = found.length === 0;
    this.note.hidden = found.length > 0;
    const isOver = position?.to_play === 0;
    const searches = settings.analysis && !isOver;
    put(
      this.note,
      isOver
        ? standingWords(/** @type {NonNullable<typeof position>} */ (position))
        : searches
          ? word("Searching …")
          : word("No analysis yet. Press Space to start it."),
    );
    while (this.rows.length < found.length) this.rows.push(this.#row());
    this.rows.forEach((row, at) => this.#fill(row, found[at] ?? null, found[0], position?.to_play ?? 1));
  }

  #row() {
    const button = html("button", { type: "button", class: "move" });
    const cells = Array.from({ length: 4 }, () => html("td"));
    const row = html("tr", {}, html("th", { scope: "row" }, button), ...cells);
    const made = { row, cells, button, move: /** @type {Candidate | null} */ (null) };
    const show = () => this.app.preview(made.move);
    row.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show());
    button.addEventListener("focus", show);
    button.addEventListener("blur", () => this.app.preview(null));
    row.addEventListener("click", () => made.move && this.app.play(made.move.move));
    this.body.append(row);
    return made;
  }

  /**
   * @param {{row: HTMLTableRowElement, cells: HTMLElement[], button: HTMLButtonElement, move: Candidate | null}} made
   * @param {Candidate | null} move @param {Candidate | undefined} best @param {number} toPlay
   */
  #fill(made, move, best, toPlay) {
    made.row.hidden = move === null;
    made.move = move;
    if (!move) return;
    put(made.button, move.names[0]);
    const texts = [
      `${percent(rateOf(move.rate, toPlay))} %`,
      short(move.visits),
      `${(100 * move.prior).toFixed(1)} %`,
      move.names.slice(1, EXPECTED).join(" "),
    ];
    made.cells.forEach((cell, at) => put(cell, texts[at]));
    made.row.classList.toggle("best", move === best);
    made.row.style.setProperty("--share", String(Math.round((100 * move.visits) / Math.max(best?.visits ?? 1, 1))));
  }
}

const GRAPH = { width: 400, height: 90 };

/** The moves that were played, and how the first player's chances went. @extends {Panel<Table>} */
export class MovesPanel extends Panel {
  /** @param {Table} table */
  constructor(table) {
    super(table, "played-moves");
    const { width, height } = GRAPH;
    this.curve = svg("polyline", { class: "curve" });
    this.mark = svg("line", { class: "mark-at", y1: 0, y2: height });
    this.graph = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, class: "rates", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("line", { class: "half", x1: 0, x2: width, y1: height / 2, y2: height / 2 }),
      this.curve,
      this.mark,
    );
    this.list = html("ol", { class: "list-of-moves" });
    this.element.append(html("header", {}, html("h2", {}, word("Moves"))), this.graph, this.list);
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { position, analysis } = this.app;
    if (!position || !(changes.has("game") || changes.has("analysis"))) return;
    const rates = [position.rate, ...position.moves.map(({ rate }) => rate)];
    if (analysis) rates[position.number] = analysis.rate;
    const { width, height } = GRAPH;
    const x = (/** @type {number} */ at) => (at / Math.max(position.moves.length, 1)) * width;
    const points = rates.flatMap((rate, at) =>
      rate === null ? [] : [`${x(at).toFixed(1)},${((1 - rate) * (height - 4) + 2).toFixed(1)}`],
    );
    this.graph.classList.toggle("off", points.length < 2);
    this.curve.setAttribute("points", points.join(" "));
    for (const end of ["x1", "x2"]) this.mark.setAttribute(end, String(x(position.number)));
    if (changes.has("game")) this.#list();
  }

  #list() {
    const { position } = this.app;
    if (!position) return;
    const items = position.moves.map(({ player, name }, at) => {
      const click = () => this.app.send({ type: "go", number: at + 1 });
      const button = html(
        "button",
        { type: "button", class: player > 0 ? "first" : "second", title: playerName(player), click },
        name,
      );
      if (at + 1 === position.number) button.setAttribute("aria-current", "true");
      return html("li", { class: at + 1 > position.number ? "undone" : "" }, button);
    });
    this.list.replaceChildren(...items);
    const current = items[position.number - 1];
    if (current) this.list.scrollTop = current.offsetTop - this.list.offsetTop - this.list.clientHeight / 2;
  }
}
