/** @file The search of the position that is looked at: what is shown of it, and what it is restricted to. */

/** @import {App} from "./app.js" */
/** @import {BoardPanel} from "./board.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { toggle } from "./controls.js";
import { Panel } from "./panel.js";
import { moveName } from "./position.js";
import { word } from "./words.js";

export class ExplorePanel extends Panel {
  /** @param {App} app @param {BoardPanel} board @param {Panel[]} parts below the controls */
  constructor(app, board, parts) {
    super(app, "explore");
    this.board = board;
    const { settings } = app;
    this.candidates = toggle(word("Candidates"), settings.candidates, (on) => app.set({ candidates: on }));
    this.ownership = toggle(word("Ownership"), settings.ownership, (on) => app.set({ ownership: on }));
    this.policy = toggle(word("Policy"), settings.policy, (on) => app.set({ policy: on }));
    this.region = toggle(word("Region"), false, (on) => {
      board.picksRegion = on;
      app.changed("settings");
    });
    this.region.title = word("Drag a rectangle on the board to search only there");
    this.limit = html("p", { class: "limit", hidden: true });
    this.element.append(
      html("div", { class: "row" }, this.candidates, this.ownership, this.policy, this.region),
      this.limit,
      ...parts.map((part) => part.element),
    );
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { settings, limits, record } = this.app;
    this.candidates.setAttribute("aria-pressed", String(settings.candidates));
    this.ownership.setAttribute("aria-pressed", String(settings.ownership));
    this.policy.setAttribute("aria-pressed", String(settings.policy));
    this.region.setAttribute("aria-pressed", String(this.board.picksRegion));
    const { only, avoid } = limits;
    this.limit.hidden = !record || (only.length === 0 && avoid.length === 0);
    if (this.limit.hidden || !record) return;
    const texts = [];
    if (only.length) texts.push(word("Only {n} points", { n: only.length }));
    if (avoid.length)
      texts.push(word("Without {moves}", { moves: avoid.map((each) => moveName(record, each)).join(", ") }));
    const free = () => this.app.limit({ only: [], avoid: [] });
    const button = html("button", { type: "button", class: "link", click: free }, word("Whole board"));
    this.limit.replaceChildren(texts.join(" · "), " ", button);
  }
}
