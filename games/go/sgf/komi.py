"""Komi as files have it: points, stones, hundredths of either, words.

Servers of China count komi in stones (子), a half of it in points: 3.75 is 7.5 points. The Fox server (``AP[foxwq]``)
and others write hundredths: under Chinese rules of a stone, under others of a point; and 0 where a handicap leaves half
a point.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from games.go.rules import Rules
from games.go.sgf.properties import plain_number
from games.go.spec import MAX_KOMI

_FOX = re.compile(r"\b(?:fox|foxwq|txwq)\b|野狐|腾讯|騰訊", re.IGNORECASE)
_SERVER = re.compile(
    r"\b(?:tygem|tom|cyberoro|oro|wbaduk|yike\w*|eweiqi|101weiqi|golaxy|sina)\b|弈客|弈城|新浪|星阵", re.IGNORECASE
)
"""Of servers whose records count komi in hundredths, what stands in ``AP``, ``SO`` or ``PC``."""
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_NUMBER = re.compile(r"[-+]?\d{1,9}(?:\.\d{1,9})?|[-+]?\.\d{1,9}")
_FRACTION = re.compile(r"(\d{1,3})\s*/\s*(\d{1,3})")
_PARTS = re.compile(r"(\d{1,3})\s*分之\s*(\d{1,3})")
_HALF = ("半", "반", "half")
_STONES = ("子", "stone", "zi")


@dataclass(frozen=True)
class Origin:
    """What tells how a file writes its komi.

    text: of ``AP`` and the like. named: whether the file names its rules. points: of the board.
    """

    text: str
    rules: Rules
    named: bool
    points: int


def read_komi(text: str | None, of: Origin, handicap: int, notes: list[str]) -> float:
    """The komi in points of ``KM[text]``, where None stands for no such property. What is not taken literally is noted.

    handicap: its stones, placed or only told.
    """
    default = 0.5 if handicap >= 2 else of.rules.default_komi
    if text is None:
        return default
    number, in_stones = _number(plain_number(text))
    if number is None:
        notes.append(f"komi {text!r} is no number; {default:g} is taken")
        return default
    komi = _points(number, in_stones, of, handicap)
    if abs(komi) > MAX_KOMI:
        notes.append(f"komi {text} is too large; {default:g} is taken")
        return default
    if (2 * komi) % 1:
        komi = math.floor(2 * komi + 0.5) / 2
    if komi != _literal(text):
        notes.append(f"komi {text} read as {komi:g}")
    return komi


def _literal(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _points(number: float, in_stones: bool, of: Origin, handicap: int) -> float:
    """The points that a number means, which may not be whole or half ones."""
    size = abs(number)
    fox = bool(_FOX.search(of.text))
    if in_stones:
        return 2 * number
    if number == 0:
        return 0.5 if fox and handicap >= 1 else 0.0
    if not number.is_integer():
        return 2 * number if (4 * number).is_integer() and not (2 * number).is_integer() else number
    from_a_server = fox or bool(_SERVER.search(of.text))
    counts_area = of.named and not of.rules.is_territory
    hundredths = size >= 100 and (from_a_server or counts_area or size > of.points)
    if not hundredths and not (from_a_server and size in (25, 50, 75)):
        return number
    points = number / 100
    # from 500 on it would be more than ten points, which is nobody's komi
    in_stones = 100 <= size < 500 and not of.rules.is_territory and (from_a_server or of.named)
    return 2 * points if in_stones or (2 * points) % 1 else points


def _number(text: str) -> tuple[float | None, bool]:
    """The number that a text has, and whether it counts stones."""
    words = text.lower().replace("⁄", "/").replace("点", ".").replace("點", ".")
    in_stones = any(word in words for word in _STONES)
    words = "".join(str(_DIGITS.get(one, one)) for one in words)
    words = re.sub(r"(?<=\d),(?=\d)", ".", words)
    part = 0.0
    if found := _PARTS.search(words):
        part, words = int(found[2]) / max(1, int(found[1])), words.replace(found[0], " ")
    elif found := _FRACTION.search(words):
        part, words = int(found[1]) / max(1, int(found[2])), words.replace(found[0], " ")
    elif any(half in words for half in _HALF):
        part = 0.5
    number = _NUMBER.search(words)
    if number is None:
        return (part, in_stones) if part else (None, in_stones)
    whole = float(number[0])
    return whole + math.copysign(part, whole), in_stones
