/** @file Buttons, fields and dialogs as the page has them. */

import { html } from "../library/dom.js";
import { icon } from "./icons.js";
import { word } from "./words.js";

/** A button with a picture, whose words are its name. @param {string} name of the picture @param {string} text
 * @param {() => void} click @param {{key?: string, shows?: boolean}} [more] `shows`: the words beside the picture */
export function pictureButton(name, text, click, { key = "", shows = false } = {}) {
  const title = key ? `${text} (${key})` : text;
  const label = shows ? html("span", {}, text) : "";
  return html(
    "button",
    { type: "button", class: shows ? "with-words" : "picture", title, "aria-label": text, click },
    icon(name),
    label,
  );
}

/** A choice of values, whose words are given. @template {string} T @param {string} label
 * @param {[T, string][]} choices @param {T} chosen @param {(value: T) => void} [change] */
export function choice(label, choices, chosen, change) {
  const options = choices.map(([value, text]) => html("option", { value, selected: value === chosen }, text));
  const select = html("select", { change: () => change?.(/** @type {T} */ (select.value)) }, ...options);
  return { field: html("label", { class: "field" }, html("span", {}, label), select), select };
}

/** @param {string} label @param {Record<string, any>} attributes of the input */
export function numberField(label, attributes) {
  const input = html("input", { type: "number", ...attributes });
  return { field: html("label", { class: "field" }, html("span", {}, label), input), input };
}

/** @param {string} label @param {boolean} checked @param {(on: boolean) => void} change */
export function tick(label, checked, change) {
  const input = html("input", { type: "checkbox", checked, change: () => change(input.checked) });
  return html("label", { class: "tick" }, input, html("span", {}, label));
}

/** A switch that stays in: pressed or not. @param {string} label @param {boolean} pressed @param {(on: boolean) => void} change */
export function toggle(label, pressed, change) {
  const button = html("button", { type: "button", class: "toggle", "aria-pressed": String(pressed) }, label);
  button.addEventListener("click", () => change(button.getAttribute("aria-pressed") !== "true"));
  return button;
}

let dialogs = 0;

/** A dialog that goes when it is closed. @param {string} title @param {(Node | string)[]} content
 * @param {{action?: string, act?: () => void, wide?: boolean}} [more] a button that does what the dialog is for */
export function openDialog(title, content, { action = "", act, wide = false } = {}) {
  const id = `dialog-${++dialogs}`;
  const close = html("button", { type: "button", click: () => dialog.close() }, word(act ? "Cancel" : "Close"));
  const buttons = act ? [close, html("button", { type: "submit", class: "primary" }, action)] : [close];
  const body = html("div", { class: "dialog-body" }, ...content);
  const form = html(
    "form",
    { method: "dialog", submit: () => act?.() },
    html("h2", { id }, title),
    body,
    html("footer", {}, ...buttons),
  );
  const dialog = html("dialog", { "aria-labelledby": id, class: wide ? "wide" : "" }, form);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  if (body.scrollHeight > body.clientHeight) body.tabIndex = 0;
  return dialog;
}
