/** @file The head of a file that holds one game. */

/** @import {App} from "./app.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { pictureButton } from "./controls.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

export class FileHeader extends Panel {
  /** @param {App} app @param {{settings: () => void, help: () => void}} acts */
  constructor(app, { settings, help }) {
    super(app, "header");
    this.title = html("h1");
    this.by = html("span", { class: "soft by" });
    this.element.append(
      html("span", { class: "brand", "aria-hidden": "true" }, html("b", {}, "ZhuGo")), this.title, this.by,
      html("span", { class: "group" },
        pictureButton("settings", word("Settings"), settings), pictureButton("help", word("Keys"), help, { key: "?" })),
    ); // prettier-ignore
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { record, welcome } = this.app;
    this.title.textContent = record?.title || "ZhuGo";
    this.by.textContent = welcome?.net ?? "";
  }
}
