"""Who gets leaves next: principals by weight, live searches before reviews."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.core.shares import LAG, REVIEWED
from daemon.replay.hashed_game import GAME, HashedGame, HashedReferee, records_of
from protocol import messages as m
from protocol.principals import Quota
from tests.core.club import Club
from tests.core.local import PHASES

LARGE = {"num_moves": 30, "size": 1, "terminal_share": 0.0}
"""A game in which one tree has leaves for everybody at once."""


class Counted(Club):
    """A club that counts the leaves of each session."""

    def __init__(self, principals: Any) -> None:
        super().__init__(principals, Config(searcher_lease=1e6, client_lease=1e6))
        self.leaves: Counter[str] = Counter()

    def search(self, peer: str, name: str, spec: dict[str, Any] = LARGE, **named: Any) -> None:
        self.ask(peer, m.Open, name, GAME, spec, settings=m.SearchSettings(collisions="virtual-loss"))
        assert self.ask(peer, m.Search, name, **named) is None

    def give(self, batches: int, leaves: int, searcher: bytes = b"box") -> None:
        """So many batches of leaves, which are evaluated at once; invariants are checked behind the last."""
        self.checks = False
        if searcher not in self.core.peers:
            self.tell(searcher, m.Hello(m.PROTOCOL_VERSION, "searcher", "box", 1))
            self.tell(searcher, m.Select(m.BatchRequest(leaves)))
        for _ in range(batches):
            while searcher not in self.grants:
                assert self.core.next_deadline() == 0.0
                self.tell(b"", m.Tick())
            grant = self.grants.pop(searcher)
            live = self.core.tickets.live[searcher]
            for part in live.parts:
                self.leaves[self.core.sessions.by_serial[part.serial].name] += len(part.leaves)
            arrays = HashedGame.from_spec(grant.parts[0].spec).evaluate(records_of(grant))
            self.tell(searcher, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(leaves)))
        self.checks = True
        self.core.check_invariants()

    def of(self, owner: str) -> int:
        return sum(leaves for name, leaves in self.leaves.items() if name.partition("/")[0] == owner)


def test_who_searches_thirty_games_takes_no_more_than_who_searches_one() -> None:
    club = Counted({"anna": "client", "bob": "client"})
    club.search("anna", "one")
    for number in range(30):
        club.search("bob", f"{number}")
    club.give(120, leaves=16)
    assert abs(club.of("anna") - club.of("bob")) <= LAG + 16
    assert max(club.leaves[f"bob/{n}"] for n in range(30)) - min(club.leaves[f"bob/{n}"] for n in range(30)) <= 16


@pytest.mark.parametrize("leaves", [1, 4, 16])
def test_weights_are_shares(leaves: int) -> None:
    club = Counted({"anna": ("client", Quota(weight=3.0)), "bob": "client"})
    for peer in ("anna", "bob"):
        for name in ("one", "two"):
            club.search(peer, name)
    club.give(800 // leaves, leaves)
    assert club.of("anna") / club.of("bob") == pytest.approx(3.0, rel=0.25)


def test_all_who_are_local_are_one() -> None:
    club = Counted({"anna": "client"})
    club.greet("local")
    club.greet("local 2")
    for number in range(3):
        club.search("local", f"a{number}")
        club.search("local 2", f"b{number}")
    club.search("anna", "one")
    club.give(100, leaves=8)
    local = sum(leaves for name, leaves in club.leaves.items() if "/" not in name)
    assert abs(local - club.of("anna")) <= LAG + 8


def test_who_comes_late_does_not_catch_up() -> None:
    club = Counted({"anna": "client", "bob": "client"})
    club.search("anna", "one")
    club.give(100, leaves=8)
    before = club.of("anna")
    club.search("bob", "one")
    club.give(100, leaves=8)
    assert abs(club.of("anna") - before - club.of("bob")) <= LAG + 8


def test_what_one_cannot_use_goes_to_others() -> None:
    club = Counted({"anna": "client", "bob": "client"})
    club.search("anna", "small", {"num_moves": 1, "size": 1})
    for number in range(4):
        club.search("bob", f"{number}")
    club.give(50, leaves=16)
    assert club.of("bob") >= 30 * 16
    each = [leaves for name, leaves in club.leaves.items() if name.startswith("bob/")]
    assert max(each) - min(each) <= 16, "and is parted evenly"


class TestPriorities:
    def test_live_comes_first_and_a_review_never_starves(self) -> None:
        club = Counted({"anna": "client", "bob": "client"})
        for number in range(4):
            club.search("anna", f"{number}")
            club.search("bob", f"{number}", priority="review")
        for leaves in (1, 4, 16):
            club.leaves.clear()
            club.give(1000 // leaves, leaves, f"box {leaves}".encode())
            club.tell(f"box {leaves}".encode(), m.Goodbye())
            share = club.of("bob") / (club.of("anna") + club.of("bob"))
            assert share == pytest.approx(REVIEWED / (1 + REVIEWED), abs=0.03), leaves

    def test_positions_of_another_size_get_their_share_too(self) -> None:
        club = Counted({"anna": "client", "bob": "client"})
        for number in range(4):
            club.search("anna", f"{number}")
        club.search("bob", "other", LARGE | {"size": 2}, priority="review")
        club.give(400, 8)
        share = club.of("bob") / (club.of("anna") + club.of("bob"))
        assert share == pytest.approx(REVIEWED / (1 + REVIEWED), abs=0.03)

    def test_reviews_alone_get_everything(self) -> None:
        club = Counted({"anna": "client"})
        club.search("anna", "one", priority="review")
        club.search("anna", "two", priority="review")
        club.give(50, 8)
        assert club.of("anna") >= 50 * 6


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    weights=some.lists(some.sampled_from([0.5, 1.0, 2.0, 4.0]), min_size=2, max_size=4),
    games=some.lists(some.integers(1, 5), min_size=4, max_size=4),
    leaves=some.sampled_from([2, 7, 16]),
)
def test_nobody_who_has_enough_to_search_falls_behind(weights: list[float], games: list[int], leaves: int) -> None:
    names = ["anna", "bob", "carl", "dora"][: len(weights)]
    club = Counted({name: ("client", Quota(weight=weight)) for name, weight in zip(names, weights, strict=True)})
    for name, count in zip(names, games, strict=False):
        for number in range(count):
            club.search(name, f"{number}")
    club.give(40, leaves)  # trees that are young have few leaves
    virtual = {name: club.core.sessions.shares.of[name].virtual for name in names}
    assert max(virtual.values()) - min(virtual.values()) <= LAG + leaves / min(weights)


def test_what_was_given_is_in_a_state_and_goes_on_alike() -> None:
    club = Counted({"anna": ("client", Quota(weight=2.5)), "bob": "client"})
    for peer in ("anna", "bob"):
        club.search(peer, "one")
        club.search(peer, "two", priority="review")
    club.give(30, 5)
    frames = [bytes(frame) for frame in save(club.core)]
    again = Scheduler(HashedReferee(), Config(searcher_lease=1e6, client_lease=1e6))
    load(again, frames)
    assert again.sessions.shares.of == club.core.sessions.shares.of
    assert again.sessions.shares.owed == club.core.sessions.shares.owed
    grants = dict(club.grants)
    club.give(20, 5)
    one, club.core, club.grants = club.core, again, grants
    club.give(20, 5)
    assert one.digests() == again.digests()
