"""A core that several principals use, driven by hand as ``local`` is: a peer is "name", or "name 2", of a principal."""

from __future__ import annotations

from typing import Any

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import GAME, HashedGame, HashedReferee, optimism_of, records_of
from daemon.replay.step import raise_first
from protocol import messages as m
from protocol.principals import Principal, Quota, Role, sender_of
from tests.core.local import PHASES

SPEC = {"num_moves": 5, "size": 1}
BOX = b"box"


class Club:
    """A core, its principals, and what each peer has heard. Every step checks all invariants, while ``checks``."""

    checks = True

    def __init__(
        self,
        principals: dict[str, Role | tuple[Role, Quota]],
        config: Config | None = None,
        spec: dict[str, Any] | None = None,
    ) -> None:
        """All of them are clients that have greeted, but searchers."""
        self.core = Scheduler(HashedReferee(), config or Config(searcher_lease=1e6, client_lease=1e6))
        self.spec = spec or SPEC
        self.now = 0.0
        self.requests = 0
        self.heard: dict[bytes, list[m.Outbound]] = {}
        self.grants: dict[bytes, m.Grant] = {}
        self.principals(principals)
        for name, told in principals.items():
            if (told if isinstance(told, str) else told[0]) != "searcher":
                self.greet(name)

    def principals(self, principals: dict[str, Role | tuple[Role, Quota]]) -> None:
        """These there are from now on."""
        pairs = {name: (told, Quota()) if isinstance(told, str) else told for name, told in principals.items()}
        self.tell(b"", m.Principals([Principal(name, role, quota) for name, (role, quota) in pairs.items()]))

    def tell(self, sender: bytes, message: m.AnyMessage) -> list[m.Outbound]:
        """Send one message; what its sender hears at once."""
        answers = self.core.handle(sender, message, self.now)
        raise_first(self.core.faults)
        if self.checks:
            self.core.check_invariants()
        for receiver, answer in answers:
            self.heard.setdefault(receiver, []).append(answer)
            if isinstance(answer, m.Grant):
                self.grants[receiver] = answer
        return [answer for receiver, answer in answers if receiver == sender]

    def greet(self, peer: str, token: str = "") -> list[m.Outbound]:
        """A client comes."""
        return self.tell(self.sender(peer), m.Hello(m.PROTOCOL_VERSION, "client", peer, 1, token=token))

    def ask(self, peer: str, kind: type[Any], *fields: Any, **named: Any) -> Any:
        """A request of a peer; the answer to it that comes at once, None where none does."""
        self.requests += 1
        answers = self.tell(self.sender(peer), kind(self.requests, *fields, **named))
        mine = [answer for answer in answers if getattr(answer, "request", None) == self.requests]
        return mine[0] if mine else None

    def open(self, peer: str, name: str, **named: Any) -> Any:
        """Open a session of the usual game."""
        return self.ask(peer, m.Open, name, GAME, self.spec, **named)

    def sender(self, peer: str) -> bytes:
        """The address of a peer; local for one whose name begins with "local"."""
        name = peer.partition(" ")[0]
        return peer.encode() if name.startswith("local") else sender_of(peer.encode(), name)

    def hears(self, peer: str) -> list[m.Outbound]:
        """What a peer has heard since it was last asked."""
        return self.heard.pop(self.sender(peer), [])

    def work(self, batches: int, leaves: int = 4, searcher: bytes = BOX) -> int:
        """Have a local searcher do so many batches; fewer where it finds no work. How many it did."""
        if searcher not in self.core.peers:
            self.tell(searcher, m.Hello(m.PROTOCOL_VERSION, "searcher", "box", 1))
            self.tell(searcher, m.Select(m.BatchRequest(leaves)))
        for done in range(batches):
            while searcher not in self.grants and self.core.next_deadline() == 0.0:
                self.tell(b"", m.Tick())
            if (grant := self.grants.pop(searcher, None)) is None:
                return done
            arrays = HashedGame.from_spec(grant.parts[0].spec).evaluate(records_of(grant), optimism_of(grant))
            self.tell(searcher, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(leaves)))
        return batches

    def visits(self) -> dict[str, int]:
        """Visits of the cursor of every session."""
        return {name: session.visits for name, session in self.core.sessions.by_name.items()}
