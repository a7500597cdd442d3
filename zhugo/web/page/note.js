/** @file The comment on a node, and the tools for its markup. */

/** @import {App} from "./app.js" */
/** @import {BoardPanel} from "./board.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** Milliseconds without a key after which a comment is kept. */
const QUIET = 700;

/** @type {[string, string, string][]} tool, sign, words */
const TOOLS = [
  ["", "●", "Play stones"],
  ["TR", "△", "Triangle"],
  ["SQ", "□", "Square"],
  ["CR", "○", "Circle"],
  ["MA", "✕", "Cross"],
  ["LB", "A", "Letter"],
];

export class NotePanel extends Panel {
  /** @param {App} app @param {BoardPanel} board */
  constructor(app, board) {
    super(app, "note");
    this.board = board;
    this.text = html("textarea", {
      rows: 2,
      "aria-label": word("Comment"),
      placeholder: word("Comment on this move"),
      maxlength: 60000,
    });
    this.tools = TOOLS.map(([tool, sign, name]) =>
      html(
        "button",
        {
          type: "button",
          class: "tool",
          title: word(name),
          "aria-label": word(name),
          "aria-pressed": String(tool === ""),
          click: () => this.#take(tool),
        },
        sign,
      ),
    );
    this.facts = html("p", { class: "soft facts" });
    this.element.append(
      html(
        "header",
        {},
        html("h2", {}, word("Comment")),
        html("span", { class: "group tools", role: "group", "aria-label": word("Markup") }, ...this.tools),
      ),
      this.facts,
      this.text,
    );
    this.text.addEventListener("input", () => this.#later());
    this.text.addEventListener("blur", () => this.#keep());
    this.timer = 0;
    /** @type {number | null} the node that the text belongs to */
    this.node = null;
    /** @type {string | null} the game that it belongs to */
    this.game = null;
    this.isChanged = false;
  }

  /** @param {string} tool */
  #take(tool) {
    this.board.tool = tool;
    this.tools.forEach((button, at) => button.setAttribute("aria-pressed", String(TOOLS[at][0] === tool)));
  }

  #later() {
    this.isChanged = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#keep(), QUIET);
  }

  #keep() {
    clearTimeout(this.timer);
    if (!this.isChanged || this.node === null || this.node < 0 || this.game !== this.app.record?.game) return;
    const text = this.text.value;
    if (this.app.send({ type: "edit", node: this.node, what: "comment", text })) this.isChanged = false;
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { record, node } = this.app;
    if (!record || !(changes.has("node") || changes.has("game"))) return;
    if (this.node !== node || this.game !== record.game) {
      this.#keep();
      this.isChanged = false;
      [this.node, this.game] = [node, record.game];
    }
    const data = record.get(node);
    const comment = data?.comment ?? "";
    if (!this.isChanged && this.text.value !== comment) this.text.value = comment;
    const facts = [data?.name ?? "", data?.illegal ?? "", GOOD[data?.good ?? ""] ?? ""].filter((each) => each);
    this.facts.textContent = facts.join(" · ");
    this.facts.hidden = facts.length === 0;
  }
}

/** @type {Record<string, string>} what a record thinks of a move, as books print it */
const GOOD = { TE: "!", BM: "?", DO: "?!", IT: "!?" };
