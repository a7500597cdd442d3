/** @file What keys do, and the dialogs that tell of them and take a move by its name. */

/** @import {Key} from "../library/keys.js" */
/** @import {App} from "./app.js" */
/** @import {BoardPanel} from "./board.js" */
import { html } from "../library/dom.js";
import { listenToKeys } from "../library/keys.js";
import { pointName } from "../library/points.js";
import { openDialog } from "./controls.js";
import { word } from "./words.js";

const ALL = 1 << 20;

/** @param {App} app @param {BoardPanel} board @param {{undo: () => void, remove: () => void, newGame: () => void}} acts */
export function listen(app, board, { undo, remove, newGame }) {
  const to = (/** @type {number} */ steps) => () => app.step(steps);
  const best = () => {
    const move = app.analysisAt(app.node)?.candidates[0]?.move;
    if (move !== undefined) app.play(move);
  };
  /** @type {Key[]} */
  const keys = [
    { name: "← →", does: `${word("Move back")}, ${word("Move on")}`, acts: { ArrowLeft: to(-1), ArrowRight: to(1) } },
    {
      name: "PageUp PageDown",
      does: `${word("Ten moves back")}, ${word("Ten moves on")}`,
      acts: { PageUp: to(-10), PageDown: to(10) },
    },
    { name: "Home End", does: `${word("First move")}, ${word("Last move")}`, acts: { Home: to(-ALL), End: to(ALL) } },
    {
      name: "↑ ↓",
      does: `${word("Variation above")}, ${word("Variation below")}`,
      acts: { ArrowUp: () => app.sidestep(-1), ArrowDown: () => app.sidestep(1) },
    },
    { name: "b", does: word("Back to the main line"), acts: { b: () => app.goMain() } },
    { name: "Space", does: word("Start or stop analysis"), acts: { " ": () => app.analyze(!app.settings.analysis) } },
    { name: "Enter", does: word("Play the best candidate"), acts: { Enter: best } },
    { name: "p", does: word("Pass"), acts: { p: () => app.pass() } },
    { name: "u", does: word("Undo"), acts: { u: undo } },
    { name: "m", does: word("Play a move by its name"), acts: { m: () => askForMove(app) } },
    {
      name: "k",
      does: `${word("A cursor on the board")}. ${word("On the board: arrows move, Enter plays, Escape leaves")}`,
      acts: { k: () => board.enter() },
    },
    { name: "o", does: word("Ownership"), acts: { o: () => app.set({ ownership: !app.settings.ownership }) } },
    { name: "y", does: word("Policy"), acts: { y: () => app.set({ policy: !app.settings.policy }) } },
    {
      name: "c",
      does: word("Candidates on the board"),
      acts: { c: () => app.set({ candidates: !app.settings.candidates }) },
    },
    { name: "t", does: word("Move numbers"), acts: { t: () => app.set({ numbers: !app.settings.numbers }) } },
    { name: "n", does: word("New game"), acts: { n: () => newGame() } },
    { name: "Delete", does: word("Delete"), acts: { Delete: remove } },
    { name: "?", does: word("Show this help"), acts: { "?": () => openHelp(keys) } },
  ];
  listenToKeys(keys);
  document.addEventListener("click", letGo);
  return keys;
}

/** A button that a mouse has pressed does not keep the keys. @param {MouseEvent} event */
function letGo({ detail, target }) {
  const pressed = detail > 0 && target instanceof Element ? target.closest("button") : null;
  pressed?.blur();
}

/** @param {Key[]} keys */
export function openHelp(keys) {
  const rows = keys.flatMap(({ name, does }) => [
    html("dt", {}, ...name.split(" ").map((each) => html("kbd", {}, each))),
    html("dd", {}, does),
  ]);
  openDialog(word("Keys"), [html("dl", { class: "keys" }, ...rows)], { wide: true });
}

/** @param {App} app */
function askForMove(app) {
  const { record } = app;
  if (!record) return;
  const input = html("input", {
    type: "text",
    autofocus: true,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: word("such as D4, or pass"),
    "aria-label": word("Move"),
  });
  const act = () => {
    const text = input.value.trim();
    const point = pointCalled(record.size, text);
    if (point === null) app.tell(word("There is no such point: {text}", { text }));
    else app.play(point);
  };
  openDialog(word("Play a move by its name"), [input], { action: word("Play"), act });
}

/** @param {{width: number, height: number}} size @param {string} text @returns {number | null} */
function pointCalled(size, text) {
  const points = size.width * size.height;
  if (["pass", word("pass").toLowerCase()].includes(text.toLowerCase())) return points;
  for (let point = 0; point < points; point++) if (pointName(size, point) === text.toUpperCase()) return point;
  return null;
}
