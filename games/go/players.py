"""Who plays, as KataGo's nets that imitate people are told it (cpp/neuralnet/sgfmetadata.cpp).

A *profile* is a word: ``rank_5k``, ``preaz_2d`` (before AlphaZero changed how people open), ``rank_5k_2d`` (Black's
rank, White's rank) or ``proyear_1900``. It stands for a game such as these people play: on KGS, with the usual clock
there; or of professionals, without one.

| global inputs | what |
|---|---|
| 0, 1 | the player to move, the opponent, is a person |
| 2-5 | they have no rank, their rank is not known: never here |
| 6-39, 40-73 | their ranks, one input more for each step below the highest |
| 74 | 0.5: nobody knows whether the game is rated; 0: it is |
| 75-81 | the kind of clock, one of seven: unknown, ..., byo-yomi, ... |
| 82-85 | main time, time of a period, periods, moves of a period |
| 86 | the board's points |
| 87-150 | the date, as cosine and sine of 32 periods from a week to 80,000 of them |
| 151-166 | where the game is from |
"""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from games.game import GameError

INPUTS = 192
USUAL = "rank_9d"
"""Who plays where nobody says it."""

_RANK, _RANKS = 6, 34
_CLOCK_UNKNOWN, _BYO_YOMI = 75, 79
_TIMES, _AREA, _DATE, _DATES, _SOURCE = 82, 86, 87, 32, 151
_KGS, _GOGOD, _GO4GO = 2, 5, 6
_LONGEST_PERIOD = 80_000.0
_FIRST_YEAR, _LAST_OLD_YEAR, _LAST_YEAR = 1800, 2020, 2023
_DAN, _KYU = 9, 20
_MAIN_SECONDS, _PERIOD_SECONDS, _PERIODS = 1200.0, 30.0, 5


@dataclass(frozen=True)
class Players:
    """What a profile says. black, white: steps below the highest rank, 1 for 9 dan, 10 for 1 kyu."""

    black: int
    white: int
    date: datetime.date
    source: int

    @lru_cache(maxsize=64)  # noqa: B019 - it holds what a profile says, no more
    def inputs(self, to_play: int, points: int) -> NDArray[np.float32]:
        """float32[INPUTS], for the player to move (+1 Black, -1 White) on a board of so many points."""
        row = np.zeros(INPUTS)
        row[:2] = 1.0
        of_kgs = self.source == _KGS
        for first, rank in zip((_RANK, _RANK + _RANKS), (self.black, self.white)[::to_play], strict=True):
            row[first : first + rank] = 1.0
        row[74] = 0.5 if of_kgs else 0.0
        row[_BYO_YOMI if of_kgs else _CLOCK_UNKNOWN] = 1.0
        main, period, periods = (_MAIN_SECONDS, _PERIOD_SECONDS, _PERIODS) if of_kgs else (0.0, 0.0, 0)
        row[_TIMES : _TIMES + 4] = (
            0.4 * (math.log(main + 60.0) - 6.5),
            0.3 * (math.log(period + 1.0) - 3.0),
            0.5 * (math.log(periods + 2.0) - 1.5),
            0.25 * (math.log(2.0) - 1.5),
        )
        row[_AREA] = 0.5 * math.log(points / 361.0)
        days = (self.date - datetime.date(1970, 1, 1)).days
        turns = days / (7.0 * _LONGEST_PERIOD ** (np.arange(_DATES) / (_DATES - 1)))
        row[_DATE : _DATE + 2 * _DATES : 2] = np.cos(2.0 * math.pi * turns)
        row[_DATE + 1 : _DATE + 2 * _DATES : 2] = np.sin(2.0 * math.pi * turns)
        row[_SOURCE + self.source] = 1.0
        return row.astype(np.float32)


def parse(profile: str) -> Players:
    """Raises ``GameError`` for what is no profile; the empty one is ``USUAL``."""
    kind, _, rest = (profile or USUAL).partition("_")
    if kind == "proyear" and re.fullmatch(r"\d{4}", rest) and _FIRST_YEAR <= int(rest) <= _LAST_YEAR:
        year = int(rest)
        return Players(1, 1, datetime.date(year, 6, 1), _GOGOD if year <= _LAST_OLD_YEAR else _GO4GO)
    ranks = [_rank(word) for word in rest.split("_")]
    if kind in ("rank", "preaz") and len(ranks) in (1, 2) and all(ranks):
        date = datetime.date(2020, 3, 1) if kind == "rank" else datetime.date(2016, 9, 1)
        return Players(ranks[0], ranks[-1], date, _KGS)
    raise GameError(
        f"a profile is rank_ or preaz_ and a rank from {_KYU}k to {_DAN}d or two, as rank_5k, or proyear_ and a year "
        f"from {_FIRST_YEAR} to {_LAST_YEAR}, not {profile[:40]!r}"
    )


def _rank(word: str) -> int:
    """Steps below the highest rank, 0 where it is none."""
    read = re.fullmatch(r"([1-9]\d?)([kd])", word)
    if read is None:
        return 0
    number = int(read[1])
    if read[2] == "d":
        return _DAN + 1 - number if number <= _DAN else 0
    return _DAN + number if number <= _KYU else 0
