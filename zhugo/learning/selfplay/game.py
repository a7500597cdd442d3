"""One game while it is played: what is searched next, which move is played, when it is over. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from games import Game, Leaves
from games.game import ANY_FEATURES, CountedGame
from protocol.messages import Report
from zhugo.learning.samples.shard import (
    BY_RESIGNATION,
    BY_THE_RULES,
    CUT_OFF,
    PRIOR_UNIT,
    PlayedGame,
    PlayedPosition,
)
from zhugo.learning.selfplay.plan import Plan


@dataclass
class GameInProgress:
    """Game ``number`` of a plan's seed, which decides all its luck.

    ``full``: whether the search that comes next, or runs, is a full one. ``record``: the moves so far.
    """

    plan: Plan
    game: Game
    number: int
    openings: Sequence[Sequence[int]] = ()
    record: list[int] = field(init=False)
    full: bool = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.plan.seed, self.number])
        self._to_the_end = bool(self._rng.random() < self.plan.play_on)
        self._positions: list[PlayedPosition] = []
        self._surprises: list[float] = []
        self.record = self._opening()
        self.full = self._is_next_full()

    def search_seed(self) -> int:
        """A seed for the noise of the next search."""
        return int(self._rng.integers(2**63))

    def take(self, report: Report) -> int | None:
        """Keep what the search of the present position found; the move to play, None when the game is over here."""
        if report.reason == "terminal":
            return None
        moves, counts, priors = target_of(report)
        position = PlayedPosition(
            len(self.record), report.to_play, report.visits, self.full, moves, counts, report.value
        )
        self._positions.append(position)
        self._surprises.append(surprise(counts, priors))
        if self._ends_here():
            return None
        move = self._choose(report, moves, counts)
        self.record.append(move)
        self.full = self._is_next_full()
        return move

    def finished(self, report: Report, net: str) -> PlayedGame:
        """The game that ended with ``report``, the one that ``take`` played no move for. net: sha256 of its file."""
        ended, result, lead = BY_THE_RULES, report.raw_value, report.raw_lead
        loser = resigner(self._positions, self.plan)
        if report.reason != "terminal":
            resigned = loser != 0 and not self._to_the_end
            ended, result, lead = (BY_RESIGNATION, -float(loser), None) if resigned else (CUT_OFF, report.value, None)
        return PlayedGame(
            id=game_id(self.plan.seed, self.number),
            game=self.plan.game,
            spec=self.plan.spec,
            net=net,
            result=result,
            lead=math.nan if lead is None else lead,
            ended=ended,
            ownership=self._owners() if ended == BY_THE_RULES else [],
            record=self.record,
            positions=self._weighed(),
        )

    def _weighed(self) -> list[PlayedPosition]:
        """The positions with their weights, those of full searches by their surprise."""
        full = [number for number, position in enumerate(self._positions) if position.full]
        weights = surprise_weights([self._surprises[number] for number in full], self.plan.surprise_weight)
        positions = list(self._positions)
        for number, weight in zip(full, weights, strict=True):
            positions[number] = msgspec.structs.replace(positions[number], weight=weight)
        return positions

    def _opening(self) -> list[int]:
        record = list(self.openings[int(self._rng.integers(len(self.openings)))]) if self.openings else []
        for _ in range(int(self._rng.integers(self.plan.random_plies + 1))):
            legal = legal_moves(self.game, record)
            after = [*record, int(self._rng.choice(legal))] if legal else record
            if not legal_moves(self.game, after):
                break
            record = after
        return record

    def _is_next_full(self) -> bool:
        return bool(self._rng.random() < self.plan.full_share)

    def _ends_here(self) -> bool:
        if not self._to_the_end and resigner(self._positions, self.plan) != 0:
            return True
        return len(self.record) >= self.plan.longest(self.game.num_moves)

    def _choose(self, report: Report, moves: Sequence[int], counts: Sequence[int]) -> int:
        if self.plan.root_selection == "gumbel" and report.new_visits > 0 and report.chosen is not None:
            return report.chosen
        return self._draw(moves, counts)

    def _draw(self, moves: Sequence[int], counts: Sequence[int]) -> int:
        temperature = self.plan.temperature_at(len(self.record), self.game.num_moves)
        logits = np.log(np.array(counts, np.float64))
        if temperature < 1e-3:
            return moves[int(np.argmax(logits))]
        weights = np.exp((logits - logits.max()) / temperature)
        return moves[int(self._rng.choice(len(moves), p=weights / weights.sum()))]

    def _owners(self) -> list[int]:
        if not isinstance(self.game, CountedGame):
            return []
        owners: list[int] = self.game.owners(self.game.root(self.record)).tolist()
        return owners


def target_of(report: Report) -> tuple[list[int], list[int], list[float]]:
    """The policy target that a search found: moves, their counts, none of which is 0, and the net's priors of them.

    Under Gumbel's choice the counts are the improved policy in units of ``PRIOR_UNIT``.
    """
    if report.improved_policy:
        rounded = [round(share / PRIOR_UNIT) for share in report.improved_policy]
        moves = [move for move, count in enumerate(rounded) if count > 0]
        return moves, [rounded[move] for move in moves], [report.policy[move] for move in moves]
    children = [child for child in report.children if child.preference > 0.0]
    return (
        [child.move for child in children],
        [round(child.preference) for child in children],
        [child.prior for child in children],
    )


_LEAST_PRIOR = 2.0**-25
"""Of a prior that half precision rounds to 0."""


def surprise(counts: Sequence[int], priors: Sequence[float]) -> float:
    """KL(target || priors) in nats, the target being shares of ``counts``; priors: of the same moves."""
    target = np.array(counts, np.float64) / sum(counts)
    found = target * np.log(target / np.maximum(priors, _LEAST_PRIOR))
    return max(0.0, float(found.sum()))


def surprise_weights(surprises: Sequence[float], share: float) -> list[float]:
    """Weights with the mean 1: ``share`` of them in proportion to the surprises, the rest alike; all 1 without any."""
    total = sum(surprises)
    if total <= 0.0:
        return [1.0] * len(surprises)
    return [1.0 - share + share * one * len(surprises) / total for one in surprises]


def game_id(seed: int, number: int) -> int:
    """What a game is known by in every folder."""
    return seed << 32 | number


def resigner(positions: Sequence[PlayedPosition], plan: Plan) -> int:
    """Who would resign after these positions: 1 the first player, -1 the second, 0 nobody."""
    last = positions[-plan.resign_after :] if plan.resign_after else []
    if len(last) < max(1, plan.resign_after):
        return 0
    side = last[-1].to_play
    return side if all(-side * position.value >= plan.resign_value for position in last) else 0


def checked_resignation(game: PlayedGame, plan: Plan) -> bool | None:
    """Of a game that was played to its end: whether resigning on the way would have been wrong; None where nobody would
    have resigned.

    It is wrong if the player who would have resigned did not lose.
    """
    if game.ended != BY_THE_RULES:
        return None
    for end in range(1, len(game.positions) + 1):
        loser = resigner(game.positions[:end], plan)
        if loser != 0:
            return game.result * loser >= 0
    return None


def legal_moves(game: Game, record: Sequence[int]) -> list[int]:
    """The moves of the position after ``record``; none when the game is over."""
    planes, global_inputs = (np.zeros((1, *shape), np.float32) for shape in game.feature_shapes(ANY_FEATURES))
    start, path = np.zeros(1, np.int32), np.zeros(2, np.int32)
    leaves = Leaves([game.root(record)], start, path, np.zeros(0, np.uint16))
    legal: list[int] = np.flatnonzero(game.replay(leaves, ANY_FEATURES, planes, global_inputs).legal[0]).tolist()
    return legal
