/** @file The page of a game of OpenSpiel: its panels put together. */

/** @import {Key} from "../library/keys.js" */
/** @import {Asked, Told} from "./openspiel-messages.js" */
import { html } from "../library/dom.js";
import { listenToKeys } from "../library/keys.js";
import { Connection } from "./connection.js";
import { EnginePanel } from "./engine.js";
import { LinkPanel } from "./link.js";
import {
  FoundPanel,
  GameBoardPanel,
  MovesPanel,
  SeatsPanel,
  SidesPanel,
  StepsPanel,
  TitlePanel,
} from "./openspiel-panels.js";
import { Table } from "./openspiel-table.js";
import { applyScheme } from "./options.js";
import { openHelp } from "./shortcuts.js";
import { Voice } from "./voice.js";
import { speak, word } from "./words.js";

const ALL = 1 << 20;

/** @type {Table} */
const table = new Table(
  (it) =>
    new Connection(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`, {
      hello: () => /** @type {Asked} */ ({ type: "hello" }),
      hear: (/** @type {Told} */ message) => it.hear(message),
      changed: (link) => it.linked(link),
    }),
);
document.documentElement.lang = speak(table.settings.language);
applyScheme(table.settings);

const board = new GameBoardPanel(table);
const sides = new SidesPanel(table);
const steps = new StepsPanel(table);
const seats = new SeatsPanel(table);
const found = new FoundPanel(table);
const moves = new MovesPanel(table);
const engine = new EnginePanel(table);
const link = new LinkPanel(table);
/** @type {Voice<Table>} */
const voice = new Voice(table);
const title = new TitlePanel(table, link, { help: () => openHelp(keys) });

const to = (/** @type {number} */ by) => () => table.step(by);
/** @type {Key[]} */
const keys = [
  { name: "← →", does: `${word("Move back")}, ${word("Move on")}`, acts: { ArrowLeft: to(-1), ArrowRight: to(1) } },
  { name: "Home End", does: `${word("First move")}, ${word("Last move")}`, acts: { Home: to(-ALL), End: to(ALL) } },
  { name: "Space", does: word("Start or stop analysis"), acts: { " ": () => table.analyze(!table.settings.analysis) } },
  { name: "Enter", does: word("Play the best candidate"), acts: { Enter: () => table.playBest() } },
  { name: "u", does: word("Undo"), acts: { u: () => table.send({ type: "undo" }) } },
  { name: "r", does: word("Redo"), acts: { r: () => table.send({ type: "redo" }) } },
  {
    name: "k",
    does: `${word("A cursor on the board")}. ${word("On the board: arrows move, Enter plays, Escape leaves")}`,
    acts: { k: () => board.focus() },
  },
  { name: "n", does: word("New game"), acts: { n: () => table.send({ type: "new_game" }) } },
  { name: "?", does: word("Show this help"), acts: { "?": () => openHelp(keys) } },
];
listenToKeys(keys);

table.announce = (text) => voice.say(text);
table.tell = (text) => voice.tell(text);
table.panels = [board, sides, steps, seats, found, moves, engine, link, voice, title];
document.body.append(
  html("header", { class: "top" }, title.element),
  html(
    "main",
    {},
    html("div", { class: "left" }, sides.element, board.element, steps.element),
    html("div", { class: "right" }, seats.element, found.element, moves.element, engine.element),
  ),
  voice.element,
);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => applyScheme(table.settings));
table.changed("game", "node", "analysis", "settings", "link");
document.body.dataset.ready = "true";
