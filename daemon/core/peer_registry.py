"""Who is here: who is let in, who comes back, and what becomes of those who go."""

from __future__ import annotations

from daemon.core.answers import AnswerList
from daemon.core.config import Config
from daemon.core.containment import Forbidden, Refusal
from daemon.core.counters import Counters, DeviceMeters
from daemon.core.peers import Peer
from daemon.core.rechecks import identity_of
from daemon.core.roles import allowed
from daemon.core.sessions import Sessions
from daemon.core.tickets import Tickets
from protocol import messages as m
from protocol.principals import principal_name


class PeerRegistry:
    """``peers``: those who said hello, by sender."""

    def __init__(
        self,
        config: Config,
        principals: dict[str, m.Principal],
        sessions: Sessions,
        tickets: Tickets,
        counters: Counters,
        devices: DeviceMeters,
        answers: AnswerList,
    ) -> None:
        """``config``: of it only leases and the version; bounds are those of the sessions, which may change."""
        self.peers: dict[bytes, Peer] = {}
        self._config, self._principals, self._sessions, self._tickets = config, principals, sessions, tickets
        self._counters, self._devices, self._answers = counters, devices, answers

    def hello(self, sender: bytes, message: m.Hello, now: float) -> bytes | None:
        """Let somebody in: on whose former connection that client was here, if it was. Raises ``Refusal``."""
        if message.protocol != m.PROTOCOL_VERSION:
            raise Refusal(f"protocol {message.protocol} is spoken there, {m.PROTOCOL_VERSION} here")
        identity = identity_of(principal_name(sender), message.machine)
        if message.role == "searcher" and (why := self._tickets.rechecks.why_out(identity)):
            raise Forbidden(why)
        lease = self._config.searcher_lease if message.role == "searcher" else self._config.client_lease
        before = self._known_by(sender, message)
        if before is None and sender not in self.peers:
            self._require_place(message.role)
        known = self._tickets.standings.get(before or sender)  # greeting again does not clear its history
        if before != sender:
            self.leave(sender, now)
        came_back = before is not None and message.role == "client"
        peer = self.peers[before] if before is not None and came_back else Peer(message, now, lease)
        if before is not None:
            self._give_place(before, sender, came_back, now)
        peer.hello, peer.heard = message, now
        self.peers[sender] = peer
        if peer.is_searcher:
            self._tickets.join(sender, known, identity)
        last_request = peer.last_request if came_back else None
        self._answers.add(sender, m.Welcome(m.PROTOCOL_VERSION, self._config.version, lease / 4, last_request))
        return before if came_back else None

    def _require_place(self, role: str) -> None:
        there = sum(peer.hello.role == role for peer in self.peers.values())
        if there >= self._sessions.bounds.peers:
            raise Refusal(f"{there:,} {role}s are here, the most that this daemon takes")

    def _give_place(self, before: bytes, sender: bytes, came_back: bool, now: float) -> None:
        """``before`` is no peer any more; what it had is the sender's if that is the client itself, who came back."""
        if came_back:
            del self.peers[before]
            self._sessions.hand_over(before, sender)
        else:
            self.leave(before, now)

    def _known_by(self, sender: bytes, hello: m.Hello) -> bytes | None:
        """Who was here with this role and token, of the same principal: another's token is worth nothing."""
        if not hello.token:
            return None
        known = hello.role, hello.token, principal_name(sender)
        for who, peer in self.peers.items():
            if (peer.hello.role, peer.hello.token, principal_name(who)) == known:
                return who
        return None

    def principals_changed(self, message: m.Principals, now: float) -> None:
        """Other principals may come in now; those who may not are given up."""
        self._principals.clear()
        self._principals.update({each.name: each for each in message.principals})
        self._sessions.principals_changed(now)
        self._tickets.look_again()
        self._tickets.rechecks.let_in_again()
        for sender, peer in list(self.peers.items()):
            if not self._is_welcome(sender, peer):
                self.leave(sender, now)
                self._answers.add(sender, m.NotGreeted())

    def expire(self, now: float) -> None:
        """Give up those whose leases are over."""
        for sender, peer in list(self.peers.items()):
            if now >= peer.deadline:
                self.leave(sender, now)
                self._answers.add(sender, m.NotGreeted())

    def paused(self, seconds: float, now: float) -> None:
        """This time counts in no lease."""
        for peer in self.peers.values():
            peer.heard = min(now, peer.heard + seconds)

    def tell_searchers(self, message: m.Outbound) -> None:
        """All of them."""
        for who, peer in self.peers.items():
            if peer.is_searcher:
                self._answers.add(who, message)

    def _is_welcome(self, sender: bytes, peer: Peer) -> bool:
        """Whether it might still greet as it did."""
        name = principal_name(sender)
        return not name or (name in self._principals and allowed(self._principals[name], peer.hello))

    def leave(self, sender: bytes, now: float) -> None:
        """Forget a peer: its tickets are released, its sessions left. It is told nothing of that."""
        if (gone := self.peers.pop(sender, None)) is None:
            return
        self.forget_device(gone.device_key)
        before = len(self._answers)
        self._counters.searcher_deaths += self._tickets.leave(sender, now)
        for session in [session for session in self._sessions.by_name.values() if sender in session.clients]:
            self._sessions.leave(session, sender, now)
        self._sessions.storeroom.peer_left(sender, now)
        self._sessions.admission.peer_left(sender)
        self._answers.withdraw(sender, before)

    def forget_device(self, key: int | str | None) -> None:
        """Nobody evaluates with this device any more, unless another searcher does."""
        if key not in (peer.device_key for peer in self.peers.values()):
            self._devices.forget(key)
