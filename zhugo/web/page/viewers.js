/** @file Who looks at this game, and following one of them. */

/** @import {App} from "./app.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { icon } from "./icons.js";
import { Panel } from "./panel.js";
import { word } from "./words.js";

export class ViewersPanel extends Panel {
  /** @param {App} app */
  constructor(app) {
    super(app, "viewers");
    this.count = html("span");
    this.list = html("ul", { class: "list", "aria-label": word("Who looks at this game") });
    this.details = html(
      "details",
      { hidden: true },
      html("summary", {}, icon("people"), this.count),
      html("div", { class: "menu" }, this.list),
    );
    this.element.append(this.details);
  }

  /** @param {ReadonlySet<Change>} _changes */
  draw(_changes) {
    const { viewers, welcome, record } = this.app;
    this.details.hidden = viewers.length < 2;
    const own = viewers.find(({ viewer }) => viewer === welcome?.viewer);
    this.count.textContent = word("{n} looking", { n: viewers.length });
    this.details.classList.toggle("following", own?.follows !== null && own !== undefined);
    const rows = viewers.map(({ viewer, name, node }) => {
      const isOwn = viewer === welcome?.viewer;
      const follows = own?.follows === viewer;
      const text = `${name || word("Viewer {n}", { n: viewer })}${isOwn ? ` (${word("you")})` : ""}`;
      const place = record?.nodes.has(node) ? word("Move {n}", { n: record.number(node) }) : "";
      const follow = () => this.app.send({ type: "follow", viewer: follows ? null : viewer });
      const button = html(
        "button",
        { type: "button", click: follow, "aria-pressed": String(follows) },
        word(follows ? "Stop following" : "Follow"),
      );
      return html(
        "li",
        {},
        html("span", { class: "entry" }, html("b", {}, text), html("span", { class: "soft" }, place)),
        isOwn ? "" : button,
      );
    });
    this.list.replaceChildren(...rows);
  }
}
