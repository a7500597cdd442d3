/** @file Words of the game against the engine. */

/** @import {Row} from "./words.js" */

/** @type {Record<string, Row>} */
export const PLAY_WORDS = {
  "No game against the engine is played here.": ["这里没有与引擎的对局。", "ここではエンジンとの対局はありません。", "여기서는 엔진과의 대국이 없습니다.", "Hier läuft keine Partie gegen die Engine."],
};
