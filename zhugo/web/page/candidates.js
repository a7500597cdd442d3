/** @file Which candidates are shown on the board, and how; and the table of them. */

/** @import {Candidate as Disc} from "../library/marks.js" */
/** @import {App, Known} from "./app.js" */
/** @import {Candidate} from "./messages.js" */
/** @import {Change} from "./panel.js" */
/** @import {Settings} from "./settings.js" */
import { html } from "../library/dom.js";
import { short } from "../library/format.js";
import { lossClass } from "../library/losses.js";
import { pointName } from "../library/points.js";
import { leadText, percent, rateOf } from "../library/scores.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** A share of the most visited candidate's visits below which a disc is no paler. */
const PALEST = 0.3;

/** A candidate's class. @param {Candidate} move @param {Candidate} best @param {number} toPlay */
export function candidateClass(move, best, toPlay) {
  const rateLoss = toPlay * (best.black_win_rate - move.black_win_rate);
  return lossClass(move.loss, Math.max(rateLoss, 0)) ?? 0;
}

/** Those with enough visits, best first. @param {Candidate[]} candidates @param {number} least percent of all visits */
export function enough(candidates, least) {
  const all = candidates.reduce((sum, each) => sum + each.visits, 0);
  return candidates.filter((each, at) => at === 0 || 100 * each.visits >= least * all);
}

/** Whose numbers are shown: 1 for Black's, -1 for White's.
 * @param {Settings["perspective"]} perspective @param {number} toPlay */
export function seenBy(perspective, toPlay) {
  return perspective === "mover" ? toPlay : perspective === "white" ? -1 : 1;
}

/**
 * What the board shows of the candidates.
 * @param {Candidate[]} candidates best first @param {number} toPlay @param {Settings} settings @returns {Disc[]}
 */
export function discs(candidates, toPlay, settings) {
  const shown = enough(candidates, settings.least);
  const most = Math.max(...shown.map((each) => each.visits), 1);
  return shown.map((move, at) => {
    const share = Math.sqrt(move.visits / most);
    return {
      point: move.move,
      kind: at === 0 ? "best" : `loss-${candidateClass(move, candidates[0], toPlay)}`,
      text: label(move, toPlay, settings),
      small: settings.label === "visits" ? "" : short(move.visits),
      opacity: Math.round(20 * (PALEST + (1 - PALEST) * share)) / 20,
    };
  });
}

/** The large number. @param {Candidate} move @param {number} toPlay @param {Settings} settings */
function label(move, toPlay, { label, perspective }) {
  const seen = seenBy(perspective, toPlay);
  if (label === "loss" && move.loss !== null) return move.loss < 0.05 ? "0.0" : `−${move.loss.toFixed(1)}`;
  if (label === "lead" && move.black_lead !== null) {
    const lead = seen * move.black_lead;
    return Math.abs(lead) < 0.05 ? "0.0" : `${lead > 0 ? "+" : "−"}${Math.abs(lead).toFixed(1)}`;
  }
  if (label === "visits") return short(move.visits);
  return percent(rateOf(move.black_win_rate, seen));
}

const MOST_ROWS = 24;

/** The table of candidates: the line of a row is shown on hover, and played by a click on it. */
export class CandidatesPanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "candidates");
    this.body = html("tbody");
    this.note = html("p", { class: "soft empty" });
    const heads = ["Move", "Win rate", "Lead", "Loss", "Visits", "Prior"].map((each) =>
      html("th", { scope: "col" }, word(each)),
    );
    this.table = html(
      "table",
      { "aria-label": word("Candidates") },
      html("thead", {}, html("tr", {}, ...heads)),
      this.body,
    );
    this.element.append(this.table, this.note);
    this.body.addEventListener("pointerleave", () => app.preview(null));
    /** @type {{row: HTMLTableRowElement, cells: HTMLElement[], button: HTMLButtonElement, move: Candidate | null}[]} */
    this.rows = [];
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    if (!["node", "analysis", "settings", "game"].some((each) => changes.has(/** @type {Change} */ (each)))) return;
    const { app } = this;
    const known = app.record ? app.analysisAt(app.node) : null;
    const found = known ? enough(known.candidates, app.settings.least / 4).slice(0, MOST_ROWS) : [];
    this.table.hidden = found.length === 0;
    this.note.hidden = found.length > 0;
    this.note.textContent = app.settings.analysis
      ? word("Searching …")
      : word("No analysis yet. Press Space to start it.");
    while (this.rows.length < found.length) this.rows.push(this.#row());
    this.rows.forEach((row, at) => this.#fill(row, found[at] ?? null, known));
  }

  #row() {
    const button = html("button", { type: "button", class: "move" });
    const cells = Array.from({ length: 5 }, () => html("td"));
    const row = html("tr", {}, html("th", { scope: "row" }, html("i", { class: "dot" }), button), ...cells);
    const made = { row, cells, button, move: /** @type {Candidate | null} */ (null) };
    const show = () => made.move && this.app.preview(made.move.pv.length ? made.move.pv : [made.move.move]);
    row.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show());
    button.addEventListener("focus", show);
    button.addEventListener("blur", () => this.app.preview(null));
    row.title = word("A click plays the move, with the shift key its whole line");
    row.addEventListener("click", (event) => {
      const isTap = event instanceof PointerEvent && event.pointerType === "touch";
      const { shiftKey } = event;
      if (isTap && made.move && this.app.shownLine?.[0] !== made.move.move) show();
      else if (made.move) this.app.playLine(shiftKey && made.move.pv.length ? made.move.pv : [made.move.move]);
    });
    this.body.append(row);
    return made;
  }

  /**
   * @param {{row: HTMLTableRowElement, cells: HTMLElement[], button: HTMLButtonElement, move: Candidate | null}} made
   * @param {Candidate | null} move @param {Known | null} known
   */
  #fill(made, move, known) {
    made.row.hidden = move === null;
    made.move = move;
    const { record, place, settings } = this.app;
    if (!move || !record || !place || !known) return;
    const best = known.candidates[0];
    const kind = move === best ? "best" : `loss-${candidateClass(move, best, place.toPlay)}`;
    const name = move.move >= record.points ? word("pass") : pointName(record.size, move.move);
    const seen = seenBy(settings.perspective, place.toPlay);
    const texts = [
      `${percent(rateOf(move.black_win_rate, seen))} %`,
      move.black_lead === null ? "" : leadText(move.black_lead),
      move.loss === null ? "" : move.loss < 0.05 ? "·" : `−${move.loss.toFixed(1)}`,
      short(move.visits),
      `${(100 * move.prior).toFixed(move.prior < 0.0995 ? 1 : 0)} %`,
    ];
    put(made.button, name);
    made.cells.forEach((cell, at) => put(cell, texts[at]));
    if (made.row.className !== kind) made.row.className = kind;
    made.row.style.setProperty("--share", String(Math.round((100 * move.visits) / Math.max(best.visits, 1))));
  }
}

/** @param {HTMLElement} element @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
