/** @file The dialog of settings. */

/** @import {App} from "./app.js" */
/** @import {Settings} from "./settings.js" */
import { html } from "../library/dom.js";
import { choice, numberField, openDialog, tick } from "./controls.js";
import { LANGUAGES, word } from "./words.js";

/** Light or dark, by choice or by the system. @param {Settings} settings */
export function applyScheme({ scheme }) {
  const isDark = scheme ? scheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark", isDark);
  document.documentElement.style.colorScheme = isDark ? "dark" : "light";
}

/** The fields for language and appearance. @param {{settings: Settings, set: (settings: Partial<Settings>) => void}} app */
export function looks(app) {
  const { settings } = app;
  const languages = /** @type {[string, string][]} */ ([["", word("of the browser")], ...Object.entries(LANGUAGES)]);
  const language = choice(word("Language"), languages, settings.language, (value) => {
    app.set({ language: value });
    location.reload();
  });
  const scheme = choice(
    word("Appearance"),
    [
      ["", word("of the system")],
      ["light", word("light")],
      ["dark", word("dark")],
    ],
    settings.scheme,
    (value) => {
      app.set({ scheme: value });
      applyScheme(settings);
    },
  );
  return [language.field, scheme.field];
}

/** @param {App} app */
export function openSettings(app) {
  const { settings } = app;
  const label = choice(
    word("Number on candidates"),
    [
      ["rate", word("Win rate")],
      ["loss", word("Points lost")],
      ["lead", word("Lead")],
      ["visits", word("Visits")],
    ],
    settings.label,
    (value) => app.set({ label: value }),
  );
  const perspective = choice(
    word("Numbers are seen by"),
    [
      ["mover", word("the player to move")],
      ["black", word("Black")],
      ["white", word("White")],
    ],
    settings.perspective,
    (value) => app.set({ perspective: value }),
  );
  const confirm = choice(
    word("Confirm moves"),
    [
      ["auto", word("on small screens")],
      ["always", word("always")],
      ["never", word("never")],
    ],
    settings.confirm,
    (value) => app.set({ confirm: value }),
  );
  const least = numberField(word("Hide candidates below (% of visits)"), {
    min: 0,
    max: 50,
    step: 0.5,
    value: settings.least,
  });
  least.input.addEventListener("change", () => app.set({ least: Math.max(Number(least.input.value) || 0, 0) }));
  const name = html("input", { type: "text", value: settings.name, maxlength: 60 });
  name.addEventListener("change", () => {
    app.set({ name: name.value });
    app.connection.renew?.();
  });
  /** @param {"wood" | "coordinates" | "numbers" | "next" | "candidates" | "dots" | "sounds"} key @param {string} text */
  const on = (key, text) => tick(word(text), settings[key], (value) => app.set({ [key]: value }));
  openDialog(
    word("Settings"),
    [
      html(
        "fieldset",
        { class: "fields" },
        ...looks(app),
        label.field,
        perspective.field,
        least.field,
        confirm.field,
        html("label", { class: "field" }, html("span", {}, word("Your name")), name),
      ),
      html(
        "fieldset",
        { class: "ticks" },
        on("wood", "Wood and shaded stones"),
        on("coordinates", "Coordinates"),
        on("numbers", "Move numbers"),
        on("next", "Where the record goes on"),
        on("candidates", "Candidates on the board"),
        on("dots", "What the last moves lost"),
        on("sounds", "Sounds"),
      ),
    ],
    { wide: true },
  );
}
