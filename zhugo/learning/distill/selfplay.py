"""Games that a teacher plays against itself through a daemon, every position labelled with what its search found.

Moves are drawn from the teacher's policy, some of them wild, under many rules. Every position is searched under a komi
of its own: the game's, one that makes it close, or one that decides it, so that a net that learns from it must read
komi.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocol.client import Client, SearchHandle, Session
from protocol.messages import Limits, Report, SearchSettings
from zhugo.learning.samples.files import load, save
from zhugo.learning.samples.shard import (
    CUT_OFF,
    OWNERSHIP_UNIT,
    LabelledPosition,
    PlayedGame,
    Shard,
    counts_of,
    make_shard,
)
from zhugo.shared.searching import finished

RULES = ("chinese", "japanese", "tromp-taylor", "aga", "new-zealand", "stone-scoring")
RULE_SHARES = (0.4, 0.25, 0.15, 0.1, 0.05, 0.05)
ORDER = (9, 19, 13, 9, 7, 9, 17, 9, 13, 11, 9, 15, 9, 9, 9, 19, 9, 13, 9, 7, 9, 9, 9, 11, 9, 9)
"""Sizes of the shards, again and again. A shard has a number of games, so a large board's has more positions; a step
takes as many points on every size, so that small boards need more positions."""

GAMES_AT_ONCE = 24
"""Games of a shard: enough trees for full batches."""

MAX_KOMI = 150.0
LEAST_PRIOR = 6e-8
"""The least half-precision number above 0: what a legal move's prior is at least, so that 0 says illegal."""
_OPENING = 0.2
"""Share of the board's points that are played at full temperature; later moves are drawn at ``_LATER``."""
_LATER = 0.4


@dataclass
class Playing:
    """A game in progress. ``wild_until``: moves at the start that are wild; ``noise``: chance that a later one is.
    ``fair_komi``: what the last search thinks would make the game close. ``length``: moves after which it ends."""

    size: int
    rules: str
    komi: float
    wild_until: int
    noise: float
    length: int
    fair_komi: float
    record: list[int] = field(default_factory=list)
    positions: list[LabelledPosition] = field(default_factory=list)

    @classmethod
    def random(cls, size: int, rng: np.random.Generator) -> Playing:
        """A game as this module's text has it."""
        wild_until = int(rng.integers(0, 1 + size // 2)) if rng.random() < 0.5 else 0
        noise = float(rng.choice([0.0, 0.03, 0.15], p=[0.35, 0.4, 0.25]))
        komi = 6.5 + 3.0 * float(rng.standard_normal())
        length = int(size * size * rng.uniform(0.6, 1.15))
        return cls(size, str(rng.choice(RULES, p=RULE_SHARES)), komi, wild_until, noise, length, komi)

    def spec(self, rng: np.random.Generator) -> dict[str, Any]:
        """The game under the komi of its next position."""
        kind, komi = rng.random(), self.komi
        if kind < 0.5:
            komi = self.fair_komi + 2.0 * float(rng.standard_normal())
        elif kind < 0.65:
            komi = self.fair_komi + 12.0 * float(rng.standard_normal())
        komi = float(np.clip(round(2 * komi) / 2, -MAX_KOMI, MAX_KOMI))
        return {"size": self.size, "komi": komi, "rules": self.rules}

    def take(self, report: Report, komi: float, rng: np.random.Generator) -> None:
        """Keep what a search under ``komi`` found at the present position, and play on."""
        assert report.lead is not None, "a KataGo net has one"
        ply = len(self.record)
        wild = ply < self.wild_until or rng.random() < self.noise
        temperature = 1.0 if ply < _OPENING * self.size * self.size else _LATER
        policy = _policy(report)
        self.positions.append(_label(report, komi, policy, ply))
        self.record.append(_draw(policy, wild, temperature, rng))
        self.fair_komi = komi + report.lead

    @property
    def over(self) -> bool:
        """Whether it has lasted as long as it should."""
        return len(self.record) >= self.length

    def finished(self, number: int, net: str) -> PlayedGame:
        """The game, of which nobody knows how it would have ended. ``number``: its id."""
        spec = {"size": self.size, "komi": self.komi, "rules": self.rules}
        return PlayedGame(
            number, "go", spec, net, math.nan, math.nan, CUT_OFF, [], self.record, positions=self.positions
        )


def _draw(policy: NDArray[np.float16], wild: bool, temperature: float, rng: np.random.Generator) -> int:
    """A move of the policy, or, wild, one that is half policy and half any legal point at all."""
    weights = policy.astype(np.float64) ** (1.0 / temperature)
    legal = policy > 0
    if wild and legal[:-1].any():
        weights = weights / weights.sum() + legal / legal.sum()
        weights[-1] = 0.0
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def play_shard(
    client: Client,
    size: int,
    visits: int,
    rng: np.random.Generator,
    at_once: int = GAMES_AT_ONCE,
    *,
    net: str = "",
    first_id: int = 0,
) -> Shard:
    """``at_once`` games of a size, played at the same time. Raises ``UserError`` when a search fails.

    ``net``: sha256 of the net that plays. ``first_id``: the games have this id and those that follow.
    """
    settings = SearchSettings(ownership=True, policy=True)
    ended: list[Playing] = []
    playing: list[tuple[Playing, Session]] = []
    for number in range(at_once):
        one = Playing.random(size, rng)
        playing.append((one, client.open(f"game-{number}", "go", one.spec(rng), (), settings)))
    while playing:
        searches: list[tuple[Playing, Session, float, SearchHandle]] = []
        for one, session in playing:
            spec = one.spec(rng)
            session.reset("go", spec, one.record)
            searches.append((one, session, spec["komi"], session.search(Limits(visits=visits), pv_length=1)))
        playing = []
        for one, session, komi, search in searches:
            report = finished(search)
            if report.reason != "terminal":
                one.take(report, komi, rng)
            if report.reason == "terminal" or one.over:
                ended.append(one)
                session.close()
            else:
                playing.append((one, session))
    return make_shard([one.finished(first_id + k, net) for k, one in enumerate(one for one in ended if one.positions)])


def _policy(report: Report) -> NDArray[np.float16]:
    """The net's priors, 0 where a move is illegal and nowhere else."""
    policy = np.array(report.policy)
    return np.where(policy < 0, 0.0, np.maximum(policy, LEAST_PRIOR)).astype(np.float16)


def _label(report: Report, komi: float, policy: NDArray[np.float16], ply: int) -> LabelledPosition:
    assert report.lead is not None
    legal = np.flatnonzero(policy)
    return LabelledPosition(
        ply,
        report.to_play,
        report.visits,
        True,
        array("H", legal.astype(np.uint16).tobytes()),  # a list would take twenty times the memory
        array("I", counts_of(policy[legal]).tobytes()),
        report.value,
        komi=komi,
        lead=report.lead,
        ownership=np.round(np.array(report.ownership) * OWNERSHIP_UNIT).astype(np.int8),
    )


def play_until(
    client: Client,
    directory: Path,
    positions: int,
    visits: int,
    seed: int,
    at_once: int = GAMES_AT_ONCE,
    *,
    net: str = "",
) -> Iterator[int]:
    """Play shards until the folder has so many positions; yields how many it has, each time that it has more.

    The n-th file of a folder always has the same size and the same random numbers; files that are there already are
    kept.
    """
    directory.mkdir(parents=True, exist_ok=True)
    count = 0
    for number, size in enumerate(itertools.cycle(ORDER)):
        if count >= positions:
            return
        path = directory / f"{number:05}-{size}.npz"
        if path.exists():
            count += len(load(path))
        else:
            rng, first_id = np.random.default_rng([seed, number]), (seed % 2**32) << 32 | number << 16
            shard = play_shard(client, size, visits, rng, at_once, net=net, first_id=first_id)
            save(shard, path)
            count += len(shard)
        yield count
