/** @file The dialog in which a game is begun, and how an opponent is chosen. */

/** @import {App} from "./app.js" */
/** @import {Clock, Opponent} from "./messages.js" */
import { html } from "../library/dom.js";
import { choice, numberField, openDialog, tick } from "./controls.js";
import { word } from "./words.js";

/** Points that a teaching game warns of. */
const TEACHING = 3;

/** Fields for the engine as an opponent; `read` gives what they say. @param {App} app */
export function opponentFields(app) {
  const levels = /** @type {[string, string][]} */ ([
    ["", word("its best")],
    ...(app.welcome?.levels ?? []).map((each) => [each, each]),
  ]);
  const color = choice(
    word("Your color"),
    [
      ["1", word("Black")],
      ["-1", word("White")],
    ],
    "1",
  );
  const level = choice(word("Level"), levels, "");
  const clock = clockFields();
  let isTeaching = false;
  const teaching = tick(
    `${word("Teaching")}: ${word("warn of moves that lose {n} points", { n: TEACHING })}`,
    false,
    (on) => (isTeaching = on),
  );
  const element = html("fieldset", { class: "fields" }, color.field, level.field, ...clock.fields, teaching);
  /** @returns {Opponent} */
  const read = () => ({
    human: Number(color.select.value) > 0 ? 1 : -1,
    level: level.select.value || null,
    clock: clock.read(),
    teaching: isTeaching ? TEACHING : null,
  });
  return { element, read };
}

/** @typedef {"main" | "period" | "periods" | "stones"} ClockPart */

/** @type {Record<string, ClockPart[]>} what each clock has */
const CLOCKS = {
  "": [],
  absolute: ["main"],
  byoyomi: ["main", "period", "periods"],
  canadian: ["main", "period", "stones"],
  fischer: ["main", "period"],
};

function clockFields() {
  const names = /** @type {[string, string][]} */ ([
    ["", word("none")],
    ["absolute", word("Absolute")],
    ["byoyomi", word("Byo-yomi")],
    ["canadian", word("Canadian")],
    ["fischer", word("Fischer")],
  ]);
  const inputs = {
    main: numberField(word("Minutes"), { min: 0, max: 1440, step: "any", value: 10 }),
    period: numberField(word("Seconds"), { min: 0, max: 3600, step: "any", value: 30 }),
    periods: numberField(word("Periods"), { min: 1, max: 100, value: 5 }),
    stones: numberField(word("Stones"), { min: 1, max: 100, value: 20 }),
  };
  const show = () => {
    for (const [name, { field }] of Object.entries(inputs))
      field.hidden = !CLOCKS[system.select.value].includes(/** @type {ClockPart} */ (name));
  };
  const system = choice(word("Clock"), names, "", show);
  show();
  /** @returns {Clock | null} */
  const read = () => {
    const parts = CLOCKS[system.select.value];
    if (!parts.length) return null;
    const number = (/** @type {ClockPart} */ part) =>
      parts.includes(part) ? Number(inputs[part].input.value) || 0 : 0;
    return {
      system: /** @type {Clock["system"]} */ (system.select.value),
      main: 60 * number("main"),
      period: number("period"),
      periods: number("periods"),
      stones: number("stones"),
    };
  };
  return { fields: [system.field, ...Object.values(inputs).map(({ field }) => field)], read };
}

/** @param {App} app @param {boolean} againstEngine what is chosen at first */
export function newGame(app, againstEngine) {
  const sizes = /** @type {[string, string][]} */ ([
    ["19", "19 × 19"],
    ["13", "13 × 13"],
    ["9", "9 × 9"],
    ["", word("other")],
  ]);
  const width = numberField("↔", { min: 2, max: 19, value: 19 });
  const height = numberField("↕", { min: 2, max: 19, value: 19 });
  const size = choice(word("Size"), sizes, "19", (value) => {
    const isOther = value === "";
    width.field.hidden = height.field.hidden = !isOther;
    if (!isOther) width.input.value = height.input.value = value;
  });
  width.field.hidden = height.field.hidden = true;
  const names = app.welcome?.rules.length ? app.welcome.rules : ["chinese", "japanese"];
  const rules = choice(
    word("Rules"),
    names.map((each) => /** @type {[string, string]} */ ([each, each])),
    names.includes("chinese") ? "chinese" : names[0],
  );
  const komi = numberField(word("Komi"), { min: -400, max: 400, step: 0.5, placeholder: word("by the rules") });
  const handicap = numberField(word("Handicap"), { min: 0, max: 9, value: 0 });
  const opponent = opponentFields(app);
  const who = choice(
    word("Opponent"),
    [
      ["engine", word("The engine")],
      ["", word("Nobody: explore freely")],
    ],
    againstEngine ? "engine" : "",
    (value) => (opponent.element.hidden = value === ""),
  );
  opponent.element.hidden = !againstEngine;
  const act = () => {
    app.send({
      type: "new_game",
      width: Number(width.input.value),
      height: Number(height.input.value),
      rules: rules.select.value,
      komi: komi.input.value === "" ? null : Number(komi.input.value),
      handicap: Number(handicap.input.value),
      opponent: opponent.element.hidden ? null : opponent.read(),
    });
    app.show(opponent.element.hidden ? "explore" : "play");
  };
  const fields = html(
    "fieldset",
    { class: "fields" },
    size.field,
    width.field,
    height.field,
    rules.field,
    komi.field,
    handicap.field,
    who.field,
  );
  openDialog(word("New game"), [fields, opponent.element], { action: word("Start"), act });
}
