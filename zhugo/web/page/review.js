/** @file The whole game judged: how far that is, both players, their mistakes, moves to find, and a second net. */

/** @import {App} from "./app.js" */
/** @import {BoardPanel} from "./board.js" */
/** @import {Told} from "./messages.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { choice } from "./controls.js";
import { Panel } from "./panel.js";
import { ComparePart } from "./review-compare.js";
import { OWN, ReviewData } from "./review-data.js";
import { MistakesPart } from "./review-mistakes.js";
import { PlayersPart } from "./review-players.js";
import { Progress } from "./review-progress.js";
import { QuestionsPart } from "./review-questions.js";
import { word } from "./words.js";

/** Visits of a position to choose from, and what is chosen at first. */
const VISITS = ["16", "50", "100", "200", "500", "1000"];
const USUAL = "50";

export class ReviewPanel extends Panel {
  /** @param {App} app @param {BoardPanel} board */
  constructor(app, board) {
    super(app, "review");
    /** Whether there is a server that reviews. */
    this.isServed = !document.documentElement.classList.contains("offline");
    this.data = new ReviewData();
    this.visits = USUAL;
    this.controls = html("div", { class: "review-controls" });
    this.progress = new Progress();
    this.hint = html(
      "p",
      { class: "soft" },
      word("Every move of the game is searched and judged, the one you look at first."),
    );
    this.questions = new QuestionsPart(app, board);
    this.mistakes = new MistakesPart(app);
    this.parts = [
      new PlayersPart(app),
      this.questions,
      this.mistakes,
      new ComparePart(app, () => this.visits, this.isServed),
    ];
    this.element.append(this.controls, this.progress.element, this.hint, ...this.parts.map((part) => part.element));
    this.shown = "";
  }

  /** @param {Told} message */
  hear(message) {
    if (!this.data.hear(message)) return;
    this.app.changed("review");
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const state = this.data.states.get(OWN);
    const isRunning = state?.running ?? false;
    this.#drawControls(isRunning);
    this.progress.show(state);
    this.hint.hidden = this.data.summaries.has(OWN) || isRunning || !this.isServed;
    for (const part of this.parts) part.draw(this.data, changes);
    if (this.questions.isAsking) this.mistakes.element.hidden = true; // they would give the answer away
  }

  /** @param {boolean} isRunning */
  #drawControls(isRunning) {
    const key = `${isRunning} ${this.app.record === null}`;
    if (key === this.shown) return;
    this.shown = key;
    this.controls.hidden = !this.isServed || this.app.record === null;
    const { field } = choice(
      word("Visits a move"),
      VISITS.map((each) => [each, each]),
      this.visits,
      (value) => {
        this.visits = value;
        if (this.data.states.get(OWN)?.running) this.#ask();
      },
    );
    const start = html(
      "button",
      { type: "button", class: "primary", click: () => this.#ask() },
      word("Review this game"),
    );
    const stop = html("button", { type: "button", click: () => this.#ask(0) }, word("Stop"));
    this.controls.replaceChildren(isRunning ? stop : start, field);
  }

  #ask(visits = Number(this.visits)) {
    this.app.send({ type: "review", visits });
  }
}
