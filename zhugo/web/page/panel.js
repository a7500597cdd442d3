/** @file What a part of the page is: an element, and what it is told of. */

/** @import {App} from "./app.js" */
/** @import {Told} from "./messages.js" */
import { html } from "../library/dom.js";

/**
 * What changed since the page was painted last. `game`: another game, or its tree; `node`: what is looked at;
 * `analysis`: what is known of positions; `settings`; `viewers`; `engine`; `link`: the connection; `preview`: the line
 * that is shown on the board; `play`: the game against the engine; `review`.
 * @typedef {"game" | "node" | "analysis" | "settings" | "viewers" | "engine" | "link" | "preview" | "play" | "review"} Change
 */

/**
 * The base of all panels. A panel puts its things into `element`, takes what it needs of every message in `hear`, and
 * paints in `draw`, which is called at most once a frame and only while the panel can be seen (and when it comes into
 * sight, with all changes since).
 *
 * Of the page it uses: `app.record` and `app.node` (what is looked at, null and 0 where there is no game), `app.place`
 * (the position there), `app.analysisAt(node)`, `app.settings`, `app.welcome`; and it asks by `app.send(message)`,
 * `app.go(node)`, `app.play(point)`, `app.preview(points)` (a line on the board, null for none), `app.changed(what)`
 * (paint soon), `app.announce(text)` (to screen readers), `app.show(tab)`. Words come from `word(key)`. Text goes into
 * elements as text; styles by `style` of `html()` and `svg()`, or by classes: the page's policy refuses attributes.
 * @template [A=App]
 */
export class Panel {
  /** @param {A} app @param {string} name a class of its own, and the key of its title in the table of words */
  constructor(app, name) {
    this.app = app;
    this.name = name;
    this.element = html("section", { class: `panel ${name}` });
    /** @type {Set<Change>} */
    this.due = new Set();
    /** Milliseconds between two paintings where nothing but what is known of positions changed. */
    this.pace = 0;
    /** When it was painted last, by `performance.now()`. */
    this.painted = 0;
  }

  /** Every message of the server, after the page's own state has taken it. @param {Told} _message */
  hear(_message) {}

  /** Paint what changed. @param {ReadonlySet<Change>} _changes */
  draw(_changes) {}
}
