/** @file The tree to open and close, with the numbers of every node. */

/** @import {Moment} from "./moment.js" */
import { byId, html } from "../library/dom.js";
import { fixed, signed } from "../library/format.js";
import { badge } from "./badge.js";

const MOST_CHILDREN = 8;
const INDENT = 14;

export class TreeTable {
  /** @param {{pick: (node: number) => void, changed: () => void}} on */
  constructor(on) {
    this.on = on;
    this.body = byId("tree");
    /** @type {Set<string>} nodes that were opened; but the cursor is open until it is closed */
    this.toggled = new Set();
    /** @type {Set<string>} nodes all of whose children are shown */
    this.whole = new Set();
    this.body.addEventListener("keydown", (event) => this.#obey(event));
  }

  /** @param {Moment} moment @param {number} node the one that is looked at */
  draw(moment, node) {
    const inside = document.activeElement?.closest("#tree tr");
    const focused = inside instanceof HTMLElement ? inside.dataset.node : undefined;
    this.moment = moment;
    const rows = moment.tree ? this.#rows(moment, moment.cursor, 1, node) : [];
    this.body.replaceChildren(...rows);
    if (focused !== undefined) this.#focus(focused);
  }

  /** @param {Moment} moment @param {number} node */
  #key(moment, node) {
    return `${moment.trace.trees.indexOf(/** @type {any} */ (moment.tree))}:${node}`;
  }

  /** @param {Moment} moment @param {number} node */
  #isOpen(moment, node) {
    return this.toggled.has(this.#key(moment, node)) !== (node === moment.cursor);
  }

  /** @param {Moment} moment @param {number} node */
  #toggle(moment, node) {
    const key = this.#key(moment, node);
    if (!this.toggled.delete(key)) this.toggled.add(key);
    this.on.changed();
  }

  /** @param {Moment} moment @param {number} node @param {number} level @param {number} looked
   * @returns {HTMLTableRowElement[]} */
  #rows(moment, node, level, looked) {
    const children = moment.children(node);
    const isOpen = children.length > 0 && this.#isOpen(moment, node);
    const rows = [this.#row(moment, node, level, looked, children.length ? isOpen : null)];
    if (!isOpen) return rows;
    const key = this.#key(moment, node);
    const shown = this.whole.has(key) ? children : children.slice(0, MOST_CHILDREN);
    rows.push(...shown.flatMap((child) => this.#rows(moment, child, level + 1, looked)));
    if (shown.length < children.length) rows.push(this.#more(key, children.length - shown.length, level));
    return rows;
  }

  /** @param {Moment} moment @param {number} node @param {number} level @param {number} looked
   * @param {boolean | null} isOpen null: it has no children */
  #row(moment, node, level, looked, isOpen) {
    const { visits, weight, value, utility, prior, pseudo, state, owner } = moment.numbers(node);
    const whole = moment.numbers(moment.cursor).visits || 1;
    const name = moment.moveName(node);
    const sign = html("span", { class: "sign", "aria-hidden": "true" }, isOpen === null ? "" : isOpen ? "▾" : "▸");
    sign.addEventListener("click", (event) => {
      event.stopPropagation();
      if (isOpen !== null) this.#toggle(moment, node);
    });
    return html(
      "tr",
      {
        "data-node": node,
        "aria-level": level,
        "aria-expanded": isOpen === null ? null : String(isOpen),
        "aria-selected": String(node === looked),
        tabindex: node === looked ? 0 : -1,
        class: state.replace(" ", "-"),
        click: () => this.on.pick(node),
        dblclick: () => isOpen !== null && this.#toggle(moment, node),
      },
      html("th", { scope: "row", style: `padding-left: ${(level - 1) * INDENT}px` }, sign, name),
      html("td", { class: "share", style: `--share: ${(100 * visits) / whole}%` }, String(visits)),
      html("td", {}, fixed(weight, 3)),
      html("td", {}, value === null ? "" : signed(value, 3)),
      html("td", {}, utility === null ? "" : signed(utility, 3)),
      html("td", {}, prior < 0 ? "" : fixed(prior, 3)),
      html("td", { class: pseudo ? "pseudo" : "" }, String(pseudo)),
      html("td", { class: "word" }, state, owner === null ? "" : badge(moment.trace.facts, owner)),
      html("td", { class: "faint" }, String(node)),
    );
  }

  /** @param {string} key @param {number} count @param {number} level */
  #more(key, count, level) {
    const show = () => {
      this.whole.add(key);
      this.on.changed();
    };
    const button = html("button", { type: "button", click: show }, `${count} more`);
    return html(
      "tr",
      { class: "more" },
      html("td", { colspan: 8, style: `padding-left: ${level * INDENT + 14}px` }, button),
    );
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    const row = event.target instanceof HTMLElement ? event.target.closest("tr") : null;
    const moment = this.moment;
    if (!moment || !row || row.dataset.node === undefined) return;
    const node = Number(row.dataset.node);
    const isOpen = row.getAttribute("aria-expanded");
    const rows = /** @type {HTMLElement[]} */ ([...this.body.querySelectorAll("tr[data-node]")]);
    const at = rows.indexOf(row);
    if (event.key === "ArrowDown") this.#step(rows[at + 1]);
    else if (event.key === "ArrowUp") this.#step(rows[at - 1]);
    else if (event.key === "ArrowRight" && isOpen === "false") this.#toggle(moment, node);
    else if (event.key === "ArrowLeft" && isOpen === "true") this.#toggle(moment, node);
    else if (event.key === "ArrowLeft" && moment.tree) this.#focus(String(moment.tree.parent[node]));
    else if (event.key === "Enter") this.on.pick(node);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {HTMLElement | undefined} row */
  #step(row) {
    row?.focus();
  }

  /** @param {string} node */
  #focus(node) {
    const row = this.body.querySelector(`tr[data-node="${node}"]`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  }
}
