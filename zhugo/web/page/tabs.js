/** @file Panels of which one is shown at a time. */

/** @import {App} from "./app.js" */
/** @import {Panel as Part} from "./panel.js" */
import { html } from "../library/dom.js";
import { word } from "./words.js";

export class Tabs {
  /** @param {App} app @param {[string, string, Part][]} parts name, title, panel */
  constructor(app, parts) {
    this.app = app;
    this.parts = parts;
    this.buttons = parts.map(([name, title, part]) => {
      part.element.id = `tab-${name}`;
      part.element.setAttribute("role", "tabpanel");
      part.element.setAttribute("aria-label", word(title));
      part.element.tabIndex = 0;
      const click = () => this.show(name);
      return html(
        "button",
        { type: "button", role: "tab", "aria-controls": part.element.id, "data-tab": name, click },
        word(title),
      );
    });
    this.list = html("div", { class: "tabs", role: "tablist", keydown: (event) => this.#obey(event) }, ...this.buttons);
    this.element = html("div", { class: "tabbed" }, this.list, ...parts.map(([, , part]) => part.element));
    this.show(parts.some(([name]) => name === app.settings.tab) ? app.settings.tab : parts[0][0]);
  }

  /** @param {string} shown */
  show(shown) {
    this.parts.forEach(([name, , part], at) => {
      const isShown = name === shown;
      part.element.hidden = !isShown;
      this.buttons[at].setAttribute("aria-selected", String(isShown));
      this.buttons[at].tabIndex = isShown ? 0 : -1;
    });
    if (this.app.settings.tab !== shown) this.app.set({ tab: shown });
    this.app.changed("settings");
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = this.buttons.findIndex((button) => button === event.target);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (at + step + this.buttons.length) % this.buttons.length;
    this.show(this.parts[next][0]);
    this.buttons[next].focus();
  }
}
