"""What is known of each searcher: how long its batches took, and so how long and how large its next grant may be.

A searcher can send heartbeats and still hang, so every grant has a time limit of its own. It is several times what
grants of its kind took before, and short where nothing is known. To take leaves back from a searcher that was only slow
costs one batch, and its late update says how much time it needs. A searcher that lets grants run out gets smaller ones,
and none at all for a while if others can do the work.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SEVERAL = 5.0
"""A grant may take so many times as long as the slowest of its kind took."""

FADING = 0.9
"""The time of a slow batch counts so much less with each batch after it: the first batches compile."""

ALONE = 4.0
"""A grant may take so many times longer while nobody else waits for work."""

LONGEST = 3600.0
"""Seconds that no grant may exceed while others wait, if the least that the operator grants is not more."""

LONGEST_PAUSE = 600.0
"""Seconds after which everybody gets another chance."""

KINDS = 64
"""Kinds of batches whose times are kept for each searcher, the newest."""


@dataclass
class Standing:
    """What is known of one searcher.

    ``slowest``: kind of batch -> seconds, of the recent ones. ``misses``: grants that ran out since it last finished
    one in time. ``free_at``: before that time it gets none while others can work. ``revoked``: number, kind and begin
    of the last grant that ran out, until its update comes. ``identity``: whose results its are, see ``rechecks``.
    """

    slowest: dict[str, float] = field(default_factory=dict)
    misses: int = 0
    free_at: float = 0.0
    revoked: tuple[int, str, float] | None = None
    identity: str = ""

    def took(self, kind: str, seconds: float) -> None:
        """It had this time for a batch of this kind, in time or not."""
        before = self.slowest.pop(kind, 0.0)
        self.slowest[kind] = max(seconds, before * FADING)
        if len(self.slowest) > KINDS:
            del self.slowest[next(iter(self.slowest))]

    def finished(self, kind: str, seconds: float) -> None:
        """It finished a grant in time."""
        self.took(kind, seconds)
        self.misses, self.free_at = 0, 0.0

    def missed(self, now: float, least: float) -> None:
        """A grant ran out. ``least``: seconds that every grant may take."""
        self.misses += 1
        self.free_at = now + min(LONGEST_PAUSE, least * (1 << min(30, self.misses - 1)))

    def leaves(self, requested: int) -> int:
        """How many leaves to give it at most."""
        return max(1, requested >> self.misses)


def seconds_for(kind: str, own: Standing, all_of_them: list[Standing], least: float) -> float:
    """How long a grant of this kind may take while others wait; where nothing is known of its holder, as others did."""
    known = own.slowest.get(kind)
    if known is None:
        known = max((one.slowest.get(kind, 0.0) for one in all_of_them), default=0.0)
    return max(least, min(LONGEST, SEVERAL * known))
