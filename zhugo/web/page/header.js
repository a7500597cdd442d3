/** @file The head of the page: its games, files and settings. */

/** @import {App} from "./app.js" */
/** @import {Change, Panel as Part} from "./panel.js" */
import { html } from "../library/dom.js";
import { brand } from "./brand.js";
import { icon } from "./icons.js";
import { pictureButton } from "./controls.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** @type {[string, string, string][]} ending, options, words */
const DOWNLOADS = [
  ["sgf", "&plain=1", "Record (SGF)"],
  ["sgf", "", "Record with its review (SGF)"],
  ["html", "", "Review in one file (HTML)"],
  ["png", "", "Diagram (PNG)"],
  ["gif", "", "Moving line (GIF)"],
];

export class HeaderPanel extends Panel {
  /** @param {App} app @param {Part[]} parts @param {{newGame: () => void, choose: () => void, settings: () => void, help: () => void}} acts */
  constructor(app, parts, { newGame, choose, settings, help }) {
    super(app, "header");
    this.title = html("h1");
    this.links = DOWNLOADS.map(([, , text]) => html("a", { download: true }, word(text)));
    this.downloads = html(
      "details",
      { class: "downloads" },
      html("summary", { title: word("Download"), "aria-label": word("Download") }, icon("download")),
      html("div", { class: "menu" }, ...this.links),
    );
    this.element.append(
      brand(),
      this.title,
      ...parts.map((part) => part.element),
      html(
        "span",
        { class: "group" },
        pictureButton("plus", word("New game"), () => newGame(), { key: "n", shows: true }),
        pictureButton("folder", word("Open"), choose, { shows: true }),
        this.downloads,
        pictureButton("settings", word("Settings"), settings),
        pictureButton("help", word("Keys"), help, { key: "?" }),
      ),
    );
    addEventListener("click", (event) => closeMenus(event));
    addEventListener("keydown", (event) => event.key === "Escape" && closeMenus(event));
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { record, node } = this.app;
    this.title.textContent = record?.title ?? "";
    document.title = record?.title ? `${record.title} – ZhuGo` : "ZhuGo";
    this.downloads.hidden = !record;
    if (!record || node < 0) return;
    this.links.forEach((link, at) => {
      const [ending, options] = DOWNLOADS[at];
      link.href = `/export/${encodeURIComponent(record.game)}.${ending}?node=${node}${options}`;
    });
  }
}

/** Menus that are open go when something else is pressed. @param {Event} event */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("header details[open]")) {
    const isInside = event.type === "click" && event.target instanceof Node && menu.contains(event.target);
    if (!isInside || (event.target instanceof Element && event.target.closest("a"))) menu.removeAttribute("open");
  }
}
