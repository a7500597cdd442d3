"""Anything in any order: Hypothesis drives a core by hand, and every invariant is checked after every step."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from daemon.core.search_tree import IN_FLIGHT, SPECULATED
from daemon.replay.hashed_game import records_of
from protocol import messages as m
from tests.core.local import CLIENT, PHASES, Local

searchers = some.sampled_from([b"a", b"b", b"c"])
small = some.integers(0, 5)


class Daemon(RuleBasedStateMachine):
    """One session, up to three searchers, one client. ``Local`` checks the invariants inside every ``say``."""

    done = Bundle("done")

    def __init__(self) -> None:
        super().__init__()
        self.local = Local({"num_moves": 5, "size": 1, "terminal_share": 0.15})
        self.held: dict[bytes, m.Grant] = {}

    def listen(self) -> None:
        for who in (b"a", b"b", b"c"):
            if (grant := self.local.take_grant(who)) is not None:
                self.held[who] = grant

    def digests(self) -> dict[str, str]:
        return self.local.core.digests()

    @rule(who=searchers)
    def come(self, who: bytes) -> None:
        self.local.greet(who)
        self.held.pop(who, None)
        self.listen()

    @rule(who=searchers)
    def die(self, who: bytes) -> None:
        self.local.say(who, m.Goodbye())
        self.held.pop(who, None)
        self.listen()

    @rule(who=searchers, leaves=some.integers(1, 6), speculate=some.booleans())
    def select(self, who: bytes, leaves: int, speculate: bool) -> None:
        self.local.say(who, m.Select(m.BatchRequest(leaves, speculate)))
        self.listen()

    @rule(target=done, who=searchers, again=some.booleans())
    def update(self, who: bytes, again: bool) -> tuple[bytes, m.Update] | None:
        grant = self.held.pop(who, None)
        if grant is None:
            return None
        arrays = self.local.game.evaluate(records_of(grant))
        update = m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(3) if again else None)
        self.local.say(who, update)
        self.listen()
        return who, update

    @rule(late=consumes(done))
    def update_twice(self, late: tuple[bytes, m.Update] | None) -> None:
        if late is None:
            return
        before = self.digests()
        (answer,) = self.local.say(*late)
        assert isinstance(answer, m.Refused)
        assert self.digests() == before

    @rule(who=searchers)
    def update_of_another_shape(self, who: bytes) -> None:
        if who not in self.held:
            return
        before = self.digests()
        arrays = self.local.game.evaluate([*records_of(self.held[who]), []])
        (answer,) = self.local.say(who, m.Update(self.held[who].grant, PHASES, **arrays))
        assert isinstance(answer, m.Refused)
        assert self.digests() == before

    @rule(who=searchers)
    def fail(self, who: bytes) -> None:
        if (grant := self.held.pop(who, None)) is not None:
            self.local.say(who, m.Failed(grant.grant, "no power"))
            self.listen()

    @rule(visits=some.integers(1, 60), avoid=some.lists(small, max_size=3), depth=some.integers(1, 3))
    def search(self, visits: int, avoid: list[int], depth: int) -> None:
        restrictions = [m.Restriction(1, avoid, depth), m.Restriction(-1, avoid, depth, allow=True)] if avoid else []
        self.local.ask(m.Search, "s", m.Limits(new_visits=visits), restrictions=restrictions)
        self.listen()

    @rule()
    def stop(self) -> None:
        self.local.ask(m.Stop, "s")
        self.listen()

    @rule(record=some.lists(small, max_size=4))
    def move_cursor(self, record: list[int]) -> None:
        self.local.ask(m.Goto, "s", record)
        self.listen()

    @rule(
        collisions=some.sampled_from(["capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct"]),
        cap=some.sampled_from([0.0, 0.2, 2.0]),
        noise=some.sampled_from([0.0, 0.25]),
        max_bytes=some.sampled_from([1_500, 1 << 30]),
    )
    def configure(self, collisions: str, cap: float, noise: float, max_bytes: int) -> None:
        how = m.SearchSettings(collisions=collisions, cap=cap, noise_weight=noise, max_bytes=max_bytes)  # type: ignore[arg-type]
        self.local.ask(m.Configure, "s", how)
        self.listen()

    @rule(seconds=some.sampled_from([0.0, 4.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.local.now += seconds
        self.local.say(b"", m.Tick())
        self.held = {who: grant for who, grant in self.held.items() if who in self.local.core.tickets.live}
        self.listen()

    @invariant()
    def what_is_held_is_live(self) -> None:
        live = {who: grant.grant for who, grant in self.local.core.tickets.live.items()}
        assert live == {who: grant.grant for who, grant in self.held.items()}

    def teardown(self) -> None:
        """When all searchers are gone nothing is left of what they did not finish."""
        for who in (b"a", b"b", b"c"):
            self.local.say(who, m.Goodbye())
        tree = self.local.session.tree
        used = slice(0, int(tree.used[0]))
        assert not tree.pseudo[used].any()
        assert not ((tree.state[used] == IN_FLIGHT) | (tree.state[used] == SPECULATED)).any()
        assert not [answer for answer in self.local.heard.get(CLIENT, []) if isinstance(answer, m.Grant)]


Daemon.TestCase.settings = settings(max_examples=150, stateful_step_count=50)
TestDaemon = Daemon.TestCase
