"""All searchers of a master, and the net that they have: its own processes, those placed elsewhere, and those that come
for a change of the net.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.process.log import log
from daemon.process.net_file import DaemonNet
from daemon.process.net_swap import NetSwap
from daemon.process.options import OptionError, Options
from daemon.process.searchers import AnySearchers, Searchers
from daemon.replay.step import SHELL
from protocol import messages as m
from protocol.codec import encode
from protocol.principals import Principal
from protocol.server import Server

if TYPE_CHECKING:
    from daemon.core.peers import Peer
    from daemon.evaluation.searcher_options import SearcherOptions

END_SECONDS = 1.0
"""Seconds that searchers get to end by themselves."""


class SearcherPool:
    """See the module. Processes are known by the connections over which they said hello."""

    def __init__(
        self,
        options: Options,
        net: DaemonNet,
        address: str,
        private: Path,
        server: Server,
        tell: Callable[[bytes, m.Inbound], None],
        peers: Callable[[], Mapping[bytes, Peer]],
    ) -> None:
        """For the master that listens by ``server``: at ``address`` for its own processes, with its directory
        ``private``. ``net``: closed with the pool. ``tell``: has its core know; ``peers``: those that the core knows.
        """
        self._options, self._net = options, net
        self._address, self._private = address, str(private)
        self._server, self._tell, self._peers = server, tell, peers
        self._own = Searchers(options.own_searchers, self._told(options))
        self._elsewhere: list[AnySearchers] = []
        self._swap: NetSwap | None = None
        self._leaving: list[Searchers] = []
        """Those that came for a change of the net which was taken back."""
        self._senders: dict[int, set[bytes]] = {}
        """By pid; a process of walkers has several."""

    def employ(self, searchers: AnySearchers) -> None:
        """Have these beside the processes of this machine; before ``start``."""
        self._elsewhere.append(searchers)

    def start(self) -> None:
        """Start a first searcher of each kind."""
        for each in self._all():
            each.start_one()

    def answer(
        self, sender: bytes, frames: Sequence[bytes | memoryview], principals: Mapping[str, Principal]
    ) -> m.Outbound | None:
        """What the net's file says to a message, see ``DaemonNet``."""
        return self._net.answer(sender, frames, principals, None if self._swap is None else self._swap.net)

    def greeted(self, sender: bytes, hello: m.Hello) -> None:
        """A searcher said hello, and is welcome."""
        pid = 0 if hello.machine else hello.pid  # elsewhere the same number is another process
        if pid:
            self._senders.setdefault(pid, set()).add(sender)
        for each in self._all():
            each.greeted(pid, "" if hello.net is None else hello.net.sha256)

    def descriptors(self) -> list[int]:
        """What is readable when there is something to ``watch``."""
        return [descriptor for each in self._all() for descriptor in each.descriptors()]

    def next_restart(self) -> float | None:
        """When somebody is to be started again, by ``time.monotonic``; None where nobody is."""
        starts = (each.next_restart() for each in (self._own, *self._elsewhere))
        return min((start for start in starts if start is not None), default=None)

    def is_due(self) -> bool:
        """Whether to ``watch`` though nothing is readable."""
        return self._swap is not None or any(each.is_due() for each in (self._own, *self._elsewhere))

    def watch(self) -> None:
        """Start who is missing, go on with a change of the net, and say goodbye for the dead, so that their leases need
        not run out first. Raises ``SearchersFailed``.
        """
        dead = [*self._own.watch(), *self._advance_swap()]
        for each in (*self._elsewhere, *self._leaving):
            dead += each.watch()
        self._leaving = [each for each in self._leaving if each.is_any_there]
        for pid in dead:
            for sender in self._senders.pop(pid, ()):
                if sender in self._peers():
                    self._tell(sender, m.Goodbye())

    def begin_swap(self, asked: m.SwapNet) -> None:
        """Change to another net, or say why not."""
        path = Path(asked.net)
        options = replace(self._options, net=path)
        try:
            options.check()
            net = DaemonNet.of(options)
        except OptionError as error:
            self._tell(SHELL, m.NetSwapped(str(error)))
            return
        log("net_swap", f"changing to the net {path}", net=str(path))
        self._swap = NetSwap(path, asked.anew, net, self._own, options.own_searchers, self._told(options))

    def end(self) -> None:
        """Have all of them end, and let go of the nets."""
        for pid in self._senders:
            self._retire(pid)
        for each in self._all():
            each.end(END_SECONDS)
        if self._swap is not None:
            self._swap.net.close()
        self._net.close()

    def _all(self) -> Iterator[AnySearchers]:
        yield self._own
        if self._swap is not None:
            yield self._swap.new
        yield from self._leaving
        yield from self._elsewhere

    def _told(self, options: Options) -> Callable[[str], SearcherOptions]:
        return lambda name: options.for_searcher(self._address, name, self._private)

    def _retire(self, pid: int) -> None:
        for sender in self._senders.get(pid, ()):
            self._server.send(sender, encode(m.Retire()))

    def _advance_swap(self) -> list[int]:
        """See to the change of the net, if there is one. The pids of those of its searchers that are dead."""
        if (swap := self._swap) is None:
            return []
        dead = swap.watch()
        for pid in swap.step():
            self._retire(pid)
        if swap.failure:
            for pid in swap.roll_back():
                self._retire(pid)
            self._leaving.append(swap.new)
            swap.net.close()
            self._swap = None
            log("net_kept", f"the net stays what it was: {swap.failure}", level="error", net=str(swap.path))
            self._tell(SHELL, m.NetSwapped(swap.failure[:4000]))
        elif swap.is_done:
            self._finish_swap(swap)
        return dead

    def _finish_swap(self, swap: NetSwap) -> None:
        """The daemon has another net; searchers of other machines that have the old one come again, and fetch it."""
        self._net.close()
        self._net, self._own, self._swap = swap.net, swap.new, None
        self._options = replace(self._options, net=swap.path)
        for sender, peer in list(self._peers().items()):
            if peer.is_searcher and peer.hello.net is not None and peer.hello.net.sha256 != swap.net.sha256:
                self._server.dismiss(sender)
                self._tell(sender, m.Goodbye())
        log("net_swapped", f"the net is {swap.path} now", net=str(swap.path), sha256=swap.net.sha256)
        self._tell(SHELL, m.NetSwapped())
