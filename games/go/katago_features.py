"""KataGo's inputs of the versions 3 to 7. "Own" is the player to move.

Version 7 has 22 planes and 19 global numbers; ``LAYOUTS`` says what the others have where, and what they lack.

| planes | what |
|---|---|
| 0 | all ones |
| 1, 2 | own stones, opponent's stones |
| 3-5 | stones of chains with 1, 2, 3 liberties |
| 6 | points forbidden by ko or superko |
| 9-13 | where the last five moves were played, latest first |
| 14-16 | chains that die in a ladder: now, one move ago, two moves ago |
| 17 | moves that put an opponent's chain into a ladder that works |
| 18, 19 | own area, opponent's area, where the rules count area |

| global input | what |
|---|---|
| 0-4 | which of the last five moves were passes |
| 5 | komi for the player to move, as area scoring sees it, in units of 20 points |
| 6, 7 | superko; of which kind, 0.5 positional, -0.5 situational |
| 8 | suicide is legal |
| 9 | territory scoring |
| 10, 11 | tax on seki at least; tax on all |
| 14 | another pass ends the game |
| 15, 16 | 1 where a player is taken to be stronger; half the doublings of playouts that "own" has more, else 0 |
| 17 | the button is to be had |
| 18 | under area scoring: triangular wave of komi, see ``features.komi_wave`` |

The others stay 0: planes 7, 8, 20, 21 and inputs 12, 13 tell of the encore, the play after the end of KataGo's
territory rules. What each of them means is what the nets have learned from (cpp/neuralnet/nninputs.cpp, fillRowV3 to
fillRowV7; cpp/game/boardhistory.cpp).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.game import with_optimism, with_players
from games.go.area import full_area, pass_alive_area
from games.go.board import BLACK, BUTTON_FREE, EMPTY, KO_SIMPLE, KO_SITUATIONAL, MAX_POINTS, RECENT, Board
from games.go.features import komi_wave
from games.go.ladders import CAPTURES_BLACK, CAPTURES_WHITE, mark_ladders
from games.go.leaf_positions import NOW, Batch, Verdicts, Work, effective_komi, judge, leaf_position
from games.go.moves import KO, SUPERKO, check
from games.go.players import INPUTS
from games.go.recent_moves import fill_recent, known_moves
from games.go.rules import SCORINGS, TAXES
from games.go.scoring import ScoreMemory, ScoreRules

_NOWHERE = -1
_AREA_BY_RULES, _AREA_BY_SCORING, _AREA_PASS_ALIVE = 0, 1, 2
"""What the planes of area show: area where the rules count it, taxed as they say; untaxed, and what is pass-alive under
territory scoring; only ever what is pass-alive."""


class Layout(NamedTuple):
    """Where a version of the inputs has what: the first plane or global input of it, ``_NOWHERE`` without it.

    komi_unit, komi_margin: points of komi per unit, and by how many komi may exceed the number of points. told_at_end:
    how many moves of a finished game are told. suicide_alive: 1 when area takes suicide for legal under any rules.
    """

    planes: int
    global_inputs: int
    liberties: int
    forbidden: int
    recent: int
    ladders: int
    area: int
    area_kind: int
    komi_unit: float
    komi_margin: float
    told_at_end: int
    tax: int
    pass_ends: int
    button: int
    wave: int
    advantage: int
    suicide_alive: int


_V7 = Layout(22, 19, 3, 6, 9, 14, 18, _AREA_BY_RULES, 20.0, 20.0, 1, 10, 14, 17, 18, 15, 0)
_V6 = _V7._replace(global_inputs=16, komi_margin=1.0, button=_NOWHERE, wave=15, advantage=_NOWHERE)
_V4 = _V6._replace(
    global_inputs=14, area_kind=_AREA_PASS_ALIVE, komi_unit=15.0, told_at_end=0, tax=_NOWHERE, pass_ends=12, wave=13
)
_V5 = Layout(
    13, 12, _NOWHERE, 3, 6, _NOWHERE, _NOWHERE, 0, 15.0, 1.0, 0, _NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE, 0
)
_V3 = _V4._replace(area_kind=_AREA_BY_SCORING)

_V7_SUICIDE = _V7._replace(suicide_alive=1)

LAYOUTS = {
    "katago_v3": _V3,
    "katago_v4": _V4,
    "katago_v5": _V5,
    "katago_v6": _V6,
    "katago_v7": _V7,
    "katago_v7_suicide": _V7_SUICIDE,
}
"""The versions, by the name of the features."""

PLAYERS = _V7.global_inputs
"""The first global input that says who plays, where any do."""

for _name in ("katago_v7", "katago_v7_suicide"):
    LAYOUTS[with_players(_name)] = LAYOUTS[_name]._replace(global_inputs=PLAYERS + INPUTS)
    LAYOUTS[with_optimism(_name)] = LAYOUTS[_name]._replace(global_inputs=PLAYERS + 1)


def has_advantage(features: str) -> bool:
    """Whether nets that look at these features are told of a playout doubling advantage."""
    layout = LAYOUTS.get(features)
    return layout is not None and layout.advantage != _NOWHERE


ON_BOARD, OWN, OPPONENT = 0, 1, 2
"""Planes of every version."""

RECENT_PASSES, KOMI, SUPERKO_RULE, KIND_OF_SUPERKO, SUICIDE, TERRITORY = 0, 5, 6, 7, 8, 9
"""Global inputs of every version."""

_BOARDS = 3
"""Of how many boards, the leaf's and those before it, the net is told the ladders."""

_TERRITORY = SCORINGS["TERRITORY"]
_NO_TAX, _TAX_ALL = TAXES["NONE"], TAXES["ALL"]


@njit(cache=True, nogil=True)
def encode(
    batch: Batch,
    rules: ScoreRules,
    work: Work,
    verdicts: Verdicts,
    planes: NDArray[np.float32],
    global_inputs: NDArray[np.float32],
    layout: Layout,
    advantage: float,
) -> None:
    """Replay, judge and encode every leaf.

    planes: float32[n, layout.planes, points]; global_inputs: float32[n, layout.global_inputs]. advantage: Black's, in
    doublings of playouts; a layout without a place for it leaves it out.
    """
    for i in range(len(batch.root_of)):
        count = leaf_position(batch, i, layout.ladders != _NOWHERE, work)
        judge(i, count, rules, work, verdicts)
        b = work.boards[NOW]
        pass_ends = b.passes >= 1 and b.button != BUTTON_FREE
        # A pass that ends the game before the dead stones are off is nothing that the net knows: it is told of no pass,
        # and no history. After the end it is, in later versions, of the last pass, and that another one ends the game.
        over = verdicts.terminal[i]
        early = not over and rules.scoring != _TERRITORY and rules.remove_pass_dead != 0
        hidden = pass_ends and (early or (over and layout.told_at_end == 0))
        told = 0 if hidden else layout.told_at_end if over else RECENT
        known = known_moves(b, told)
        planes[i] = 0.0
        global_inputs[i] = 0.0
        _fill_stones(b, layout, planes[i])
        _fill_forbidden(b, layout, verdicts.legal[i], work.past, count, planes[i])
        fill_recent(b, known, planes[i], layout.recent, global_inputs[i], RECENT_PASSES)
        if layout.ladders != _NOWHERE:
            _fill_ladders(b, layout, known, work, planes[i])
        if layout.area != _NOWHERE:
            _fill_area(b, layout, rules, work.score[0], planes[i])
        _fill_rules(b, layout, rules, global_inputs[i])
        if layout.pass_ends != _NOWHERE:
            global_inputs[i, layout.pass_ends] = pass_ends and not hidden
        if layout.advantage != _NOWHERE and advantage != 0.0:
            global_inputs[i, layout.advantage] = 1.0
            global_inputs[i, layout.advantage + 1] = 0.5 * advantage * b.to_play


@njit(cache=True)
def _fill_stones(b: Board, layout: Layout, planes: NDArray[np.float32]) -> None:
    for p in range(b.points):
        planes[ON_BOARD, p] = 1.0
        s = b.stones[p]
        if s == EMPTY:
            continue
        planes[OWN if s == b.to_play else OPPONENT, p] = 1.0
        liberties = b.liberties[b.head[p]]
        if liberties <= 3 and layout.liberties != _NOWHERE:
            planes[layout.liberties + liberties - 1, p] = 1.0


@njit(cache=True)
def _fill_forbidden(
    b: Board,
    layout: Layout,
    legal: NDArray[np.bool_],
    past: NDArray[np.uint64],
    count: int,
    planes: NDArray[np.float32],
) -> None:
    for p in range(b.points):
        if b.stones[p] == EMPTY and not legal[p]:
            answer = check(b, past, count, p)
            if answer in (KO, SUPERKO):
                planes[layout.forbidden, p] = 1.0


@njit(cache=True)
def _fill_ladders(b: Board, layout: Layout, known: int, work: Work, planes: NDArray[np.float32]) -> None:
    """Where the net is not told of an earlier board, the one after it stands for it."""
    catches = CAPTURES_WHITE if b.to_play == BLACK else CAPTURES_BLACK
    for ago in range(_BOARDS):
        if ago <= known:
            mark_ladders(work.boards[NOW + ago], work.readers[0], work.caught, work.attacks)
        for p in range(b.points):
            if work.caught[p] != 0:
                planes[layout.ladders + ago, p] = 1.0
            if ago == 0 and work.attacks[p] & catches != 0:
                planes[layout.ladders + _BOARDS, p] = 1.0


@njit(cache=True)
def _fill_area(b: Board, layout: Layout, rules: ScoreRules, m: ScoreMemory, planes: NDArray[np.float32]) -> None:
    territory = rules.scoring == _TERRITORY
    if territory and layout.area_kind == _AREA_BY_RULES:
        return
    suicide = b.suicide != 0 or layout.suicide_alive != 0
    if territory or layout.area_kind == _AREA_PASS_ALIVE:
        pass_alive_area(b, suicide, m.area, m.owner)
    else:
        full_area(b, suicide, m.area, m.owner)
        if rules.tax != _NO_TAX and layout.area_kind == _AREA_BY_RULES:
            _drop_taxed(b, m)
    for p in range(b.points):
        if m.owner[p] != EMPTY:
            planes[layout.area + (m.owner[p] != b.to_play), p] = 1.0


@njit(cache=True)
def _drop_taxed(b: Board, m: ScoreMemory) -> None:
    """Leave only stones of every part of ``m.owner`` that touches a dame or has a stone in atari.

    (cpp/game/board.cpp, calculateIndependentLifeArea)
    """
    m.owner[MAX_POINTS] = EMPTY
    doubtful = np.zeros(MAX_POINTS, np.bool_)
    for p in range(b.points):
        m.done[p] = 0
    for seed in range(b.points):
        if m.owner[seed] == EMPTY or m.done[seed] != 0:
            continue
        count = _flood_part(b, seed, m)
        found = False
        for i in range(count):
            found = found or _is_doubtful(b, m.queue[i], m)
        for i in range(count):
            doubtful[m.queue[i]] = found
    for p in range(b.points):
        if doubtful[p] and b.stones[p] != m.owner[p]:
            m.owner[p] = EMPTY


@njit(cache=True)
def _flood_part(b: Board, seed: int, m: ScoreMemory) -> int:
    """Collect the points of one owner around ``seed`` in ``m.queue``. Returns how many they are."""
    m.done[seed] = 1
    m.queue[0] = seed
    count = 1
    i = 0
    while i < count:
        for k in range(4):
            q = b.neighbours[m.queue[i], k]
            if m.owner[q] == m.owner[seed] and m.done[q] == 0:
                m.done[q] = 1
                m.queue[count] = q
                count += 1
        i += 1
    return count


@njit(cache=True)
def _is_doubtful(b: Board, p: int, m: ScoreMemory) -> bool:
    if b.stones[p] == m.owner[p] and b.liberties[b.head[p]] == 1:
        return True
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == EMPTY and m.owner[q] == EMPTY:
            return True
    return False


@njit(cache=True)
def _fill_rules(b: Board, layout: Layout, rules: ScoreRules, values: NDArray[np.float32]) -> None:
    bound = b.points + layout.komi_margin
    komi = min(max(-b.to_play * effective_komi(b, rules), -bound), bound)
    values[KOMI] = komi / layout.komi_unit
    if b.ko_rule != KO_SIMPLE:
        values[SUPERKO_RULE] = 1.0
        values[KIND_OF_SUPERKO] = -0.5 if b.ko_rule == KO_SITUATIONAL else 0.5
    values[SUICIDE] = b.suicide != 0
    values[TERRITORY] = rules.scoring == _TERRITORY
    if layout.tax != _NOWHERE:
        values[layout.tax] = rules.tax != _NO_TAX
        values[layout.tax + 1] = rules.tax == _TAX_ALL
    if layout.button != _NOWHERE:
        values[layout.button] = b.button == BUTTON_FREE
    if layout.wave != _NOWHERE and rules.scoring != _TERRITORY:
        values[layout.wave] = komi_wave(komi, b.points)
