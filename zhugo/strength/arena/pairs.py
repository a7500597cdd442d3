"""Games between two nets, many at a time: each opening is played twice, with the sides changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from games import Game
from games.go.game import Go
from zhugo.strength.arena.engine import Engine
from zhugo.strength.arena.openings import opening, positions_after
from zhugo.strength.arena.plan import Arena

SHORTEST_CUT = 200
"""Where nothing is said, no game is cut off before so many moves."""


@dataclass
class _Game:
    """One game; ``first``: whether the new net is the first player. score: the new net's, None while it is played."""

    first: bool
    record: list[int]
    score: float | None = None

    def end(self, result: float) -> None:
        """The game is over; ``result``: +1 the first player won, -1 the second, 0 drawn."""
        self.score = 0.5 + 0.5 * (result if self.first else -result)


def play_pairs(
    new: Engine, old: Engine, game: Game, arena: Arena, seed: int, numbers: Sequence[int]
) -> list[tuple[float, float]]:
    """The new net's scores in the games of these pairs: as first player and as second, 1 for a game won."""
    played = [
        _Game(first, opening(game, arena.opening_plies, seed, number)) for number in numbers for first in (True, False)
    ]
    longest = arena.max_moves or max(SHORTEST_CUT, 2 * game.num_moves)
    while turns := _judge(game, played, longest):
        for is_new, records in turns.items():
            for place, report in (new if is_new else old).search(records).items():
                assert report.chosen is not None, "two visits choose a move"
                played[place].record.append(report.chosen)
    for engine in (new, old):
        engine.forget()
    scores = [one.score or 0.0 for one in played]
    return list(zip(scores[::2], scores[1::2], strict=True))


def _judge(game: Game, played: Sequence[_Game], longest: int) -> dict[bool, dict[int, list[int]]]:
    """Score the games that are over; the records of the others, by whether it is the new net's turn, and by place."""
    running = [place for place, one in enumerate(played) if one.score is None]
    positions = positions_after(game, [played[place].record for place in running])
    turns: dict[bool, dict[int, list[int]]] = {}
    for row, place in enumerate(running):
        one = played[place]
        if positions.terminal[row]:
            one.end(float(positions.result[row]))
        elif len(one.record) >= longest:
            one.end(_as_it_stands(game, one.record))
        else:
            is_new = bool(positions.to_play[row] > 0) == one.first
            turns.setdefault(is_new, {})[place] = one.record
    return turns


def _as_it_stands(game: Game, record: Sequence[int]) -> float:
    """The result of a game that is cut off: of Go, what both would have who pass now; of others, a draw."""
    if not isinstance(game, Go):
        return 0.0
    both_pass = [*record, game.points, game.points]
    passed = positions_after(game, [both_pass[:-1], both_pass])
    return float(passed.result[int(not passed.terminal[0])])
