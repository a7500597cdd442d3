/** @file Where the panels of a page stand, and what any of them may have the page do. */

/** @import {Announcer} from "./announcer.js" */
/** @import {App} from "./app.js" */
/** @import {Panel} from "./panel.js" */
/** @import {Tabs} from "./tabs.js" */
import { html } from "../library/dom.js";
import { applyScheme } from "./options.js";
import { click } from "./sounds.js";

/**
 * Put the panels on the page. They are painted when something is said to have changed.
 * @param {App} app
 * @param {{header: Panel, players: Panel, board: Panel, navigation: Panel, graph: Panel, tree: Panel, note: Panel,
 * tabs: Tabs, announcer: Announcer}} parts
 */
export function putTogether(app, { header, players, board, navigation, graph, tree, note, tabs, announcer }) {
  app.show = (tab) => tabs.show(tab);
  app.announce = (text) => announcer.say(text);
  app.tell = (text) => announcer.tell(text);
  app.sound = (color) => app.settings.sounds && click(color);
  document.body.append(
    html("header", { class: "top" }, header.element),
    html(
      "main",
      {},
      html("div", { class: "left" }, players.element, board.element, navigation.element),
      html("div", { class: "right" }, graph.element, tabs.element, tree.element, note.element),
    ),
    announcer.element,
  );
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    applyScheme(app.settings);
    app.changed("settings");
  });
}
