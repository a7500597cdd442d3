/** @file Records that a person brings: chosen, dropped or pasted. Their bytes go to the server as they are. */

/** @import {App} from "./app.js" */
import { html } from "../library/dom.js";
import { MAX_FRAME } from "./messages.js";
import { word } from "./words.js";

/** Bytes of a file that a message has room for: base 64 makes four letters of three bytes. */
const MOST = 0.7 * MAX_FRAME;

/** Bytes that are turned into text at once. */
const PIECE = 0x8000;

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

export class Files {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.input = html("input", {
      type: "file",
      accept: ".sgf,.SGF,application/x-go-sgf",
      multiple: true,
      hidden: true,
      "aria-label": word("Open a file"),
    });
    this.input.addEventListener("change", () => this.#take(this.input.files));
    this.veil = html("div", { class: "drop", hidden: true }, html("p", {}, word("Drop to open")));
    document.body.append(this.input, this.veil);
    let depth = 0;
    const show = (/** @type {boolean} */ on) => (this.veil.hidden = !on);
    addEventListener("dragenter", (event) => {
      event.preventDefault();
      depth++;
      show(true);
    });
    addEventListener("dragleave", () => {
      depth = Math.max(depth - 1, 0);
      show(depth > 0);
    });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      depth = 0;
      show(false);
      this.#take(event.dataTransfer?.files ?? null);
    });
    addEventListener("paste", (event) => this.#paste(event));
  }

  choose() {
    this.input.value = "";
    this.input.click();
  }

  /** @param {FileList | null} files */
  async #take(files) {
    for (const file of files ?? []) this.#load(file.name, new Uint8Array(await file.arrayBuffer()));
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const inField = event.target instanceof Element && event.target.closest("input, textarea");
    const files = event.clipboardData?.files;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (inField || (!files?.length && !text.includes("("))) return;
    event.preventDefault();
    if (files?.length) this.#take(files);
    else this.#load(word("pasted record"), new TextEncoder().encode(text));
  }

  /** @param {string} name @param {Uint8Array} bytes */
  #load(name, bytes) {
    if (bytes.length > MOST) this.app.tell(`${name}: ${word("This file is too large.")}`);
    else this.app.send({ type: "load", name: name.slice(0, 200), data: base64(bytes) });
  }
}
