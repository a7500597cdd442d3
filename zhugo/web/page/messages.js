/** @file What page and server say to each other, as `messages.py` states it; a test holds the names together. */

/** @typedef {1 | -1} Color 1 for Black, -1 for White */

/**
 * @typedef {object} Clock
 * @property {"absolute" | "byoyomi" | "canadian" | "fischer"} system
 * @property {number} main
 * @property {number} [period]
 * @property {number} [periods]
 * @property {number} [stones]
 */

/**
 * @typedef {object} Opponent
 * @property {number} [human]
 * @property {string | null} [level]
 * @property {number | null} [visits]
 * @property {number | null} [seconds]
 * @property {Clock | null} [clock]
 * @property {number | null} [teaching]
 */

/**
 * @typedef {object} GameName
 * @property {string} game
 * @property {string} title
 * @property {number} changed
 * @property {number} moves
 * @property {boolean} played
 */

/**
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {number} viewer
 * @property {string} version
 * @property {string} net
 * @property {string[]} levels
 * @property {string[]} rules
 * @property {string[]} nets
 * @property {boolean} library
 * @property {GameName[]} games
 */

/** @typedef {{type: "games", games: GameName[]}} Games */

/**
 * @typedef {object} Node
 * @property {number} node
 * @property {number | null} [parent]
 * @property {number[]} [children]
 * @property {[number, number] | null} [move] color and point
 * @property {number[]} [black]
 * @property {number[]} [white]
 * @property {number[]} [empty]
 * @property {number | null} [to_play]
 * @property {string} [comment]
 * @property {string} [name]
 * @property {[number, string][]} [marks]
 * @property {[number, string][]} [labels]
 * @property {[number, number, string][]} [lines]
 * @property {number | null} [left]
 * @property {number | null} [stones]
 * @property {string} [good]
 * @property {string} [illegal]
 */

/**
 * @typedef {object} Game
 * @property {"game"} type
 * @property {string} game
 * @property {string} title
 * @property {number} width
 * @property {number} height
 * @property {string} rules
 * @property {number} komi
 * @property {number} handicap
 * @property {Record<string, string>} about
 * @property {string[]} notes
 * @property {number} root
 * @property {Node[]} nodes
 */

/**
 * @typedef {object} GameChanged
 * @property {"game_changed"} type
 * @property {string} game
 * @property {Node[]} nodes
 * @property {number[]} removed
 * @property {Record<string, string> | null} about
 */

/** @typedef {{type: "at", game: string, node: number, viewer: number | null}} At */
/** @typedef {{viewer: number, name: string, node: number, follows: number | null}} Viewer */
/** @typedef {{type: "viewers", game: string, viewers: Viewer[]}} Viewers */

/**
 * @typedef {object} Candidate
 * @property {number} move
 * @property {number} visits
 * @property {number} black_win_rate
 * @property {number | null} black_lead
 * @property {number} prior
 * @property {number | null} loss
 * @property {number[]} pv
 */

/**
 * @typedef {object} Analysis
 * @property {"analysis"} type
 * @property {string} game
 * @property {number} node
 * @property {number} visits
 * @property {number} black_win_rate
 * @property {number | null} black_lead
 * @property {Candidate[]} candidates
 * @property {number[]} ownership
 * @property {number[]} policy
 * @property {boolean} running
 * @property {number} visits_per_second
 * @property {number | null} loss
 * @property {number | null} rate_loss
 */

/** @typedef {{seconds: number, overtime: boolean, periods: number, stones: number}} ClockLeft */
/** @typedef {{type: "warned", game: string, node: number, loss: number, better: number[][]}} Warned */

/**
 * @typedef {object} Count
 * @property {number[]} dead
 * @property {number[]} black_land
 * @property {number[]} white_land
 * @property {number} black
 * @property {number} white
 * @property {string} result
 * @property {number[]} unsure
 */

/**
 * @typedef {object} Play
 * @property {"play"} type
 * @property {string} game
 * @property {number} node
 * @property {"person" | "engine" | "warned" | "counting" | "over"} state
 * @property {number} turn
 * @property {Opponent} opponent
 * @property {[ClockLeft, ClockLeft] | null} clocks
 * @property {Color | null} running
 * @property {boolean} paused
 * @property {string} result
 * @property {number} undos
 * @property {Candidate[]} hint
 * @property {Count | null} count
 * @property {string} said
 */

/**
 * @typedef {object} Judged
 * @property {number} node
 * @property {number} visits
 * @property {number} black_win_rate
 * @property {number | null} black_lead
 * @property {Candidate[]} candidates
 */

/** @typedef {{type: "reviewed", game: string, positions: Judged[], net: string | null}} Reviewed */

/**
 * @typedef {object} ReviewState
 * @property {"review_state"} type
 * @property {string} game
 * @property {boolean} running
 * @property {number} done
 * @property {number} of
 * @property {number} visits
 * @property {string | null} net
 * @property {string} failure
 */

/** @typedef {{moves: number, mean_loss: number | null, accuracy: number}} Phase */

/**
 * @typedef {object} PlayerSummary
 * @property {number} moves
 * @property {number} accuracy
 * @property {number | null} mean_loss
 * @property {number} best
 * @property {number} top
 * @property {number[]} losses
 * @property {Phase[]} phases
 * @property {string} strength
 */

/**
 * @typedef {object} Mistake
 * @property {number} node
 * @property {number} number
 * @property {number} color
 * @property {number} move
 * @property {number | null} loss
 * @property {number} rate_loss
 * @property {number} size
 * @property {number[]} better
 */

/**
 * @typedef {object} Summary
 * @property {"summary"} type
 * @property {string} game
 * @property {number[]} bounds
 * @property {[number, number]} phases
 * @property {PlayerSummary} black
 * @property {PlayerSummary} white
 * @property {Mistake[]} mistakes
 * @property {number[]} questions
 * @property {string | null} net
 */

/** @typedef {{name: string, path: string, folder: boolean}} Entry */
/** @typedef {{type: "library", path: string, entries: Entry[]}} Library */

/**
 * @typedef {object} EngineState
 * @property {"engine_state"} type
 * @property {boolean} there
 * @property {string} note
 * @property {string} net
 * @property {string} device
 * @property {number} busy
 * @property {number} mean_batch
 * @property {number} visits_per_second
 * @property {number} evaluations_per_second
 * @property {number} collisions_per_second
 * @property {number} parked
 * @property {boolean} trace
 */

/** @typedef {{type: "alive"}} Alive */

/** @typedef {{type: "failed", about: string, reason: string}} Failed */

/**
 * @typedef {Welcome | Games | Game | GameChanged | At | Viewers | Analysis | Warned | Play | Reviewed | ReviewState
 *   | Summary | Library | EngineState | Alive | Failed} Told
 */

/** @typedef {"undo" | "hint" | "keep" | "resign" | "count" | "toggle" | "agree" | "resume" | "pause" | "go_on" | "end"} Deed */

/**
 * @typedef {(
 *   {type: "hello", name: string, game: string | null, node: number | null}
 *   | {type: "new_game", width: number, height: number, rules: string, komi: number | null, handicap: number, opponent: Opponent | null}
 *   | {type: "load", name: string, data: string}
 *   | {type: "browse", path: string}
 *   | {type: "open", path: string}
 *   | {type: "join", game: string, node?: number | null}
 *   | {type: "remove", game: string}
 *   | {type: "go", node: number}
 *   | {type: "play_move", node: number, point: number}
 *   | {type: "play_line", node: number, points: number[]}
 *   | {type: "edit", node: number, what: "delete" | "promote" | "comment" | "mark", text?: string, points?: number[]}
 *   | {type: "follow", viewer: number | null}
 *   | {type: "analyze", on: boolean, only?: number[], avoid?: number[], every?: number, visits?: number | null, ownership?: boolean}
 *   | {type: "start", opponent: Opponent}
 *   | {type: "act", what: Deed, point?: number | null}
 *   | {type: "review", visits: number, net?: string | null}
 * )} Asked
 */

/** Characters of a message to the server. */
export const MAX_FRAME = 16 << 20;
