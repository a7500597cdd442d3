/** @file A clock as it goes on between two messages of the server, as `web/play/clocks.py` has it, and its text. */

/** @import {Clock, ClockLeft, Play} from "./messages.js" */
/** @import {PlayersPanel} from "./players.js" */

import { word } from "./words.js";

/** With less than this the text has tenths. */
const TENTHS = 10;

/** What is left of a clock when it has run on for so many seconds. @param {Clock} clock @param {ClockLeft} left
 * @param {number} seconds @returns {ClockLeft} */
export function ranOn(clock, left, seconds) {
  const { system, period = 0 } = clock;
  const hasOvertime =
    period > 0 && (system === "byoyomi" ? left.periods > 0 : system === "canadian" && left.stones > 0);
  let { overtime, periods } = left;
  let rest = left.seconds - seconds;
  if (rest <= 0 && !overtime && hasOvertime) {
    overtime = true;
    rest += period;
  }
  while (rest <= 0 && overtime && periods > 1) {
    rest += period;
    periods--;
  }
  return { seconds: Math.max(rest, 0), overtime, periods, stones: left.stones };
}

/** "1:02:03", "4:05", "7.2"; in overtime with the periods or stones that are left. @param {ClockLeft} left */
export function clockText({ seconds, overtime, periods, stones }) {
  const count = overtime ? periods || stones : 0;
  return `${spanText(seconds)}${count ? ` (${count})` : ""}`;
}

/** @param {number} seconds */
function spanText(seconds) {
  if (seconds < TENTHS) return (Math.floor(10 * seconds) / 10).toFixed(1);
  const whole = Math.floor(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** What is left beside the seconds, in words. @param {ClockLeft} left */
function overtimeText({ periods, stones }) {
  if (periods) return word("{n} periods left", { n: periods });
  return stones ? word("{n} stones to play in this period", { n: stones }) : "";
}

/** Milliseconds between two looks at the clocks. */
const LOOK = 100;
/** With less than so many seconds left before the clock falls the text says that it is urgent. */
const URGENT = 10;

/** The clocks of a game against the engine, in the players' places for them. */
export class ClockFaces {
  /** @param {PlayersPanel} players @param {() => Play | null} state of the game that is looked at */
  constructor(players, state) {
    this.players = players;
    this.state = state;
    /** @type {Map<string, number>} when the clocks of a game were told, by `performance.now()` */
    this.toldAt = new Map();
    this.timer = 0;
  }

  /** The server has told of a game. @param {Play} play */
  heard(play) {
    this.toldAt.set(play.game, performance.now());
    if (play.clocks && !this.timer) this.timer = setInterval(() => this.draw(), LOOK);
    this.draw();
  }

  draw() {
    const play = this.state();
    const clocks = play?.clocks ?? null;
    [1, -1].forEach((color, at) => {
      const { clock: face } = this.players.sides[at];
      if (!play || !clocks || !play.opponent.clock) {
        if (face.dataset.live) face.hidden = true;
        delete face.dataset.live;
        return;
      }
      const runs = play.running === color;
      const gone = runs ? (performance.now() - (this.toldAt.get(play.game) ?? 0)) / 1000 : 0;
      const left = ranOn(play.opponent.clock, clocks[at], gone);
      const text = clockText(left);
      face.dataset.live = "true";
      face.hidden = false;
      if (face.textContent !== text) face.textContent = text;
      face.title = overtimeText(left);
      face.classList.toggle("runs", runs);
      const isLast = left.overtime || !["byoyomi", "canadian"].includes(play.opponent.clock.system);
      face.classList.toggle("urgent", runs && isLast && left.seconds < URGENT);
    });
  }
}
