/** @file Moves to find: positions before a mistake, the page's judgement hidden until somebody has answered. */

/** @import {App} from "./app.js" */
/** @import {BoardPanel} from "./board.js" */
/** @import {Candidate} from "./messages.js" */
/** @import {Change} from "./panel.js" */
/** @import {ReviewData} from "./review-data.js" */
import { html } from "../library/dom.js";
import { choice } from "./controls.js";
import { moveName } from "./position.js";
import { OWN } from "./review-data.js";
import { word } from "./words.js";

/** Points, and shares of a win, up to which a move is as good as found. */
const GOOD = 0.5;
const GOOD_RATE = 0.0125;

export class QuestionsPart {
  /** @param {App} app @param {BoardPanel} board whose presses are the answers */
  constructor(app, board) {
    this.app = app;
    this.board = board;
    /** @type {number[]} */
    this.nodes = [];
    /** Which one is asked, -1 for none. */
    this.at = -1;
    this.answered = false;
    /** @type {number | null} the answer, where nothing is known of it */
    this.unknown = null;
    this.game = "";
    /** Whose moves are to be found: 1, -1, or 0 for both players'. */
    this.color = 0;
    /** @type {number[]} all questions of the game */
    this.all = [];
    /** @type {Map<number, boolean>} what was answered: whether it was found, by node */
    this.answers = new Map();
    this.text = html("p", { class: "asked", role: "status" });
    this.buttons = html("div", { class: "buttons" });
    this.element = html(
      "div",
      { class: "questions", hidden: true },
      html("h2", {}, word("Find the move")),
      this.text,
      this.buttons,
    );
    this.shown = "";
  }

  get isAsking() {
    return this.at >= 0 && !this.answered;
  }

  /** @param {ReviewData} data @param {ReadonlySet<Change>} changes */
  draw(data, changes) {
    if (data.game !== this.game) {
      this.game = data.game;
      this.answers.clear();
      this.#end();
    }
    this.all = data.summaries.get(OWN)?.questions ?? [];
    const nodes = this.all.filter((node) => !this.color || this.app.record?.place(node).toPlay === this.color);
    if (nodes.join() !== this.nodes.join()) {
      const asked = this.nodes[this.at];
      this.nodes = nodes;
      this.at = nodes.indexOf(asked);
      if (this.at < 0) this.#end();
    }
    this.element.hidden = this.all.length === 0;
    if (changes.has("node") && this.at >= 0 && this.app.node !== this.nodes[this.at] && !this.answered) this.#end();
    const key = `${this.nodes.join()} ${this.color} ${this.at} ${this.answered} ${this.answers.size}`;
    if (key === this.shown) return;
    this.shown = key;
    this.#fill();
    if (this.at >= 0) this.element.scrollIntoView({ block: "nearest" });
  }

  #fill() {
    const button = (/** @type {string} */ text, /** @type {() => void} */ click, kind = "") =>
      html("button", { type: "button", class: kind, click }, word(text));
    if (this.at < 0) {
      const found = [...this.answers.values()].filter(Boolean).length;
      const score = this.answers.size ? word("Found {n} of {all}.", { n: found, all: this.answers.size }) : "";
      this.text.textContent = [
        word("{n} positions in which there is one move to find.", { n: this.nodes.length }),
        score,
      ].join(" ");
      const start = button("Start", () => this.#ask(0), "primary");
      start.disabled = this.nodes.length === 0;
      this.buttons.replaceChildren(start, this.#players());
    } else if (!this.answered) {
      this.text.textContent = this.#question();
      this.buttons.replaceChildren(
        button("Show the answer", () => this.#answer(null)),
        button("Stop", () => this.#stop()),
      );
    } else {
      const isLast = this.at === this.nodes.length - 1;
      const next = button(isLast ? "Done" : "Next", () => (isLast ? this.#stop() : this.#ask(this.at + 1)), "primary");
      this.buttons.replaceChildren(
        next,
        button("Show the line", () => this.#showLine()),
        button("Try it again", () => this.#ask(this.at)),
        ...this.#tryOut(),
      );
    }
  }

  /** A button that plays an answer of which nothing is known, and has it searched where there is an engine. */
  #tryOut() {
    const { app, unknown } = this;
    if (unknown === null || !app.record) return [];
    const click = () => {
      app.go(this.nodes[this.at]);
      app.play(unknown);
      if (!app.settings.analysis) app.analyze(true);
    };
    return [html("button", { type: "button", click }, word("Play {move}", { move: moveName(app.record, unknown) }))];
  }

  /** Whose moves are asked for. */
  #players() {
    const { field } = choice(
      word("Player"),
      [
        ["0", word("Both")],
        ["1", word("Black")],
        ["-1", word("White")],
      ],
      String(this.color),
      (value) => {
        this.color = Number(value);
        this.app.changed("review");
      },
    );
    return field;
  }

  #question() {
    const color = this.app.record?.place(this.nodes[this.at]).toPlay ?? 1;
    const place = { n: this.at + 1, all: this.nodes.length };
    return `${word("{n} of {all}", place)}: ${word(color > 0 ? "Black to play. Where?" : "White to play. Where?")}`;
  }

  /** @param {number} at */
  #ask(at) {
    const node = this.nodes[at];
    this.at = at;
    this.answered = false;
    this.app.go(node);
    this.board.finding = (point) => this.#take(point);
    this.app.announce(this.#question());
    this.app.changed("analysis", "node", "review");
  }

  /** A press on the board. @param {number} point */
  #take(point) {
    if (this.app.node === this.nodes[this.at] && !this.app.place?.stones[point]) this.#answer(point);
  }

  /** @param {number | null} point null for: I give up */
  #answer(point) {
    const node = this.nodes[this.at];
    this.answered = true;
    this.unknown = null;
    this.board.finding = null;
    const { text, isFound } = this.#judge(node, point);
    if (!this.answers.has(node)) this.answers.set(node, isFound);
    this.text.textContent = text;
    this.app.announce(text);
    this.app.changed("analysis", "node", "review");
  }

  /** @param {number} node @param {number | null} point */
  #judge(node, point) {
    const { app } = this;
    const record = app.record;
    const candidates = app.known.get(node)?.candidates ?? [];
    if (!record || !candidates.length)
      return { text: word("Nothing is known of this position any more."), isFound: false };
    const name = (/** @type {number} */ move) => moveName(record, move);
    const best = word("Best is {move}.", { move: name(candidates[0].move) });
    const { color, move: played } = this.#played(node);
    const inGame = played === null ? "" : word("{move} was played.", { move: name(played) });
    if (point === null) return { text: `${best} ${inGame}`, isFound: false };
    if (point === candidates[0].move)
      return { text: word("{move} is the best move.", { move: name(point) }), isFound: true };
    const found = candidates.find((each) => each.move === point);
    if (!found) {
      this.unknown = point;
      const text = point === played ? word("{move} was played, and it is the mistake.", { move: name(point) })
        : word("{move} is not among the moves that were looked at.", { move: name(point) }); // prettier-ignore
      return { text: `${text} ${best}`, isFound: false };
    }
    const { isGood, lost } = worse(found, candidates[0], color);
    const key = isGood ? "{move} is as good: it loses {lost}." : "{move} loses {lost}.";
    return { text: `${word(key, { move: name(point), lost })} ${best}`, isFound: isGood };
  }

  /** The game's own move there. @param {number} node */
  #played(node) {
    const { record } = this.app;
    const [child] = record?.children(node) ?? [];
    const move = child === undefined ? null : record?.get(child)?.move;
    return { color: record?.place(node).toPlay ?? 1, move: move ? move[1] : null };
  }

  #showLine() {
    const node = this.nodes[this.at];
    this.app.go(node);
    this.app.preview(this.app.known.get(node)?.candidates[0]?.pv ?? null);
  }

  #stop() {
    this.#end();
    this.app.changed("analysis", "node", "review");
  }

  #end() {
    if (this.at >= 0) this.board.finding = null;
    this.at = -1;
    this.answered = false;
    this.shown = "";
  }
}

/** By how much a move is worse than the best one. @param {Candidate} move @param {Candidate} best @param {number} color */
function worse(move, best, color) {
  const rate = Math.max(0, color * (best.black_win_rate - move.black_win_rate));
  if (move.loss === null) return { isGood: rate <= GOOD_RATE, lost: `${(100 * rate).toFixed(1)} %` };
  return { isGood: move.loss <= GOOD, lost: word("{n} points", { n: move.loss.toFixed(1) }) };
}
