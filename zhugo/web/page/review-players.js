/** @file How each player played: figures side by side, losses by size, and the phases of the game. */

/** @import {App} from "./app.js" */
/** @import {PlayerSummary, Summary} from "./messages.js" */
/** @import {Change} from "./panel.js" */
/** @import {ReviewData} from "./review-data.js" */
import { html } from "../library/dom.js";
import { OWN } from "./review-data.js";
import { word } from "./words.js";

export const PHASES = ["Opening", "Middle game", "Endgame"];

export class PlayersPart {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.element = html("div", { class: "review-players", hidden: true });
    /** @type {Summary | undefined} */
    this.shown = undefined;
  }

  /** @param {ReviewData} data @param {ReadonlySet<Change>} _changes */
  draw(data, _changes) {
    const summary = data.summaries.get(OWN);
    if (summary === this.shown) return;
    this.shown = summary;
    this.element.hidden = !summary;
    if (summary) this.element.replaceChildren(figures(summary), losses(summary), phases(summary));
  }
}

/** One row a figure, Black's and White's. @param {Summary} summary */
function figures({ black, white }) {
  /** @type {[string, string, (one: PlayerSummary) => string][]} */
  const rows = [
    ["Accuracy", "100: no points lost; each move counts by how hard it was", (one) => one.accuracy.toFixed(1)],
    ["Points lost a move", "", (one) => (one.mean_loss === null ? "–" : one.mean_loss.toFixed(2))],
    ["Engine's first choice", "", (one) => share(one.best)],
    ["Among its first five", "", (one) => share(one.top)],
    ["Moves judged", "", (one) => String(one.moves)],
  ];
  if (black.strength || white.strength)
    rows.push(["Plays like", "A guess from one game; it can be several ranks off", (one) => one.strength || "–"]);
  return html(
    "table",
    { class: "figures", "aria-label": word("How each player played") },
    html("thead", {}, html("tr", {}, html("td"), ...["Black", "White"].map((each) => html("th", { scope: "col" }, word(each))))),
    html("tbody", {}, ...rows.map(([name, why, of]) =>
      html("tr", {}, html("th", { scope: "row", title: why ? word(why) : null }, word(name)),
        ...[black, white].map((one) => html("td", {}, one.moves ? of(one) : "–"))))),
  ); // prettier-ignore
}

/** How many moves lost how much: bars to both sides. @param {Summary} summary */
function losses({ bounds, black, white }) {
  const most = Math.max(1, ...black.losses, ...white.losses);
  const bar = (/** @type {number} */ count, /** @type {number} */ size, /** @type {string} */ side) =>
    html("span", { class: `side ${side}` },
      html("i", { class: `loss-bar loss-${size}`, style: `width: calc((100% - 34px) * ${count / most})`, "aria-hidden": "true" }),
      html("span", {}, html("span", { class: "hidden-text" }, word(side === "of-black" ? "Black" : "White")), ` ${count}`)); // prettier-ignore
  const rows = black.losses.map((_, size) =>
    html(
      "li",
      {},
      bar(black.losses[size], size, "of-black"),
      html("span", { class: "soft" }, lossName(bounds, size)),
      bar(white.losses[size], size, "of-white"),
    ),
  );
  const names = ["Black", "Points lost", "White"].map((each) => html("span", {}, word(each)));
  return html("div", { class: "losses" }, html("p", { class: "heads", "aria-hidden": "true" }, ...names),
    html("ul", { "aria-label": word("Moves by points lost") }, ...rows)); // prettier-ignore
}

/** "< 0.5", "0.5–1.5", "≥ 12". @param {number[]} bounds @param {number} size */
export function lossName(bounds, size) {
  if (size === 0) return `< ${bounds[0]}`;
  return size < bounds.length ? `${bounds[size - 1]}–${bounds[size]}` : `≥ ${bounds[bounds.length - 1]}`;
}

/** @param {Summary} summary */
function phases({ phases: [opening, middle], black, white }) {
  const ends = [`1–${opening}`, `${opening + 1}–${middle}`, `${middle + 1}–`];
  const cells = (/** @type {PlayerSummary} */ one, /** @type {number} */ at) => {
    const { moves, accuracy, mean_loss: loss } = one.phases[at];
    if (!moves) return html("td", {}, "–");
    return html("td", {}, accuracy.toFixed(0), html("small", {}, loss === null ? "" : ` −${loss.toFixed(2)}`));
  };
  const rows = PHASES.map((name, at) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, word(name), html("small", {}, ` ${ends[at]}`)),
      cells(black, at),
      cells(white, at),
    ),
  );
  return html(
    "table",
    { class: "figures", "aria-label": word("Accuracy by phase") },
    html("thead", {}, html("tr", {}, html("th", { scope: "col" }, word("Accuracy by phase")),
      ...["Black", "White"].map((each) => html("th", { scope: "col" }, word(each))))),
    html("tbody", {}, ...rows),
  ); // prettier-ignore
}

/** @param {number} part */
function share(part) {
  return `${(100 * part).toFixed(0)} %`;
}
