"""Results are checked: a share of the positions of searchers elsewhere is evaluated twice, by others, and compared.

A searcher of the daemon's own machine is trusted: nothing of it is checked, and what it says is right. All others have
an *identity*: the principal whose key they hold, else their machine. A leaf that is picked waits until another identity
gets leaves of its shape, and goes along as an extra row of that grant, which is compared and not backed up. Where two
that are not trusted disagree a third is asked, and who is alone is wrong. Whose results are wrong too often is *put
out*. Nothing here is drawn at random: which leaves are picked follows from a seed that searchers do not know.

Two evaluations agree where who is to move, whether the game is over and which moves are legal are the same, the values
differ by no more than ``VALUE`` and the priors by no more than ``PRIORS``, total variation. What arithmetic does is
well below: docs/service-cluster.md has the figures of int8 and bf16 beside f32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from protocol import messages as m

VALUE, PRIORS = 0.25, 0.25

MOST_WAITING = 256
"""Leaves that wait for another evaluation; while there are so many, none is picked."""

PER_GRANT = 2
"""Rows of a grant that may be such leaves."""

MOST_CLAIMS = 3
"""Identities that are asked about one leaf."""

LEAST_WRONG, WRONG_SHARE = 3, 0.1
"""So many wrong results, and more than this share of those compared, and a searcher is put out."""

_UNIT = 1 << 24
"""Half-precision numbers are whole multiples of one over that."""

_MIX = (1 << 64) - 1


@dataclass(frozen=True)
class Picked:
    """A row of a grant that is to be evaluated again, and how to ask for it."""

    row: int
    part: m.GrantPart
    moves: NDArray[np.uint16]


@dataclass(frozen=True)
class Claim:
    """What a searcher said of a leaf. ``identity``: empty for one that is trusted."""

    identity: str
    searcher: bytes
    to_play: int
    over: int
    value: float
    priors: NDArray[np.uint16]

    def agrees(self, other: Claim) -> bool:
        """See the module; computed in whole numbers, so that it comes out the same everywhere."""
        if (self.to_play, self.over) != (other.to_play, other.over) or abs(self.value - other.value) > VALUE:
            return False
        one, two = self.priors, other.priors
        legal = one != m.ILLEGAL_PRIOR
        if not np.array_equal(legal, two != m.ILLEGAL_PRIOR):
            return False
        return int(np.abs(_units(one[legal]) - _units(two[legal])).sum()) <= int(2 * PRIORS * _UNIT)


def _units(bits: NDArray[np.uint16]) -> NDArray[np.int64]:
    return (bits.view(np.float16).astype(np.float64) * _UNIT).astype(np.int64)


@dataclass
class Check:
    """A leaf that is evaluated more than once. ``shape``: of the batches that it fits into."""

    shape: str
    optimistic: bool
    part: m.GrantPart
    moves: NDArray[np.uint16]
    claims: list[Claim]


@dataclass
class Book:
    """How often an identity's results were compared, and were wrong. ``put_out``: why it may not evaluate any more."""

    compared: int = 0
    wrong: int = 0
    put_out: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether its results are wrong too often."""
        return self.wrong >= LEAST_WRONG and self.wrong > WRONG_SHARE * self.compared


@dataclass
class Rechecks:
    """See the module. ``share``: of the leaves; ``seed``: of which.

    ``waiting``, ``out``: checks by number, those that nobody evaluates now and those that are in a grant.
    ``is_paused``: nothing is compared.
    """

    share: float = 0.0
    seed: int = 0
    last: int = 0
    waiting: dict[int, Check] = field(default_factory=dict)
    out: dict[int, Check] = field(default_factory=dict)
    books: dict[str, Book] = field(default_factory=dict)
    is_paused: bool = False

    def pause(self, paused: bool) -> None:
        """Compare nothing while searchers have different nets, and nothing that one net said with another's."""
        self.is_paused = paused
        self.waiting = {}
        for check in self.out.values():
            check.claims = []

    def picks(self, identity: str, grant: int, leaves: int) -> list[int]:
        """Which of the first so many rows of this grant are to be evaluated again."""
        if self.is_paused or not identity or self.share <= 0.0 or len(self.waiting) + len(self.out) >= MOST_WAITING:
            return []
        bound = int(min(1.0, self.share) * (1 << 64))
        return [row for row in range(leaves) if _mixed(self.seed ^ (grant << 12 | row)) < bound]

    def wanted(self, identity: str, optimistic: bool) -> int:
        """How many rows of its next grant this identity may be given from here."""
        fit = sum(self._is_for(check, identity, optimistic) for check in self.waiting.values())
        return min(PER_GRANT, fit)

    def hand_out(self, identity: str, optimistic: bool, shape: str, most: int) -> list[int]:
        """Numbers of checks that go along with a grant of this shape, the oldest first."""
        fit = (
            number
            for number, check in self.waiting.items()
            if check.shape == shape and self._is_for(check, identity, optimistic)
        )
        chosen = [number for number, _ in zip(fit, range(most), strict=False)]
        for number in chosen:
            self.out[number] = self.waiting.pop(number)
        return chosen

    def give_back(self, numbers: Sequence[int]) -> None:
        """Their grant came to nothing."""
        for number in numbers:
            check = self.out.pop(number)
            if check.claims:
                self.waiting[number] = check

    def begin(self, shape: str, optimistic: bool, picked: Picked, claim: Claim) -> None:
        """This leaf is to be evaluated again."""
        if self.is_paused:
            return
        self.last += 1
        part = replace(picked.part, first=0, ownership=False)
        self.waiting[self.last] = Check(shape, optimistic, part, picked.moves, [claim])

    def answer(self, number: int, claim: Claim) -> None:
        """Another searcher's evaluation of one that was handed out."""
        check = self.out.pop(number)
        if self.is_paused:
            return
        check.claims.append(claim)
        right = next((each for each in check.claims if not each.identity), None) or next(
            (one for one, other in combinations(check.claims, 2) if one.agrees(other)), None
        )
        if right is not None:
            for each in check.claims:
                self._enter(each, each is right or each.agrees(right))
        elif len(check.claims) < MOST_CLAIMS:
            self.waiting[number] = check

    def bad(self) -> list[str]:
        """Identities that are to be put out now."""
        return [identity for identity, book in self.books.items() if book.is_bad and not book.put_out]

    def put_out(self, identity: str, name: str) -> str:
        """It may not evaluate any more: why, in one line. What it said is right or wrong no longer matters."""
        book = self.books[identity]
        told = f"put out: {book.wrong} of {book.compared} results of {name} that were checked are wrong"
        book.put_out = told
        for checks in (self.waiting, self.out):
            for check in checks.values():
                check.claims = [claim for claim in check.claims if claim.identity != identity]
        self.waiting = {number: check for number, check in self.waiting.items() if check.claims}
        return told

    def why_out(self, identity: str) -> str:
        """Why this identity was put out; empty where it was not."""
        return self.books[identity].put_out if identity in self.books else ""

    def let_in_again(self) -> None:
        """Everybody may show again what their results are worth."""
        self.books = {identity: book for identity, book in self.books.items() if not book.put_out}

    def _is_for(self, check: Check, identity: str, optimistic: bool) -> bool:
        return check.optimistic == optimistic and all(claim.identity != identity for claim in check.claims)

    def _enter(self, claim: Claim, is_right: bool) -> None:
        if not claim.identity:
            return
        book = self.books.setdefault(claim.identity, Book())
        book.compared += 1
        book.wrong += not is_right


def identity_of(principal: str, machine: str) -> str:
    """Of a searcher; empty for one that is trusted."""
    return f"key {principal}" if principal else f"machine {machine}" if machine else ""


def claim_of(identity: str, searcher: bytes, update: m.Update, row: int) -> Claim:
    """What this row of an update says."""
    return Claim(
        identity,
        searcher,
        int(update.to_play[row]),
        int(update.terminal[row]),
        float(update.value[row]),
        update.priors[row].copy(),
    )


def _mixed(x: int) -> int:
    """splitmix64's finalizer (Steele, Lea, Flood 2014)."""
    x = (x + 0x9E3779B97F4A7C15) & _MIX
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MIX
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MIX
    return x ^ (x >> 31)
