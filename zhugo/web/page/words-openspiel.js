/** @file Words of a game of OpenSpiel. */

/** @import {Row} from "./words.js" */

// prettier-ignore
/** @type {Record<string, Row>} */
export const OPENSPIEL_WORDS = {
  "Player 1": ["玩家 1", "プレイヤー 1", "플레이어 1", "Spieler 1"],
  "Player 2": ["玩家 2", "プレイヤー 2", "플레이어 2", "Spieler 2"],
  "Game": ["对局", "対局", "대국", "Spiel"],
  "Moves": ["着法", "手", "수", "Züge"],
  "Person": ["人", "人", "사람", "Mensch"],
  "{player} to move": ["轮到{player}", "{player}の番", "{player} 차례", "{player} ist am Zug"],
  "The game is over: a draw": ["对局结束：平局", "ゲーム終了：引き分け", "게임 종료: 무승부", "Das Spiel ist aus: unentschieden"],
  "{player} has won": ["{player}获胜", "{player}の勝ち", "{player} 승리", "{player} hat gewonnen"],
  "drawn by {player}": ["{player}画的线", "{player}が引いた線", "{player}이(가) 그은 선", "gezogen von {player}"],
  "Legal moves": ["合法着法", "合法手", "둘 수 있는 수", "Erlaubte Züge"],
  "Redo": ["重做", "やり直す", "다시 하기", "Wiederholen"],
  "Let the engine move": ["让引擎走棋", "エンジンに指させる", "엔진이 두게 하기", "Engine ziehen lassen"],
  "Visits of a move": ["每步访问数", "一手の訪問数", "한 수의 방문 수", "Besuche je Zug"],
  "Seconds of a move": ["每步秒数", "一手の秒数", "한 수의 초", "Sekunden je Zug"],
  "Expected": ["预期", "予想", "예상", "Erwartet"],
  "No net was given: the engine knows the rules and nothing else, and looks ahead.": ["没有给出网络：引擎只知道规则，靠计算往前看。", "ネットが指定されていません：エンジンはルールだけを知り、先を読みます。", "신경망이 지정되지 않았습니다. 엔진은 규칙만 알고 앞을 내다봅니다.", "Kein Netz wurde angegeben: Die Engine kennt nur die Regeln und rechnet voraus."],
};
