/** @file Whether the page hears the server, and whether that hears the engine. */

/** @import {Link} from "./connection.js" */
/** @import {EngineState} from "./messages.js" */
/** @import {Painter} from "./painter.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

/** Why the engine is not there. @param {string} note the server's */
export function awayWords(note) {
  if (note === "starting") return word("The engine is starting …");
  if (note === "loading") return word("The engine loads its net …");
  return note === "away" ? word("The engine is away.") : word("The engine is away: {note}", { note });
}

/** @template {Painter & {link: Link, engine: EngineState | null}} A @extends {Panel<A>} */
export class LinkPanel extends Panel {
  /** @param {A} app */
  constructor(app) {
    super(app, "link-state");
    this.element.setAttribute("role", "status");
    this.text = html("span");
    this.element.append(html("i", { class: "dot" }), this.text);
    this.timer = 0;
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { link, engine } = this.app;
    const isAway = link.isOpen && engine !== null && !engine.there;
    this.element.classList.toggle("bad", !link.isOpen);
    this.element.classList.toggle("away", isAway);
    clearTimeout(this.timer);
    const seconds = Math.max(Math.ceil(((link.retryAt ?? 0) - Date.now()) / 1000), 0);
    if (!link.isOpen && link.retryAt !== null && seconds > 0) {
      this.timer = setTimeout(() => this.app.changed("link"), 1000);
      this.#say(word("Not connected. Trying again in {n} s.", { n: seconds }));
    } else if (!link.isOpen) this.#say(word("Not connected"));
    else this.#say(isAway ? awayWords(engine?.note ?? "") : word("Connected"));
  }

  /** @param {string} text */
  #say(text) {
    if (this.text.textContent !== text) this.text.textContent = text;
  }
}
