"""Principals in a simulated daemon: their quotas, what they ask of each other, and what must hold of what they hear."""

from __future__ import annotations

import random

from daemon.core.answers import Answers
from daemon.core.names import key_of, meant
from daemon.core.scheduler import Scheduler
from daemon.core.shares import BURST
from daemon.replay.hashed_game import GAME
from protocol import messages as m
from protocol.principals import Principal, Quota, principal_name

PRIORITIES: tuple[m.Priority, ...] = ("live", "review")
NAMES = ("anna", "bob", "carl", "root")
MIB = 1 << 20


class SimulatedClub:
    """Who there is, from a seed, and the invitations that they pass on to each other."""

    def __init__(self, rng: random.Random) -> None:
        self._random = rng
        self.principals = {name: Principal(name, "client", self._quota()) for name in NAMES}
        self.principals["root"] = Principal("root", "admin")
        self.invitations: list[str] = []

    def _quota(self) -> Quota:
        choose = self._random.choice
        return Quota(
            sessions=choose([None, 2, 3]),
            searches=choose([None, 1, 2]),
            memory_mb=choose([None, 1]),
            visits_per_second=choose([None, None, 20.0, 100.0]),
            weight=choose([0.5, 1.0, 4.0]),
        )

    def all(self) -> m.Principals:
        """Everybody is there."""
        return m.Principals(list(self.principals.values()))

    def some(self) -> m.Principals:
        """One is there no more."""
        gone = self._random.choice(NAMES)
        return m.Principals([each for name, each in self.principals.items() if name != gone])

    def requests(self, number: int, session: str) -> list[m.Inbound]:
        """What a client may ask because of others."""
        secret = f"{self._random.randrange(3):032}"
        self.invitations.append(secret)
        role, priority = self._random.choice(["client", "observer"]), self._random.choice(PRIORITIES)
        known = self._random.choice(self.invitations)
        return [
            m.Invite(number, session, secret, role),  # type: ignore[arg-type]
            m.Invite(number, session, secret, role),  # type: ignore[arg-type]
            *[m.Join(number, known)] * 4,
            m.Open(number, f"more {number}", GAME, {"num_moves": 3, "size": 1}, priority=priority),
            m.Uninvite(number, session, known),
            m.Search(number, session, m.Limits(seconds=0.5), priority="review"),
            m.Search(number, f"{self._random.choice(NAMES)}/{session}", m.Limits(visits=30)),
            m.Play(number, f"{self._random.choice(NAMES)}/{session}", 0),
            m.Query(number, f"{self._random.choice(NAMES)}/{session}"),
            m.AskStatus(number),
        ]

    def members(self, core: Scheduler) -> set[tuple[bytes, str]]:
        """Who is in which session, stored ones too."""
        sessions = core.sessions
        members = {(client, key) for key, session in sessions.by_name.items() for client in session.clients}
        return members | {
            (client, key) for key, record in sessions.storeroom.records.items() for client in record.clients
        }

    def check(self, core: Scheduler, answers: Answers, before: set[tuple[bytes, str]]) -> None:
        """Nobody hears of a session that it is not in, and nobody has more than its quota."""
        members = before | self.members(core)
        for receiver, answer in answers:
            if isinstance(answer, m.Report | m.Opened | m.Closed):
                names = {key_of(principal_name(receiver), answer.session), meant(answer.session)}
                if not any((receiver, key) in members for key in names):
                    raise AssertionError(f"{receiver!r} hears of {answer.session!r}, which it is not in")
            if isinstance(answer, m.Status):
                self._check_status(receiver, answer, members)
        self._check_quotas(core)

    def _check_status(self, receiver: bytes, status: m.Status, members: set[tuple[bytes, str]]) -> None:
        own = principal_name(receiver)
        if self.principals[own].role == "admin":
            return
        for each in status.sessions:
            if each.owner != own and (receiver, meant(each.session)) not in members:
                raise AssertionError(f"{receiver!r} is told of {each.session!r}")

    def _check_quotas(self, core: Scheduler) -> None:
        sessions = core.sessions
        waits = sessions.admission.queue.waiting
        for name, principal in self.principals.items():
            quota, own = principal.quota, [one for one in sessions.by_name.values() if one.owner == name]
            searching = sum(session.search is not None for session in own)
            here = len(own) + sessions.storeroom.in_use(name)
            waiting = sum(one.owner == name and one.key not in sessions.storeroom.records for one in waits)
            if quota.sessions is not None and here + waiting > quota.sessions:
                raise AssertionError(f"{name!r} has {here} sessions, and waits for {waiting}")
            if quota.searches is not None and searching > quota.searches:
                raise AssertionError(f"{name!r} has {searching} searches")
            if quota.memory_mb is not None and sum(one.bytes_held() for one in own) > quota.memory_mb * MIB:
                raise AssertionError(f"{name!r} has more memory than it may")
            share = sessions.shares.of.get(name)
            rate = quota.visits_per_second
            if rate is not None and share is not None and share.at is not None and share.tokens > rate * BURST:
                raise AssertionError(f"{name!r} has {share.tokens} visits left")
