"""A share of the results from elsewhere is evaluated twice: who lies is put out, who only rounds never is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daemon.core import rechecks
from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.rechecks import Claim
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee, optimism_of, records_of
from daemon.replay.simulation import CONFIG, said_at, simulate
from protocol import messages as m
from protocol.principals import Principal, sender_of
from tests.core.local import PHASES, Local

SPEC = {"num_moves": 9, "size": 1}


def test_by_seed_the_liar_is_put_out_and_nobody_else() -> None:
    checked = replace(CONFIG, recheck=1.0, recheck_seed=7)
    found = [simulate(seed, 300, config=checked) for seed in range(20)]
    assert set().union(*(each.put_out for each in found)) == {"machine lying"}
    assert sum(each.compared for each in found) > 20


@pytest.mark.long
def test_by_many_seeds_nobody_honest_is_put_out() -> None:
    checked = replace(CONFIG, recheck=1.0, recheck_seed=8)
    found = [simulate(seed, 400, config=checked).put_out for seed in range(300)]
    assert set().union(*found) == {"machine lying"}
    assert sum(map(bool, found)) > 25, "or hardly anybody was caught"


class Checked(Local):
    """A core that checks every result from elsewhere."""

    def __init__(self) -> None:
        super().__init__(SPEC, config=Config(1e6, client_lease=1e6, recheck=1.0, recheck_seed=3))
        self.say(b"", m.Principals([Principal(name, "searcher") for name in ("a", "b", "c")]))
        self.ask(m.Search, "s", m.Limits())

    def come(self, searcher: bytes, machine: str = "") -> None:
        self.say(searcher, m.Hello(m.PROTOCOL_VERSION, "searcher", "box", 1, machine=machine))
        self.say(searcher, m.Select(m.BatchRequest(4)))

    def work(self, searcher: bytes, how: str) -> list[m.Outbound]:
        """Answer the grant that it holds."""
        grant = next(answer for answer in reversed(self.heard[searcher]) if isinstance(answer, m.Grant))
        arrays = said_at(how, self.game.evaluate(records_of(grant), optimism_of(grant)))
        return self.say(searcher, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(4)))

    def status(self) -> m.Status:
        (status,) = self.ask(m.AskStatus)
        assert isinstance(status, m.Status)
        return status


A, B, C = (sender_of(name, name.decode()) for name in (b"a", b"b", b"c"))


def turns(local: Checked, who: dict[bytes, str], most: int = 60) -> None:
    for _ in range(most):
        for searcher, how in who.items():
            if searcher in local.core.tickets.live:
                local.work(searcher, how)
        while local.core.next_deadline() == 0.0:
            local.say(b"", m.Tick())


def test_own_searchers_are_not_checked() -> None:
    local = Checked()
    for searcher in (b"x", b"y"):
        local.come(searcher)
    turns(local, {b"x": "", b"y": "lying"}, 10)
    assert (local.core.tickets.rechecks.last, local.core.tickets.rechecks.books) == (0, {})


def test_an_own_searcher_finds_the_liar_who_hears_it_and_is_refused_until_the_keys_are_reloaded() -> None:
    local = Checked()
    local.come(b"x")
    local.come(A)
    turns(local, {b"x": "", A: "lying"})
    told = local.heard[A][-1]
    assert isinstance(told, m.Refused)
    assert told.kind == "forbidden"
    assert told.reason.startswith("put out: 3 of 3 results of box (key a) that were checked are wrong")
    assert local.status().put_out == [told.reason]
    assert A not in local.core.peers
    again = local.say(A, m.Hello(m.PROTOCOL_VERSION, "searcher", "box", 1))
    assert again == [m.Refused(told.reason, None, "forbidden")]
    local.say(b"", m.Principals([Principal("a", "searcher")]))
    assert isinstance(local.say(A, m.Hello(m.PROTOCOL_VERSION, "searcher", "box", 1))[0], m.Welcome)


def test_of_three_keys_the_one_that_is_alone_is_put_out() -> None:
    local = Checked()
    for searcher in (A, B, C):
        local.come(searcher)
    turns(local, {A: "slanted", B: "lying", C: ""})
    books = local.core.tickets.rechecks.books
    assert {identity for identity, book in books.items() if book.put_out} == {"key b"}
    assert {books[identity].wrong for identity in ("key a", "key c")} == {0}
    assert {each.wrong for each in local.status().searchers} == {0}


def test_two_keys_that_disagree_are_nobodys_fault_yet() -> None:
    local = Checked()
    for searcher in (A, B):
        local.come(searcher)
    turns(local, {A: "", B: "lying"})
    assert local.core.tickets.rechecks.books == {}
    assert len(local.core.tickets.rechecks.waiting) > 0


def test_a_check_whose_searcher_goes_is_asked_of_another() -> None:
    local = Checked()
    local.come(A)
    local.come(B)
    while not local.core.tickets.rechecks.out:
        turns(local, {A: ""}, 1)
    number = min(local.core.tickets.rechecks.out)
    local.say(B, m.Goodbye())
    assert number in local.core.tickets.rechecks.waiting


def test_checks_and_books_are_in_a_checkpoint() -> None:
    local = Checked()
    for searcher in (b"x", A, B):
        local.come(searcher)
    turns(local, {b"x": "", A: "", B: "slanted"}, 8)
    before = local.core.tickets.rechecks
    assert before.waiting
    assert before.books
    again = Scheduler(HashedReferee(), local.core.config)
    load(again, [bytes(frame) for frame in save(local.core)])
    after = again.tickets.rechecks
    assert (after.books, after.last, list(after.waiting)) == (before.books, before.last, list(before.waiting))
    one, other = (next(iter(each.waiting.values())).claims[0] for each in (before, after))
    assert one.agrees(other)
    local.core = again
    turns(local, {b"x": "", A: "", B: "slanted"}, 3)


APART = [(0.0, 0.0, True), (0.24, 0.0, True), (0.26, 0.0, False), (0.0, 0.2, True), (0.0, 0.3, False)]


@pytest.mark.parametrize(("value", "shift", "agree"), APART)
def test_how_far_two_evaluations_may_be_apart(value: float, shift: float, agree: bool) -> None:
    def claim(value: float, priors: list[float]) -> Claim:
        return Claim("i", b"", 1, 0, value, np.array(priors, np.float16).view(np.uint16))

    assert claim(0.0, [0.5, 0.5]).agrees(claim(value, [0.5 - shift, 0.5 + shift])) == agree


def test_which_leaves_are_picked_is_a_share_that_no_searcher_can_foresee() -> None:
    picked = [rechecks.Rechecks(0.1, seed).picks("i", grant, 16) for seed in (1, 2) for grant in range(200)]
    shares = [sum(map(len, picked[:200])) / 3200, sum(map(len, picked[200:])) / 3200]
    assert shares == [pytest.approx(0.1, abs=0.03)] * 2
    assert picked[:200] != picked[200:]
