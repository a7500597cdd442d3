/** @file How a board shows what a search knows of its moves. */

/** @import {Analysis, Candidate} from "./openspiel-messages.js" */
import { short } from "../library/format.js";
import { percent, rateOf } from "../library/scores.js";

/** So many of the best moves have their numbers beside them, and some more if they have this share of the visits. */
const LABELS = 4;
const MOST_LABELS = 8;
const LEAST_SHARE = 0.02;

/** @typedef {{candidate: Candidate, heat: number, isBest: boolean, rate: string, visits: string, isLabelled: boolean}} Heat
 * `heat` in [0, 1], by visits; `rate`: the mover's, in percent */

/** What is shown of each move that was looked at. @param {Analysis | null} analysis @param {number} toPlay
 * @returns {Map<number, Heat>} by move */
export function heats(analysis, toPlay) {
  const found = analysis?.candidates ?? [];
  const most = Math.max(...found.map(({ visits }) => visits), 1);
  return new Map(
    found.map((candidate, at) => {
      const share = candidate.visits / most;
      return [
        candidate.move,
        {
          candidate,
          heat: Math.sqrt(share),
          isBest: at === 0,
          rate: percent(rateOf(candidate.rate, toPlay)),
          visits: short(candidate.visits),
          isLabelled: at < LABELS || (at < MOST_LABELS && share >= LEAST_SHARE),
        },
      ];
    }),
  );
}
