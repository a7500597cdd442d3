/** @file A game against the engine: whose turn it is, hints, warnings and the count to agree on. */

/** @import {App} from "./app.js" */
/** @import {BoardPanel} from "./board.js" */
/** @import {Deed, Play, Told, Warned, Welcome} from "./messages.js" */
/** @import {Change} from "./panel.js" */
/** @import {PlayersPanel} from "./players.js" */
import { html } from "../library/dom.js";
import { pointName } from "../library/points.js";
import { openDialog } from "./controls.js";
import { newGame, opponentFields } from "./newgame.js";
import { Panel } from "./panel.js";
import { ClockFaces } from "./play-clock.js";
import { LineList } from "./play-lines.js";
import { resultText } from "./play-result.js";
import { colorWord, moveName } from "./position.js";
import { word } from "./words.js";
import { PLAY_WORDS } from "./words-play.js";

/** @type {Record<Play["state"], string[]>} the buttons that there are, the one that is meant first */
const BUTTONS = {
  person: ["pass", "hint", "undo", "count", "pause", "go_on", "resign", "end"],
  engine: ["undo", "pause", "go_on", "resign", "end"],
  warned: ["undo", "keep", "resign", "end"],
  counting: ["agree", "resume", "undo", "end"],
  over: [],
};

const MOST_HINTS = 4;

export class PlayPanel extends Panel {
  /** @param {App} app @param {BoardPanel} board @param {PlayersPanel} players */
  constructor(app, board, players) {
    super(app, "play");
    /** @type {Map<string, Play>} the games against the engine, by the game of the record */
    this.games = new Map();
    /** @type {Map<string, Warned>} */
    this.warnings = new Map();
    board.counting = () => this.#counting();
    this.clocks = new ClockFaces(players, () => this.state);
    this.headline = html("p", { class: "headline" });
    this.said = html("p", { class: "said soft" });
    this.lines = new LineList(app);
    this.count = html("div", { class: "count" });
    this.elsewhere = html(
      "p", { class: "elsewhere" }, html("span", {}, word("You look at another position.")), " ",
      html("button", { type: "button", class: "link", click: () => this.#return() }, word("To the game")),
    ); // prettier-ignore
    this.about = html("p", { class: "soft" });
    /** @type {Record<string, HTMLButtonElement>} */
    this.buttons = {
      agree: this.#button("Agree", () => this.#act("agree")),
      resume: this.#button("Play on", () => this.#act("resume")),
      pass: this.#button("Pass", () => this.#pass()),
      hint: this.#button("Hint", () => this.#act("hint")),
      undo: this.#button("Take back", () => this.#act("undo")),
      keep: this.#button("Keep it", () => this.#act("keep")),
      count: this.#button("Count", () => this.#act("count")),
      pause: this.#button("Pause", () => this.#act("pause")),
      go_on: this.#button("Go on", () => this.#act("go_on")),
      resign: this.#button("Resign", () => this.#resign()),
      end: this.#button("End without a result", () => this.#act("end")),
    };
    this.fresh = html(
      "button",
      { type: "button", class: "primary", click: () => newGame(app, true) },
      word("New game"),
    );
    this.buttons.end.className = "link";
    this.review = this.#button("Review", () => app.show("review"));
    const row = html("div", { class: "row" }, ...Object.values(this.buttons), this.fresh, this.review);
    this.begin = html("details", { class: "begin" });
    /** @type {Welcome | null} whose levels the fields have */
    this.offered = null;
    this.element.append(
      this.headline, this.said, this.elsewhere, row, this.lines.element, this.count, this.about, this.begin,
    ); // prettier-ignore
  }

  /** The game against the engine in the record that is looked at. */
  get state() {
    return this.games.get(this.app.record?.game ?? "") ?? null;
  }

  /** Take back in a game against the engine that is looked at; whether there is one. */
  undo() {
    const isGame = this.state !== null && this.state.state !== "over" && this.#isHere;
    if (isGame) this.#act("undo");
    return isGame;
  }

  /** @param {Told} message */
  hear(message) {
    if (message.type === "warned") this.#warn(message);
    else if (message.type === "play") this.#take(message);
    else return;
    this.app.changed("play");
  }

  /** @param {Warned} warned */
  #warn(warned) {
    const isNew = !this.warnings.has(warned.game);
    this.warnings.set(warned.game, warned);
    const { state } = this;
    if (!isNew || state?.state !== "warned" || state.game !== warned.game) return;
    const text = this.#headline(state);
    if (this.#isInSight) this.app.announce(text);
    else this.app.tell(text);
  }

  /** Whether the person sees what the panel says, which lies below the board on small screens. */
  get #isInSight() {
    const { top, height } = this.headline.getBoundingClientRect();
    return height > 0 && top >= 0 && top < innerHeight;
  }

  /** @param {Play} play */
  #take(play) {
    const before = this.games.get(play.game) ?? null;
    this.games.set(play.game, play);
    if (play.state !== "warned") this.warnings.delete(play.game);
    this.clocks.heard(play);
    if (play.game !== this.app.record?.game) return;
    const moved = before?.state === "engine" && play.state === "person" && before.undos === play.undos;
    if (moved) this.app.sound(-play.turn);
    if (play.hint.length && !before?.hint.length) this.#learn(play);
    if (play.state === "counting" && before?.state !== "counting") this.app.show("play");
    if (before?.state === play.state && before.node === play.node) return;
    const text = this.#spoken(play);
    if (text) this.app.announce(text);
  }

  /** A hint is shown as all that is known of a position. @param {Play} play */
  #learn({ game, node, hint }) {
    const [{ black_win_rate, black_lead }] = hint;
    const visits = hint.reduce((sum, each) => sum + each.visits, 0);
    this.app.learn(game, [{ node, visits, black_win_rate, black_lead, candidates: hint }]);
  }

  /** What a screen reader says of it. @param {Play} play */
  #spoken(play) {
    const { record } = this.app;
    const move = record?.get(play.node)?.move;
    const isTheirs = move && play.state === "person" && move[0] !== play.opponent.human;
    if (play.state === "warned") return "";
    const played =
      isTheirs && record
        ? `${word("{color} plays {move}", { color: colorWord(move[0]), move: moveName(record, move[1]) })}. `
        : "";
    return played + this.#headline(play);
  }

  get #isHere() {
    return this.state !== null && this.app.node === this.state.node;
  }

  /** What the board is to show of a count, and what it does with presses. */
  #counting() {
    const { state } = this;
    if (!state?.count || !this.#isHere) return null;
    const toggle = state.state === "counting" ? (/** @type {number} */ point) => this.#toggle(point) : null;
    return { count: state.count, toggle };
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    if (!["play", "game", "node", "link", "settings"].some((each) => changes.has(/** @type {Change} */ (each)))) return;
    const { state } = this;
    const { record } = this.app;
    this.element.classList.toggle("warned", state?.state === "warned");
    this.headline.textContent = state ? this.#headline(state) : word("No game against the engine is played here.");
    this.said.textContent = state?.said ? word(state.said) : "";
    this.said.hidden = !state?.said;
    this.elsewhere.hidden = !state || this.#isHere || state.state === "over" || !record;
    this.about.textContent = state ? this.#aboutText(state) : "";
    this.#drawButtons(state);
    this.#drawLines(state);
    this.#drawCount(state);
    this.#drawBegin(state);
  }

  /** @param {Play} play */
  #headline(play) {
    switch (play.state) {
      case "person":
        return word(play.paused ? "Paused" : "Your move");
      case "engine":
        return word(play.paused ? "Paused" : "The engine thinks …");
      case "warned":
        return word("This move loses {n} points.", { n: (this.warnings.get(play.game)?.loss ?? 0).toFixed(1) });
      case "counting":
        return word("The game is counted");
      case "over":
        return resultText(play.result);
    }
  }

  /** @param {Play} play */
  #aboutText({ opponent, undos }) {
    const { human, level } = opponent;
    const texts = [
      word("You play {color}", { color: colorWord(human ?? 1) }),
      level ? word("level {level}", { level }) : word("at its best"),
    ];
    if (undos) texts.push(word("taken back: {n}", { n: undos }));
    return texts.join(" · ");
  }

  /** @param {Play | null} state */
  #drawButtons(state) {
    const there = state ? BUTTONS[state.state] : [];
    const failed = state?.state === "engine" && state.said !== "" && !(state.said in PLAY_WORDS);
    for (const [name, button] of Object.entries(this.buttons)) {
      button.hidden = !there.includes(name);
      button.disabled = !this.app.link.isOpen;
      button.classList.toggle(
        "primary",
        name === there[0] && (state?.state === "warned" || state?.state === "counting"),
      );
    }
    if (!state) return;
    this.buttons.pause.hidden ||= state.paused || !state.clocks;
    this.buttons.go_on.hidden ||= !state.paused && !failed;
    this.buttons.agree.disabled ||= state.count === null;
  }

  /** Better moves than the one that is warned of, or hints. @param {Play | null} state */
  #drawLines(state) {
    const warning = state ? this.warnings.get(state.game) : null;
    const { record } = this.app;
    if (!state || !record) return this.lines.show("", [], -1);
    if (warning) return this.lines.show(word("Better:"), warning.better, record.parent(state.node) ?? -1);
    const lines = state.hint.slice(0, MOST_HINTS).map((each) => (each.pv.length ? each.pv : [each.move]));
    this.lines.show(lines.length ? word("Hint") : "", lines, state.node);
  }

  /** @param {Play | null} state */
  #drawCount(state) {
    const { record } = this.app;
    const count = state?.count ?? null;
    this.count.hidden = state?.state !== "counting";
    if (this.count.hidden || !record) return;
    if (!count) {
      this.count.replaceChildren(html("p", {}, word("The engine looks at what is dead …")));
      return;
    }
    const sides = [1, -1].map((color) =>
      html("span", {}, `${colorWord(color)} ${String(color > 0 ? count.black : count.white)}`),
    );
    const unsure = count.unsure.map((point) =>
      html(
        "button",
        { type: "button", class: "link", click: () => this.#toggle(point) },
        pointName(record.size, point),
      ),
    );
    const focused = document.activeElement?.textContent;
    this.count.replaceChildren(
      html("p", { class: "sides" }, ...sides, html("b", {}, resultText(count.result))),
      html("p", { class: "soft" }, word("Press a chain that is dead, or alive after all.")),
      ...(unsure.length ? [html("p", {}, word("Not sure:"), " ", ...unsure.flatMap((each) => [each, " "]))] : []),
    );
    unsure.find((each) => each.textContent === focused)?.focus();
  }

  /** The way to begin a game here, where none goes on. @param {Play | null} state */
  #drawBegin(state) {
    const { welcome, record } = this.app;
    const goesOn = state !== null && state.state !== "over";
    this.fresh.hidden = goesOn || !welcome;
    this.review.hidden = state?.state !== "over";
    this.begin.hidden = goesOn || !welcome || !record;
    if (this.begin.hidden || this.offered === welcome) return;
    this.offered = welcome;
    const fields = opponentFields(this.app);
    const start = () => {
      this.begin.open = false;
      this.app.send({ type: "start", opponent: fields.read() });
    };
    this.begin.replaceChildren(
      html("summary", {}, word("Play from here")), fields.element,
      html("button", { type: "button", class: "primary", click: start }, word("Begin")),
    ); // prettier-ignore
  }

  /** @param {string} text @param {() => void} click */
  #button(text, click) {
    return html("button", { type: "button", click }, word(text));
  }

  /** @param {Deed} what @param {number | null} [point] */
  #act(what, point = null) {
    this.app.preview(null);
    this.app.send({ type: "act", what, point });
  }

  /** @param {number} point */
  #toggle(point) {
    this.#act("toggle", point);
  }

  #pass() {
    const { record } = this.app;
    this.#return();
    if (record) this.app.play(record.points);
  }

  #return() {
    if (this.state) this.app.go(this.state.node);
  }

  #resign() {
    openDialog(word("Resign this game?"), [], { action: word("Resign"), act: () => this.#act("resign") });
  }
}
