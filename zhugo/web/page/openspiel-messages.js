/** @file What the page of a game of OpenSpiel and the server say to each other, as `openspiel/messages.py` states it. */

/** @import {EngineState} from "./messages.js" */

/** @typedef {"person" | "engine"} Kind who plays a side */

/** @typedef {{type: "welcome", version: string, title: string, ignorant: boolean, usual_visits: number}} Welcome */

/** @typedef {{move: number, name: string, across: boolean, row: number, column: number, drawn: number}} Line */

/** @typedef {{kind: "dots", rows: number, columns: number, lines: Line[], boxes: number[]}} DotsView */

/** @typedef {{move: number, name: string}} NamedMove */

/** @typedef {{kind: "words", picture: string, moves: NamedMove[]}} WordsView */

/** @typedef {{player: number, name: string, rate: number | null}} Played */

/**
 * @typedef {object} Position
 * @property {"position"} type
 * @property {number} node
 * @property {number} number
 * @property {Played[]} moves
 * @property {number | null} rate
 * @property {number} to_play
 * @property {number | null} result
 * @property {[number, number] | null} score
 * @property {DotsView | WordsView} board
 * @property {number | null} last
 * @property {[Kind, Kind]} players
 * @property {number | null} visits
 * @property {number | null} seconds
 * @property {boolean} thinking
 * @property {boolean} waits
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 */

/** @typedef {{move: number, visits: number, rate: number, prior: number, pv: number[], names: string[]}} Candidate */

/**
 * @typedef {object} Analysis
 * @property {"analysis"} type
 * @property {number} node
 * @property {number} visits
 * @property {number} rate
 * @property {Candidate[]} candidates
 * @property {boolean} running
 * @property {number} visits_per_second
 */

/** @typedef {Welcome | Position | Analysis | EngineState | {type: "alive"} | {type: "failed", about: string, reason: string}} Told */

/**
 * @typedef {{type: "hello", name?: string}
 *   | {type: "players", first: Kind, second: Kind, visits: number | null, seconds: number | null}
 *   | {type: "new_game"}
 *   | {type: "play_move", number: number, move: number}
 *   | {type: "undo"}
 *   | {type: "redo"}
 *   | {type: "go", number: number}
 *   | {type: "go_on"}
 *   | {type: "analyze", on: boolean, every?: number, visits?: number | null}
 * } Asked
 */

export {};
