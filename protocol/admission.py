"""Who gets in with a key: the keys as they stand, how many connections each may have, and who was refused."""

from __future__ import annotations

from collections.abc import Callable

from protocol.curve import ENOUGH, CurvePeer, Refusal, error
from protocol.errors import Violation
from protocol.keys import Keyring

_REFUSALS = 1000
"""Refusals that wait to be told, at most; of more than these only the number."""


class Admission:
    """``keys``: None where everybody gets in; to be changed at any time."""

    def __init__(self, keys: Keyring | None, most: int, connections: Callable[[bytes], int]) -> None:
        """``most``: connections of one key; ``connections``: how many it has."""
        self.keys = keys
        self._most = most
        self._connections = connections
        self._refused: list[tuple[str, str]] = []
        self._more = 0

    def peer(self) -> CurvePeer | None:
        """For a new connection; None where it need not prove anything."""
        return None if self.keys is None else CurvePeer(self.keys.pair, self._whose)

    def is_valid(self, curve: CurvePeer | None) -> bool:
        """Whether a connection that got in might do so now."""
        if curve is None or not curve.ready:
            return True
        return self.keys is not None and self.keys.names.get(curve.key) == curve.principal

    def note(self, where: str, why: Violation) -> None:
        """Keep in mind that somebody's connection ended, if that was about a key."""
        if not isinstance(why, Refusal):
            return
        if len(self._refused) < _REFUSALS:
            self._refused.append((where, str(why)))
        else:
            self._more += 1

    def refused(self) -> tuple[list[tuple[str, str]], int]:
        """From where and why somebody was refused since the last call, and how many more there were."""
        refused, self._refused, more, self._more = self._refused, [], self._more, 0
        return refused, more

    def _whose(self, key: bytes) -> str | None:
        """The principal of a key. Raises ``Refusal`` where it has so many connections that others would have none."""
        name = None if self.keys is None else self.keys.names.get(key)
        if name is not None and self._connections(key) >= self._most:
            raise Refusal(f"{name} has {self._most} connections, the most of one key", error(ENOUGH))
        return name
