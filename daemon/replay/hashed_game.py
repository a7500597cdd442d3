"""A game without rules, for simulations and tests: everything about a position is a hash of its moves.

It has what makes searches hard: players who move twice running, positions where the game ends, moves that are illegal,
values that surprise. A position is a record of moves; nothing is ever played on a board.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from games import specs
from games.specs import Specification, short
from protocol import messages as m

GAME = "hashed"
"""The name that sessions call it by."""

PATTERNS = 13
"""How many different patterns moves make, one of which is none. They differ in their highest bits alone, the worst that
tables of them can meet."""

_MASK = (1 << 64) - 1


class HashedSpec(Specification, frozen=True):
    """What a specification may hold. ``size`` says nothing; games of equal size may share a batch."""

    CALLED: ClassVar[str] = "a specification of the hashed game"
    SAYS: ClassVar[dict[str, str]] = {
        "num_moves": f"a number from 1 to {m.MAX_MOVES}",
        "terminal_share": "a number from 0 to 1",
        "leadless_share": "a number from 0 to 1",
        "seed": "a number from 0 to 2**63 - 1",
        "transposes": "true or false",
        "size": "a number from 1 to 8192",
    }

    num_moves: Annotated[int, Meta(ge=1, le=m.MAX_MOVES)]
    terminal_share: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.1
    leadless_share: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    size: Annotated[int, Meta(ge=1, le=8192)] = 1
    transposes: bool = False


@dataclass(frozen=True)
class HashedGame:
    """``terminal_share`` of the positions end the game; ``seed`` makes another game.

    ``leadless_share`` of the evaluations say no lead, no score and no errors, and as many of the ends no lead.
    ``transposes``: the order of moves is of no matter to what they lead to.
    """

    num_moves: int
    terminal_share: float = 0.1
    seed: int = 0
    leadless_share: float = 0.0
    transposes: bool = False

    @staticmethod
    def from_spec(spec: dict[str, Any]) -> HashedGame:
        """Raises ``GameError``, a ``ValueError``, when the spec makes no sense."""
        read = specs.read(spec, HashedSpec)
        return HashedGame(read.num_moves, read.terminal_share, read.seed, read.leadless_share, read.transposes)

    def _hash(self, record: Sequence[int], *asked: int) -> int:
        """Of a position; ``asked``: what it is wanted for."""
        state = self.seed
        for move in (*(sorted(record) if self.transposes else record), *asked):
            state = _mix(state ^ (move + 1))
        return _mix(state)

    def to_play(self, record: Sequence[int]) -> int:
        """+1 or -1. Usually the players alternate; one move in eight gives its player another, where order matters."""
        if self.transposes:
            return 1 - 2 * (len(record) % 2)
        side = 1
        for i in range(1, len(record) + 1):
            if record[i - 1] == self.num_moves or self._hash(record[:i]) % 8:
                side = -side
        return side

    def is_terminal(self, record: Sequence[int]) -> bool:
        """Never before the second move."""
        return len(record) > 1 and (self._hash(record) >> 8) % 1024 < self.terminal_share * 1024

    def legal(self, record: Sequence[int]) -> list[int]:
        """At least one move, unless the game is over."""
        if self.is_terminal(record):
            return []
        bits = self._hash(record, 77)
        legal = [move for move in range(self.num_moves) if (bits >> (move % 60)) & 3]
        return legal or [0]

    def evaluate(self, records: Sequence[Sequence[int]], optimism: Sequence[float] | None = None) -> dict[str, Any]:
        """The arrays of an ``Update`` for these positions. ``optimism``: of each one's policy, none for plain ones."""
        n = len(records)
        hashes = [self._hash(record) for record in records]
        terminal = np.array([self.is_terminal(record) for record in records], np.bool_)
        value = np.array([(bits >> 20) % 2001 / 1000 - 1 for bits in hashes], np.float32)
        value[terminal] = np.sign(value[terminal])
        leadless = np.array([(bits >> 40) % 1024 < self.leadless_share * 1024 for bits in hashes], np.bool_)
        lead = np.where(leadless, np.float32(np.nan), 10 * value)
        priors = np.full((n, self.num_moves), m.ILLEGAL_PRIOR, np.uint16)
        for i in np.flatnonzero(~terminal).tolist():
            legal = self.legal(records[i])
            chosen = self._policy(records[i], legal, 5)
            if optimism is not None:
                chosen += optimism[i] * (self._policy(records[i], legal, 6) - chosen)
            priors[i, legal] = chosen.astype(np.float16).view(np.uint16)
        return {
            "to_play": np.array([self.to_play(record) for record in records], np.int8),
            "terminal": terminal.view(np.uint8),
            "value": value,
            "lead": lead,
            "priors": priors,
            "ownership": np.zeros((0, 0), np.float32),
            **self._estimates(records, terminal, lead),
        }

    def _policy(self, record: Sequence[int], legal: Sequence[int], which: int) -> NDArray[np.float64]:
        """The priors of the legal moves; one policy for each number."""
        weights = np.array([1 + self._hash(record, move, which) % 64 for move in legal], np.float64) ** 2
        priors: NDArray[np.float64] = weights / weights.sum()
        return priors

    def _estimates(
        self, records: Sequence[Sequence[int]], terminal: NDArray[np.bool_], lead: NDArray[np.float32]
    ) -> dict[str, Any]:
        """Scores, errors, patterns and keys, as an ``Update`` has them."""
        bits = np.array([self._hash(record, 91) if record else 0 for record in records], np.uint64)
        drawn = np.array([(bits >> np.uint64(shift)) % np.uint64(64) for shift in (0, 8, 16, 24)], np.float32)
        drawn[:, terminal] = 0.0
        beside, deviation, of_value, of_score = drawn
        score = np.stack((lead + beside / 8, np.where(np.isnan(lead), lead, deviation / 4)), axis=1)
        errors = np.stack((of_value / 128, of_score / 16), axis=1)
        errors[np.isnan(lead) & ~terminal] = np.nan
        patterns = (bits >> np.uint64(32)) % np.uint64(PATTERNS) << np.uint64(24)
        keys = np.array([self._hash(record, 33) for record in records if self.transposes], np.uint64)
        return {"score": _if_said(score), "errors": _if_said(errors), "patterns": patterns, "keys": keys}


class HashedReferee:
    """A ``Referee`` for this one game."""

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """See ``daemon.core.sessions.Referee``."""
        if game != GAME:
            raise ValueError(f"unknown game {short(game)}")
        hashed = HashedGame.from_spec(spec)
        for i, move in enumerate(record):
            if move != hashed.num_moves and move not in hashed.legal(record[:i]):
                raise ValueError(f"move {i + 1} is illegal: {move}")
        return hashed.num_moves


def records_of(grant: m.Grant) -> list[list[int]]:
    """The whole record of each leaf of a grant."""
    firsts = [part.first for part in grant.parts] + [len(grant.offsets) - 1]
    records = []
    for part, begin, end in zip(grant.parts, firsts, firsts[1:], strict=False):
        for i in range(begin, end):
            records.append([*part.record, *grant.moves[grant.offsets[i] : grant.offsets[i + 1]].tolist()])
    return records


def optimism_of(grant: m.Grant) -> list[float] | None:
    """The optimism of each leaf's policy, None where the grant asks for none."""
    firsts = [part.first for part in grant.parts] + [len(grant.offsets) - 1]
    found = []
    for part, begin, end in zip(grant.parts, firsts, firsts[1:], strict=False):
        if part.root_optimism is None or part.optimism is None:
            return None
        of_leaf = part.root_optimism, part.optimism
        found += [of_leaf[int(grant.offsets[i] < grant.offsets[i + 1])] for i in range(begin, end)]
    return found


def _if_said(pairs: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.zeros((0, 0), np.float32) if np.isnan(pairs).all() else pairs


def _mix(x: int) -> int:
    """splitmix64 (Steele, Lea, Flood 2014)."""
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)
