/** @file The page's state: the connection, what is looked at, what is known of it, and who is told of changes. */

/** @import {Asked, Analysis, EngineState, GameName, Judged, Told, Viewer, Welcome} from "./messages.js" */
/** @import {Link} from "./connection.js" */
/** @import {Change} from "./panel.js" */
/** @import {Settings} from "./settings.js" */
import { Looking } from "./looking.js";
import { Painter } from "./painter.js";
import { word } from "./words.js";
import { keepSettings, readSettings } from "./settings.js";

/** @typedef {Analysis | (Judged & {type?: undefined, loss?: number | null, rate_loss?: number | null})} Known of a position */

export class App extends Painter {
  /** @param {(app: App) => {send: (message: Asked) => boolean, renew?: () => void}} connect */
  constructor(connect) {
    super();
    this.settings = readSettings();
    this.looking = new Looking((message) => this.send(message));
    /** @type {Welcome | null} */
    this.welcome = null;
    /** @type {EngineState | null} */
    this.engine = null;
    /** @type {Link} */
    this.link = { isOpen: false, retryAt: null };
    /** @type {GameName[]} */
    this.games = [];
    /** @type {Viewer[]} */
    this.viewers = [];
    /** @type {Map<number, Known>} what is known of the game's positions, by node */
    this.known = new Map();
    /** @type {Map<number, Judged> | null} what a second net knows, while both are compared */
    this.compared = null;
    /** @type {number[] | null} the line that is shown on the board */
    this.shownLine = null;
    /** @type {number | null} the node from which it is shown, where that is not the one that is looked at */
    this.shownFrom = null;
    /** Moves that are searched, all if empty, and those that are not. @type {{only: number[], avoid: number[]}} */
    this.limits = { only: [], avoid: [] };
    /** @type {(text: string) => void} */
    this.announce = () => {};
    /** @type {(text: string) => void} a line of what went wrong, or was done */
    this.tell = () => {};
    /** @type {(tab: string) => void} */
    this.show = () => {};
    /** @type {((color: number) => void)} */
    this.sound = () => {};
    this.connection = connect(this);
  }

  get record() {
    return this.looking.record;
  }

  get node() {
    return this.looking.node;
  }

  /** The position that is looked at, or null. */
  get place() {
    return this.record && this.record.nodes.has(this.node) ? this.record.place(this.node) : null;
  }

  /** What is known of a position. @param {number} node */
  analysisAt(node) {
    return this.known.get(node) ?? null;
  }

  /** How a position stands: as it is known, else as the search of the one before it saw the move that leads here.
   * @param {number} node @returns {{visits: number, black_win_rate: number, black_lead: number | null} | null} */
  standingAt(node) {
    const known = this.analysisAt(node);
    const move = this.record?.get(node)?.move;
    if (known || !move) return known;
    const before = this.analysisAt(this.record?.parent(node) ?? -1);
    return before?.candidates.find((each) => each.move === move[1]) ?? null;
  }

  /** What the move of a node lost, as far as it is known: points, and a share of a win; null where it is not.
   * @param {number} node @returns {{points: number | null, rate: number | null}} */
  lossOf(node) {
    const [color] = this.record?.get(node)?.move ?? [0];
    const known = this.known.get(node);
    const before = this.known.get(this.record?.parent(node) ?? -1);
    if (!color || !known) return { points: null, rate: null };
    if (typeof known.loss === "number") return { points: known.loss, rate: known.rate_loss ?? null };
    if (!before) return { points: null, rate: known.rate_loss ?? null };
    const lost = (/** @type {number} */ from, /** @type {number} */ to) => Math.max(color * (from - to), 0);
    const hasLeads = before.black_lead !== null && known.black_lead !== null;
    return {
      points: hasLeads ? lost(Number(before.black_lead), Number(known.black_lead)) : null,
      rate: lost(before.black_win_rate, known.black_win_rate),
    };
  }

  /** @param {Asked} message */
  send(message) {
    return this.connection.send(message);
  }

  /** The first message of a connection: who one is, and what was looked at. @returns {Asked} */
  hello() {
    const place = placeInAddress();
    const game = this.record?.game ?? place.game;
    const node = this.record && !this.looking.isProvisional ? this.node : place.node;
    return { type: "hello", name: this.settings.name, game, node: game === null ? null : node };
  }

  /** @param {Link} link */
  linked(link) {
    this.link = link;
    if (!link.isOpen) this.looking.break();
    this.changed("link", "node");
  }

  /** @param {Told} message */
  hear(message) {
    this.#take(message);
    for (const panel of this.panels) panel.hear(message);
  }

  /** @param {Told} message */
  #take(message) {
    const { looking } = this;
    switch (message.type) {
      case "welcome":
        this.welcome = message;
        this.games = message.games;
        this.#greet();
        return this.changed("link", "game");
      case "games":
        this.games = message.games;
        if (this.record && !message.games.some(({ game }) => game === this.record?.game)) location.replace("/");
        return this.changed("viewers");
      case "game":
        if (this.record?.game !== message.game) this.#forget();
        looking.open(message);
        if (this.settings.analysis) this.#analyze();
        keepAddress(message.game, looking.node);
        return this.changed("game", "node");
      case "game_changed": {
        const before = this.node;
        looking.change(message);
        // What is looked at may have got its number only now: then it is still what was looked at last.
        if (before !== this.node) this.lately = this.record?.path(this.node);
        return this.changed("game", ...(before === this.node ? [] : [/** @type {Change} */ ("node")]));
      }
      case "at":
        if (looking.arrive(message)) this.#moved();
        return;
      case "viewers":
        this.viewers = message.viewers;
        return this.changed("viewers");
      case "analysis":
        return this.learn(message.game, [message]);
      case "reviewed":
        return message.net === null || message.net === undefined
          ? this.learn(message.game, message.positions)
          : undefined;
      case "engine_state":
        this.engine = message;
        return this.changed("engine");
      case "failed":
        looking.fail(message.about);
        this.tell(word(message.reason));
        return this.changed("node");
    }
  }

  /** A record of the library that the address names. */
  #greet() {
    const open = new URLSearchParams(location.search).get("open");
    if (open && !this.record) this.send({ type: "open", path: open });
  }

  #forget() {
    this.known.clear();
    this.viewers = [];
    this.limits = { only: [], avoid: [] };
    this.shownLine = this.shownFrom = null;
  }

  /** What is known better than before; a search that begins anew does not put out what a review knows.
   * @param {string} game @param {Known[]} positions */
  learn(game, positions) {
    if (game !== this.record?.game) return;
    for (const each of positions) {
      const before = this.known.get(each.node);
      if (each.visits === 0) continue;
      if (!before || before.visits <= each.visits || this.isLimited) this.known.set(each.node, each);
      else if (each.type === "analysis") this.known.set(each.node, { ...each, ...judgement(before) });
    }
    this.changed("analysis");
  }

  /** Whether the search is kept to some moves, or from some. */
  get isLimited() {
    return this.limits.only.length > 0 || this.limits.avoid.length > 0;
  }

  /** @param {number} node */
  go(node) {
    if (this.looking.go(node)) this.#moved();
  }

  /** So many moves on, or with a negative number back. @param {number} steps */
  step(steps) {
    const { record } = this;
    if (!record) return;
    let node = this.node;
    for (let left = Math.abs(steps); left > 0; left--) {
      const next = steps < 0 ? record.parent(node) : this.next(node);
      if (next === null) break;
      node = next;
    }
    this.go(node);
  }

  /** The child that was looked at last, else the first one. @param {number} node @returns {number | null} */
  next(node) {
    const children = this.record?.children(node) ?? [];
    return children.find((child) => this.lately?.includes(child)) ?? children[0] ?? null;
  }

  /** @param {number} point the number of points passes */
  play(point) {
    const color = this.place?.toPlay ?? 1;
    if (!this.looking.play(point)) return;
    this.sound(color);
    this.#moved();
  }

  /** Play out a line below what is looked at. @param {number[]} points */
  playLine(points) {
    if (points.length === 1) this.play(points[0]);
    else if (points.length && !this.looking.isProvisional) this.send({ type: "play_line", node: this.node, points });
  }

  /** To where this line left the main line, or its end where it did not. */
  goMain() {
    const { record } = this;
    if (record) this.go(record.path(this.node).findLast((each) => record.isMain(each)) ?? record.root);
  }

  /** To the variation above or below, of the nearest node up from here that has some.
   * @param {number} steps */
  sidestep(steps) {
    const { record } = this;
    if (!record) return;
    for (const node of record.path(this.node).reverse()) {
      const siblings = record.children(record.parent(node) ?? -1);
      const next = siblings[siblings.indexOf(node) + steps];
      if (next !== undefined) return this.go(next);
    }
  }

  pass() {
    if (this.record) this.play(this.record.points);
  }

  #moved() {
    const { record } = this;
    if (record) {
      const path = record.path(this.node);
      if (!this.lately?.includes(this.node)) this.lately = path;
      if (!this.looking.isProvisional) keepAddress(record.game, this.node);
    }
    this.shownLine = this.shownFrom = null;
    if (this.limits.only.length || this.limits.avoid.length) this.limit({ only: this.limits.only, avoid: [] });
    this.changed("node", "preview");
  }

  /** Show a line on the board from here or from another node, or none. @param {number[] | null} points
   * @param {number | null} [from] */
  preview(points, from = null) {
    if (this.shownLine === points) return;
    this.shownLine = points;
    this.shownFrom = from;
    this.changed("preview");
  }

  /** Search, or stop until this is asked for again. @param {boolean} on */
  analyze(on) {
    this.set({ analysis: on });
    this.#analyze();
  }

  /** Restrict what is searched. @param {{only: number[], avoid: number[]}} limits */
  limit(limits) {
    this.limits = limits;
    if (this.settings.analysis) this.#analyze();
    this.changed("settings");
  }

  #analyze() {
    const only = this.limits.only.filter((point) => !this.place?.stones[point]);
    const { analysis: on, ownership } = this.settings;
    this.send({ type: "analyze", on, only, avoid: this.limits.avoid, ownership });
  }

  /** @param {Partial<Settings>} settings */
  set(settings) {
    Object.assign(this.settings, settings);
    keepSettings(this.settings);
    if ("ownership" in settings && this.settings.analysis) this.#analyze();
    this.changed("settings");
  }
}

/** @returns {{game: string | null, node: number | null}} */
function placeInAddress() {
  const words = new URLSearchParams(location.hash.slice(1) || location.search);
  const node = words.get("node");
  return { game: words.get("game"), node: node !== null && /^\d+$/.test(node) ? Number(node) : null };
}

/** Milliseconds between two changes of the address; browsers refuse more than a few a second. */
const ADDRESS_PACE = 100;

let timer = 0;
let written = -Infinity;

/** Writes the place down at once, or a little later where it was just written. @param {string} game @param {number} node */
function keepAddress(game, node) {
  clearTimeout(timer);
  const write = () => {
    written = performance.now();
    history.replaceState(null, "", `#${new URLSearchParams({ game, node: String(node) })}`);
  };
  const left = written + ADDRESS_PACE - performance.now();
  if (left > 0) timer = setTimeout(write, left);
  else write();
}

/** What was found of a position, without what only an analysis has. @param {Known} known */
function judgement({ visits, black_win_rate, black_lead, candidates }) {
  return { visits, black_win_rate, black_lead, candidates };
}
