"""What an operator says of a core; it is in the header of every trace."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from daemon.core.bounds import Bounds
from daemon.core.tickets import LEAST


@dataclass(frozen=True)
class Config:
    """``searcher_lease``, ``client_lease``: seconds of silence after which a peer is given up. ``grant``: seconds that
    every batch of a searcher may take, see ``searcher_history``. ``recheck``: the share of results from elsewhere that
    is checked, see ``rechecks``; ``recheck_seed``: of which. ``bounds``: what clients may make it keep and do.

    The shell sees at once when a process of its own dies. The lease is for peers that hang, and long enough for busy
    machines on which a living peer may be silent for a while.
    """

    searcher_lease: float = 30.0
    client_lease: float = 60.0
    grant: float = LEAST
    version: str = ""
    recheck: float = 0.0
    recheck_seed: int = 0
    bounds: Bounds = field(default_factory=Bounds)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Config:
        """As a trace's header has it. Raises ``TypeError`` for what this program does not know."""
        return cls(**kept | {"bounds": Bounds(**kept.get("bounds", {}))})

    @classmethod
    def of_another_version(cls, kept: dict[str, Any]) -> Config:
        """As a trace's header has it, what this program does not know left out."""
        bounds = _known(Bounds, kept.get("bounds", {}))
        return cls.of(_known(cls, kept) | {"bounds": bounds})


def _known(kind: type[Config | Bounds], values: dict[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
