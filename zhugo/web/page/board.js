/** @file The board of the page: what is looked at, what is known of it, and what hands and keys do there. */

/** @import {App} from "./app.js" */
/** @import {Count} from "./messages.js" */
/** @import {Change} from "./panel.js" */
import { html } from "../library/dom.js";
import { Goban } from "../library/goban.js";
import { Hands, rectangle } from "../library/hands.js";
import { lossClass } from "../library/losses.js";
import { pointName } from "../library/points.js";
import { discs, enough } from "./candidates.js";
import { Panel } from "./panel.js";
import { inWords } from "./position.js";
import { word } from "./words.js";

/** Moves back from here whose losses are shown. */
const JUDGED = 3;
/** Pixels of a window below which a tap only shows the stone. */
const SMALL = 700;

const EMPTY = { width: 19, height: 19 };

export class BoardPanel extends Panel {
  /** @param {App} app @param {{newGame: (against: boolean) => void, choose: () => void}} acts */
  constructor(app, acts) {
    super(app, "board-panel");
    /** @type {number | null} the point under the mouse */
    this.hover = null;
    /** Whether the line that is shown is that of a candidate under the mouse. */
    this.previews = false;
    /** The node whose position is drawn. */
    this.drawn = -1;
    /** @type {number | null} a stone that a tap has shown and another one plays */
    this.offered = null;
    /** @type {number | null} the point that the keys are on */
    this.cursor = null;
    /** Whether a drag restricts the search. */
    this.picksRegion = false;
    /** @type {number[]} what a drag marks now */
    this.region = [];
    /** @type {string} the markup that a press puts down, "" for stones */
    this.tool = "";
    /** The count that is to be seen here, and what takes presses meanwhile, if they have a use.
     * @type {() => {count: Count, toggle: ((point: number) => void) | null} | null} */
    this.counting = () => null;
    /** Who hears of presses while a move is to be found here; what would give it away is hidden.
     * @type {((point: number) => void) | null} */
    this.finding = null;
    this.confirm = html("button", {
      type: "button",
      class: "primary confirm",
      hidden: true,
      click: () => this.#playOffered(),
    });
    this.frame = html("div", { class: "frame" });
    this.welcome = this.#greeting(acts);
    this.element.append(this.frame, this.confirm, this.welcome);
    this.goban = this.#make("");
  }

  /** What to do while no game is open. @param {{newGame: (against: boolean) => void, choose: () => void}} acts */
  #greeting({ newGame, choose }) {
    const play = html(
      "button",
      { type: "button", class: "primary", click: () => newGame(true) },
      word("Play the engine"),
    );
    const explore = html("button", { type: "button", click: () => newGame(false) }, word("Explore an empty board"));
    const open = html("button", { type: "button", click: choose }, word("Open a record"));
    const title = html("h2", {}, word("Welcome"));
    const text = html("p", {}, word("Drop SGF files anywhere, or paste a record."));
    return html("div", { class: "welcome", hidden: true }, html("div", {}, title, text, play, explore, open));
  }

  /** @param {string} look */
  #make(look) {
    const { wood, coordinates } = this.app.settings;
    const goban = new Goban(this.app.record?.size ?? EMPTY, { wood, coordinates }, word("Board"));
    this.look = look;
    goban.element.tabIndex = 0;
    goban.element.setAttribute("role", "application");
    goban.element.setAttribute("aria-roledescription", word("Board"));
    goban.element.addEventListener("keydown", (event) => this.#obey(event));
    goban.element.addEventListener("blur", () => this.#leave());
    new Hands(goban, {
      hover: (point) => this.#hovered(point),
      press: (point, isFinger) => this.#press(point, isFinger),
      menu: (point) => this.#avoid(point),
      dragsRegion: () => this.picksRegion,
      region: (from, to, isOver) => this.#drag(from, to, isOver),
      wheel: (steps) => this.app.step(steps),
    });
    this.frame.replaceChildren(goban.element);
    const { width, height } = goban.grid;
    document.documentElement.style.setProperty("--aspect", String(width / height));
    return goban;
  }

  /** @param {ReadonlySet<Change>} changes */
  draw(changes) {
    const { app } = this;
    const { wood, coordinates } = app.settings;
    const { width, height } = app.record?.size ?? EMPTY;
    const look = [wood, coordinates, width, height].join();
    const isNew = look !== this.look;
    this.welcome.hidden = app.record !== null || app.welcome === null;
    if (isNew) this.goban = this.#make(look);
    const isElsewhere = this.drawn !== this.#seen;
    if (
      isNew ||
      isElsewhere ||
      ["node", "game", "settings"].some((each) => changes.has(/** @type {Change} */ (each)))
    ) {
      this.#drawPosition();
    }
    if (changes.size > 1 || !changes.has("viewers")) this.#drawKnown();
    this.#drawHands();
  }

  /** The node whose position is shown: that which is looked at, or from which a line is shown. */
  get #seen() {
    const { record, node, shownFrom } = this.app;
    return shownFrom !== null && record?.nodes.has(shownFrom) ? shownFrom : node;
  }

  #drawPosition() {
    const { record, settings } = this.app;
    const { goban } = this;
    const node = this.#seen;
    this.drawn = node;
    this.offered = null;
    const place = record?.nodes.has(node) ? record.place(node) : null;
    if (!record || !place) {
      goban.showStones(new Int8Array(goban.points));
      return;
    }
    const { marks = [], labels = [], lines = [] } = record.get(node) ?? {};
    goban.showStones(place.stones);
    goban.showLast(place.last?.[1] ?? null);
    goban.showNumbers(settings.numbers ? record.numbers(node) : new Map());
    goban.showMarkup(marks, labels, lines);
    const next = record.children(node).map((child) => record.get(child)?.move?.[1] ?? record.points);
    goban.showNext(settings.next && this.finding === null ? next : []);
    goban.element.setAttribute("aria-label", inWords(record, node));
    this.element.dataset.node = String(node);
  }

  #drawKnown() {
    const { app, goban } = this;
    const { record, place, settings, shownLine } = app;
    const known = record ? app.analysisAt(app.node) : null;
    if (!record || !place) return;
    const counting = this.counting();
    const shows = settings.candidates && shownLine === null && counting === null && this.finding === null;
    goban.showCandidates(shows && known ? discs(known.candidates, place.toPlay, settings) : []);
    const details = known && known.type === "analysis" ? known : { ownership: [], policy: [] };
    goban.showOwners(settings.ownership && shownLine === null && counting === null ? details.ownership : []);
    goban.showPolicy(settings.policy && shownLine === null ? details.policy : []);
    goban.showLine(shownLine, record.nodes.has(this.#seen) ? record.place(this.#seen).toPlay : place.toPlay);
    goban.showLosses(settings.dots && !settings.numbers ? this.#losses() : new Map());
    goban.showDead(counting?.count.dead ?? []);
    this.#drawArea();
  }

  /** Classes of what the last moves lost, by their points. */
  #losses() {
    const { app } = this;
    const found = new Map();
    const path = app.record?.path(app.node) ?? [];
    for (const node of path.slice(-JUDGED)) {
      const move = app.record?.get(node)?.move;
      const size = lossClass(app.lossOf(node).points, app.lossOf(node).rate);
      const isThere = move && app.place?.stones[move[1]] === move[0];
      if (size !== null && isThere) found.set(move[1], size);
    }
    return found;
  }

  #drawArea() {
    const { only, avoid } = this.app.limits;
    const found = new Map();
    const { black_land = [], white_land = [] } = this.counting()?.count ?? {};
    for (const point of black_land) found.set(point, "black-land");
    for (const point of white_land) found.set(point, "white-land");
    for (const point of only) found.set(point, "only");
    for (const point of this.region) found.set(point, "region");
    for (const point of avoid) found.set(point, "avoid");
    this.goban.showArea(found);
  }

  #drawHands() {
    const { app, goban } = this;
    const toPlay = app.place?.toPlay ?? 1;
    const hidesGhost = this.tool !== "" || this.counting() !== null || app.shownLine !== null || this.picksRegion;
    const point = this.offered ?? this.cursor ?? this.hover;
    goban.showGhost(hidesGhost && this.offered === null ? null : point, toPlay, this.offered !== null);
    if (this.cursor !== null) goban.showCursor(this.cursor);
    goban.element.classList.toggle("crosshair", this.picksRegion);
    this.confirm.hidden = this.offered === null;
    if (this.offered !== null)
      this.confirm.textContent = word("Play {move}", { move: pointName(goban.size, this.offered) });
  }

  /** @param {number | null} point */
  #hovered(point) {
    if (point === this.hover) return;
    this.hover = point;
    const line = this.#lineAt(point);
    const isInLine = this.previews && point !== null && this.app.shownLine?.includes(point);
    if (line || !isInLine) this.app.preview(line);
    this.previews = line !== null || Boolean(isInLine);
    this.#drawHands();
  }

  /** The line that begins with a candidate that is shown at a point, or null. @param {number | null} point */
  #lineAt(point) {
    const { record, node, settings } = this.app;
    if (!record || !settings.candidates || this.counting() !== null || this.finding !== null) return null;
    const known = this.app.analysisAt(node);
    const under = enough(known?.candidates ?? [], settings.least).find((each) => each.move === point);
    return under ? (under.pv.length ? under.pv : [under.move]) : null;
  }

  /** @param {number} point @param {boolean} isFinger */
  #press(point, isFinger) {
    const { app } = this;
    const { toggle = null } = this.counting() ?? {};
    if (toggle) return this.goban.stones[point] ? toggle(point) : undefined;
    if (this.tool) {
      if (!app.looking.isProvisional)
        app.send({ type: "edit", node: app.node, what: "mark", text: this.tool, points: [point] });
      return;
    }
    const inLine = this.previews ? (app.shownLine?.indexOf(point) ?? -1) : -1;
    if (inLine > 0 && !isFinger) return app.playLine(app.shownLine?.slice(0, inLine + 1) ?? []);
    const { confirm } = app.settings;
    const asks = confirm === "always" || (confirm === "auto" && isFinger && innerWidth < SMALL);
    if (asks && this.offered !== point) {
      this.offered = this.goban.stones[point] ? null : point;
      app.preview(this.offered === null ? null : this.#lineAt(point));
      return this.#drawHands();
    }
    this.offered = null;
    this.#play(point);
  }

  #playOffered() {
    const point = this.offered;
    this.offered = null;
    if (point !== null) this.#play(point);
  }

  /** @param {number} point */
  #play(point) {
    if (this.finding) this.finding(point);
    else this.app.play(point);
  }

  /** @param {number} point */
  #avoid(point) {
    const { only, avoid } = this.app.limits;
    const rest = avoid.filter((each) => each !== point);
    this.app.limit({ only, avoid: rest.length < avoid.length ? rest : [...avoid, point] });
  }

  /** @param {number} from @param {number} to @param {boolean} isOver */
  #drag(from, to, isOver) {
    this.region = rectangle(from, to, this.goban.size.width);
    if (isOver) {
      const only = this.region.length > 1 ? this.region : [];
      this.region = [];
      this.picksRegion = false;
      this.app.limit({ only, avoid: this.app.limits.avoid });
    }
    this.#drawArea();
  }

  /** The keys take the board. */
  enter() {
    this.goban.element.focus();
    this.cursor = this.app.place?.last?.[1] ?? (this.goban.points - 1) / 2;
    if (this.cursor >= this.goban.points) this.cursor = Math.floor(this.goban.points / 2);
    this.cursor = Math.floor(this.cursor);
    this.#tellCursor();
    this.#drawHands();
  }

  #leave() {
    if (this.cursor === null) return;
    this.cursor = null;
    this.app.preview(null);
    this.#drawHands();
  }

  /** @param {KeyboardEvent} event */
  #obey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.cursor === null) {
      if (event.key !== "Enter") return;
      this.enter();
    } else if (event.key === "Escape") {
      this.#leave();
    } else if (event.key === "Enter" || event.key === " ") {
      this.#press(this.cursor, false);
    } else if (event.key === "Delete" || event.key === "x") {
      this.#avoid(this.cursor);
    } else if (!this.#steer(event.key)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} key */
  #steer(key) {
    const { width, height } = this.goban.size;
    const at = this.cursor ?? 0;
    const [column, row] = [at % width, Math.floor(at / width)];
    /** @type {Record<string, [number, number]>} */
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[key];
    if (!step) return false;
    const clamp = (/** @type {number} */ n, /** @type {number} */ size) => Math.min(Math.max(n, 0), size - 1);
    this.cursor = clamp(row + step[1], height) * width + clamp(column + step[0], width);
    this.#tellCursor();
    this.#drawHands();
    return true;
  }

  #tellCursor() {
    if (this.cursor === null) return;
    const stone = this.goban.stones[this.cursor];
    const color = stone ? `, ${word(stone > 0 ? "Black" : "White")}` : "";
    this.app.announce(pointName(this.goban.size, this.cursor) + color);
  }
}
