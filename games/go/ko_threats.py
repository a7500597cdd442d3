"""Ko threats at the end of a game, as far as exact searches of small parts of the board see them. Pure.

A threat is a move in a zone (``zones``) that captures a living chain of the opponent's if he plays elsewhere, and does
not if he answers. There may be another one behind the answer. In zones that are too large an atari is one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from games.go.board import EMPTY, first_liberty, new_undos, next_liberty, put
from games.go.capture import CAPTURED, KEPT
from games.go.local_searches import LocalSearches
from games.go.moves import LEGAL, check_point
from games.go.zones import Zone

NODES = 8_000
"""Bound of each search; what comes to it is no threat."""
MOST = 3
"""Threats in one zone that are looked for."""
LARGEST = 30
"""Zones of more points are not looked at."""


class Threats(NamedTuple):
    """The points of a zone, the number of threats there, and the stones of the chain that they threaten."""

    points: frozenset[int]
    number: int
    stones: int


def of(
    player: int, board: Any, chains: list[list[int]], certain: NDArray[np.int8], searches: LocalSearches
) -> list[Threats]:
    """The threats of a player that do not overlap, those against large chains first.

    chains: those that live. Only those of the opponent's are threatened that have one of the player's beside them, for
    who captures others may be dead all the same. certain: whose points are, whatever is played, by ``area``. The board
    is left as it was.
    """
    found: list[Threats] = []
    own = {p for chain in chains for p in chain if int(board["stones"][p]) == player}
    for chain in sorted(chains, key=len, reverse=True):
        beside = board["neighbours"][chain, :4].reshape(-1).tolist()
        if chain[0] in own or certain[chain[0]] != EMPTY or own.isdisjoint(beside):
            continue
        threats = _in_zone(player, board, chain, certain, searches) or _by_atari(player, board, chain)
        if threats is not None and all(one.points.isdisjoint(threats.points) for one in found):
            found.append(threats)
    return found


def _in_zone(
    player: int, board: Any, chain: list[int], certain: NDArray[np.int8], searches: LocalSearches
) -> Threats | None:
    points = Zone(board, certain, chain[0]).points
    if len(points) > LARGEST:
        return None
    count = _count(player, board, chain[0], np.array(sorted(points), np.int16), searches, MOST)
    return Threats(frozenset(points), count, len(chain)) if count else None


def _by_atari(player: int, board: Any, chain: list[int]) -> Threats | None:
    """One threat where the player can take one of two liberties."""
    head = board["head"][chain[0]]
    liberties = [first_liberty(board, head)]
    while liberties[-1] >= 0:
        liberties.append(next_liberty(board, head, liberties[-1]))
    liberties.pop()
    if len(liberties) != 2 or all(check_point(board, p, player) != LEGAL for p in liberties):
        return None
    return Threats(frozenset((*chain, *liberties)), 1, len(chain))


def _count(player: int, board: Any, target: int, points: NDArray[np.int16], searches: LocalSearches, most: int) -> int:
    """How many threats in turn there are against the chain at ``target``, at most so many."""
    if most == 0 or searches.search(board, target, True, points, nodes=NODES).result != KEPT:
        return 0
    longest = 0
    for move in points.tolist():
        if board["stones"][move] != EMPTY or check_point(board, move, player) != LEGAL:
            continue
        after = board.copy()
        put(after, move, player, new_undos(1)[0])
        if searches.search(after, target, True, points, nodes=NODES).result != CAPTURED:
            continue
        answer = searches.search(after, target, False, points, nodes=NODES).first
        further = 0
        if answer is not None and check_point(after, answer, -player) == LEGAL:
            put(after, answer, -player, new_undos(1)[0])
            further = _count(player, after, target, points, searches, most - 1)
        longest = max(longest, 1 + further)
        if longest == most:
            break
    return longest
