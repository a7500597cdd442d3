"""Who said hello, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import UnsetType

from daemon.core.containment import OverQuota, Refusal
from daemon.core.counters import PhaseMeter
from protocol import messages as m

HANDLED = 1024
"""The newest requests of a client that are remembered as handled, so many."""


@dataclass
class Peer:
    """Somebody who said hello."""

    hello: m.Hello
    heard: float
    lease: float
    phases: PhaseMeter = field(default_factory=PhaseMeter)
    batch_size: int = 0
    """Leaves that it asked for last."""
    handled: dict[int, str | None] = field(default_factory=dict)
    """Of a client with a token: the numbers of its last ``HANDLED`` requests, and why those that were refused were."""
    last_request: int = 0
    """The largest of them."""
    over_quota: set[int] = field(default_factory=set)
    """Those of them that were refused for a quota."""

    @property
    def deadline(self) -> float:
        """When it will have been silent for too long."""
        return self.heard + self.lease

    @property
    def is_searcher(self) -> bool:
        """Searchers evaluate; everyone else is a client."""
        return self.hello.role == "searcher"

    @property
    def device_number(self) -> int | None:
        """Of several devices the one that this searcher has; None where there is but one."""
        net = self.hello.net
        return None if net is None or isinstance(net.number, UnsetType) else net.number

    @property
    def device_key(self) -> int | str | None:
        """Under which its device is known: on the daemon's own machine by its number, elsewhere with the machine."""
        number, machine = self.device_number, self.hello.machine
        return number if not machine else machine if number is None else f"{machine}:{number}"

    def remember(self, request: int, refused: Refusal | None) -> None:
        """It was handled: obeyed, or refused for this reason."""
        self.handled[request] = None if refused is None else str(refused)[:4000]
        if isinstance(refused, OverQuota):
            self.over_quota.add(request)
        self.last_request = max(self.last_request, request)
        if len(self.handled) > HANDLED:
            oldest = next(iter(self.handled))
            del self.handled[oldest]
            self.over_quota.discard(oldest)

    def refusal(self, request: int) -> Refusal | None:
        """Why a request that was handled was refused; None if it was obeyed."""
        told = self.handled[request]
        if told is None:
            return None
        return OverQuota(told) if request in self.over_quota else Refusal(told)
