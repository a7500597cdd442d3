"""Tensors that were encoded before anybody was granted their leaves: the ones used last are kept."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.schedules.interface import Leaf


class WaitingTensors:
    """An LRU of leaves whose tensors wait. A forecast that names a leaf again uses it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._leaves: dict[Leaf, None] = {}

    def __len__(self) -> int:
        return len(self._leaves)

    def __contains__(self, leaf: Leaf) -> bool:
        return leaf in self._leaves

    def put(self, leaf: Leaf) -> tuple[Leaf, ...]:
        """Keep this one; those that go for it."""
        self._leaves[leaf] = None
        gone = []
        while len(self._leaves) > self._most:
            oldest = next(iter(self._leaves))
            del self._leaves[oldest]
            gone.append(oldest)
        return tuple(gone)

    def take(self, leaf: Leaf) -> None:
        """Somebody was granted it."""
        del self._leaves[leaf]

    def touch(self, leaves: Iterable[Leaf]) -> None:
        """They were forecast again; the likeliest, which comes first, goes last."""
        for leaf in reversed([leaf for leaf in leaves if leaf in self._leaves]):
            self._leaves[leaf] = self._leaves.pop(leaf)
