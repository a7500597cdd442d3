"""What searchers ask and bring: batch requests, evaluations, and what they say of themselves."""

from __future__ import annotations

from msgspec.structs import replace

from daemon.core.answers import AnswerList
from daemon.core.containment import Refusal
from daemon.core.counters import Counters, DeviceMeters
from daemon.core.peer_registry import PeerRegistry
from daemon.core.tickets import Tickets
from protocol import messages as m
from protocol.packing import PackingError, unpacked


class SearcherWork:
    """See the module. Every method obeys one message of a searcher that is here, and raises ``Refusal``."""

    def __init__(
        self, registry: PeerRegistry, tickets: Tickets, counters: Counters, devices: DeviceMeters, answers: AnswerList
    ) -> None:
        self._registry, self._peers, self._tickets = registry, registry.peers, tickets
        self._counters, self._devices, self._answers = counters, devices, answers

    def select(self, sender: bytes, message: m.Select, now: float) -> None:
        """Give it work, now or when there is some."""
        self._peers[sender].batch_size = message.batch_request.leaves
        self._tickets.request(sender, message.batch_request, now)

    def update(self, sender: bytes, message: m.Update, now: float) -> None:
        """Take its evaluations."""
        if self._tickets.take_late(sender, message, now):
            return
        grant = self._tickets.update(sender, message, now)
        peer = self._peers[sender]
        peer.phases.add(message.phases, grant.leaves)
        self._devices.add(peer.device_key, message.phases.device, message.phases.device_end)
        self._counters.batches += 1
        self._counters.cached += message.cached
        self._put_out_bad_searchers(now)
        if message.batch_request is not None and sender in self._peers:
            self._tickets.request(sender, message.batch_request, now)

    def _put_out_bad_searchers(self, now: float) -> None:
        """Those whose results are wrong too often hear it, and are searchers here no more."""
        for identity in self._tickets.rechecks.bad():
            theirs = [who for who, known in self._tickets.standings.items() if known.identity == identity]
            names = sorted({self._peers[who].hello.name for who in theirs})
            why = self._tickets.rechecks.put_out(identity, f"{', '.join(names)} ({identity})"[:500])
            for who in theirs:
                self._registry.leave(who, now)
                self._answers.add(who, m.Refused(why, None, "forbidden"))

    def packed_update(self, sender: bytes, message: m.PackedUpdate, now: float) -> None:
        """Take evaluations that were packed for the way."""
        if self._tickets.take_late(sender, message, now):
            return
        self._tickets.require_fit(sender, message)
        try:
            update = unpacked(message)
        except PackingError as error:
            raise Refusal(str(error)) from None
        self.update(sender, update, now)

    def failed(self, sender: bytes, message: m.Failed, now: float) -> None:
        """It could not evaluate what it was granted."""
        if self._tickets.take_late(sender, message, now):
            return
        self._tickets.fail(sender, message, now)
        if message.batch_request is not None:
            self._tickets.request(sender, message.batch_request, now)

    def device_changed(self, sender: bytes, message: m.DeviceChanged, _now: float) -> None:
        """It evaluates with something else from now on."""
        peer = self._peers[sender]
        key = peer.device_key
        peer.hello = replace(peer.hello, net=message.net)
        self._registry.forget_device(key)
