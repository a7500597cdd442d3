/** @file Words of the review. */

/** @import {Row} from "./words.js" */

// prettier-ignore
/** @type {Record<string, Row>} */
export const REVIEW_WORDS = {
  "Review this game": ["复盘此局", "この対局を検討する", "이 대국 복기하기", "Diese Partie durchsehen"],
};
