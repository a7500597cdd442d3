/** @file The games that are open or were saved, and the library on the server's disk. */

/** @import {App} from "./app.js" */
/** @import {Library, Told} from "./messages.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { icon } from "./icons.js";
import { openDialog, pictureButton } from "./controls.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

export class GamesPanel extends Panel {
  /** @param {App} app @param {{choose: () => void}} acts `choose`: files of this machine */
  constructor(app, { choose }) {
    super(app, "games");
    this.games = html("ul", { class: "list" });
    this.path = html("span", { class: "soft" });
    this.entries = html("ul", { class: "list" });
    this.up = html(
      "button",
      { type: "button", class: "link", click: () => this.#browse(parentOf(this.library?.path ?? "")) },
      word("Up"),
    );
    this.shelf = html("div", { hidden: true }, html("h3", {}, word("Library"), " ", this.path), this.up, this.entries);
    const open = html(
      "button",
      { type: "button", class: "with-words", click: choose },
      icon("folder"),
      html("span", {}, word("Open a file")),
    );
    this.element.append(
      html("div", { class: "row" }, open),
      html("p", { class: "soft" }, word("Drop SGF files anywhere, or paste a record.")),
      html("h3", {}, word("Open games and saved ones")),
      this.games,
      this.shelf,
    );
    /** @type {Library | null} */
    this.library = null;
    this.isAsked = false;
  }

  /** @param {string} path */
  #browse(path) {
    this.app.send({ type: "browse", path });
  }

  /** @param {Told} message */
  hear(message) {
    if (message.type === "welcome") this.isAsked = false;
    if (message.type === "library") this.library = message;
    if (message.type === "library" || message.type === "games") this.app.changed("viewers");
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { app } = this;
    const rows = app.games.map((each) => {
      const isHere = each.game === app.record?.game;
      const facts = `${word("{n} moves", { n: each.moves })} · ${new Date(1000 * each.changed).toLocaleDateString()}`;
      const join = html(
        "button",
        {
          type: "button",
          class: "entry",
          "aria-current": isHere ? "true" : null,
          click: () => app.send({ type: "join", game: each.game }),
        },
        html("b", {}, each.title || each.game),
        html("span", { class: "soft" }, facts),
      );
      return html(
        "li",
        {},
        join,
        pictureButton("trash", word("Remove"), () => this.#remove(each.game, each.title)),
      );
    });
    this.games.replaceChildren(...(rows.length ? rows : [html("li", { class: "soft" }, word("No games yet"))]));
    this.shelf.hidden = !app.welcome?.library;
    if (app.welcome?.library && !this.isAsked) {
      this.isAsked = true;
      this.#browse("");
    }
    this.#drawShelf();
  }

  #drawShelf() {
    const { library, app } = this;
    if (!library) return;
    this.path.textContent = library.path;
    this.up.hidden = library.path === "";
    const entries = library.entries.map(({ name, path, folder }) => {
      const click = () => (folder ? this.#browse(path) : app.send({ type: "open", path }));
      return html(
        "li",
        {},
        html("button", { type: "button", class: "entry", click }, html("span", {}, folder ? `${name}/` : name)),
      );
    });
    this.entries.replaceChildren(...entries);
  }

  /** @param {string} game @param {string} title */
  #remove(game, title) {
    const question = html("p", {}, word("Remove “{title}” from the disk?", { title: title || game }));
    openDialog(word("Remove"), [question], {
      action: word("Remove"),
      act: () => this.app.send({ type: "remove", game }),
    });
  }
}

/** @param {string} path */
function parentOf(path) {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}
