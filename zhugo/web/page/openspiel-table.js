/** @file The page's state of a game of OpenSpiel: the connection, the position, and what a search knows of it. */

/** @import {EngineState} from "./messages.js" */
/** @import {Analysis, Asked, Candidate, Position, Told, Welcome} from "./openspiel-messages.js" */
/** @import {Link} from "./connection.js" */
/** @import {Settings} from "./settings.js" */
import { Painter } from "./painter.js";
import { keepSettings, readSettings } from "./settings.js";
import { word } from "./words.js";

export class Table extends Painter {
  /** @param {(table: Table) => {send: (message: Asked) => boolean}} connect */
  constructor(connect) {
    super();
    this.settings = readSettings();
    /** @type {Welcome | null} */
    this.welcome = null;
    /** @type {EngineState | null} */
    this.engine = null;
    /** @type {Link} */
    this.link = { isOpen: false, retryAt: null };
    /** @type {Position | null} */
    this.position = null;
    /** @type {Analysis | null} of the position that is shown */
    this.analysis = null;
    /** @type {Candidate | null} whose line is shown on the board */
    this.shown = null;
    /** @type {(text: string) => void} to screen readers */
    this.announce = () => {};
    /** @type {(text: string) => void} a line of what went wrong */
    this.tell = () => {};
    this.connection = connect(this);
  }

  get node() {
    return this.position?.node ?? 0;
  }

  /** As the engine's panel wants it: the game whose search can be looked into. */
  get record() {
    return this.position && { game: "game" };
  }

  /** @param {Asked} message */
  send(message) {
    return this.connection.send(message);
  }

  /** @param {Link} link */
  linked(link) {
    this.link = link;
    this.changed("link");
  }

  /** @param {Told} message */
  hear(message) {
    switch (message.type) {
      case "welcome":
        this.welcome = message;
        if (this.settings.analysis) this.send({ type: "analyze", on: true });
        return this.changed("game", "link");
      case "position":
        return this.#take(message);
      case "analysis":
        if (message.node !== this.node || !this.settings.analysis) return; // sent before the server knew
        this.analysis = message;
        if (this.shown) this.shown = message.candidates.find(({ move }) => move === this.shown?.move) ?? null;
        return this.changed("analysis");
      case "engine_state":
        this.engine = message;
        return this.changed("engine");
      case "failed":
        return this.tell(word(message.reason));
    }
  }

  /** @param {Position} position */
  #take(position) {
    const before = this.position;
    this.position = position;
    if (position.node !== before?.node) this.analysis = this.shown = null;
    const last = position.moves[position.number - 1];
    if (before && last && position.node !== before.node)
      this.announce(`${playerName(last.player)}: ${last.name}. ${standingWords(position)}`);
    this.changed("game", "node", "analysis");
  }

  /** A move for whose turn it is, where a person is to move. @param {number} move */
  play(move) {
    const { position } = this;
    if (position && this.mayPlay) this.send({ type: "play_move", number: position.number, move });
  }

  /** Whether a person is to move. */
  get mayPlay() {
    const { position } = this;
    return position !== null && position.to_play !== 0 && !position.thinking && !position.waits;
  }

  /** The best move that the search knows of. */
  playBest() {
    const best = this.analysis?.candidates[0];
    if (best) this.play(best.move);
  }

  /** So many moves on, or with a negative number back. @param {number} steps */
  step(steps) {
    const { position } = this;
    if (!position) return;
    const number = Math.min(Math.max(position.number + steps, 0), position.moves.length);
    if (number !== position.number) this.send({ type: "go", number });
  }

  /** @param {boolean} on */
  analyze(on) {
    this.set({ analysis: on });
    if (!on) this.analysis = this.shown = null;
    this.send({ type: "analyze", on });
    this.changed("analysis");
  }

  /** Show the line that is expected behind a move, or none. @param {Candidate | null} candidate */
  preview(candidate) {
    if (this.shown?.move === candidate?.move) return;
    this.shown = candidate;
    this.changed("preview");
  }

  /** @param {Partial<Settings>} settings */
  set(settings) {
    Object.assign(this.settings, settings);
    keepSettings(this.settings);
    this.changed("settings");
  }
}

/** @param {number} player 1 or -1 */
export function playerName(player) {
  return word(player > 0 ? "Player 1" : "Player 2");
}

/** Whose turn it is, or how the game ended. @param {Position} position */
export function standingWords({ result, to_play, score }) {
  if (result === null) return word("{player} to move", { player: playerName(to_play) });
  if (result === 0) return word("The game is over: a draw");
  const ended = word("{player} has won", { player: playerName(result) });
  return score ? `${ended}, ${Math.max(...score)} : ${Math.min(...score)}` : ended;
}
