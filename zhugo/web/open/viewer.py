"""One who looks at a game: a page that is connected."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from zhugo.web import messages as m
from zhugo.web.open.live_searches import Found, Target


@dataclass(eq=False)
class Viewer:
    """``tell`` sends a message to the page, and does not wait. ``game``: what is looked at, None before there is one.

    ``follows``: the number of the viewer whose place this one goes to. ``wish``: what to search wherever one looks.
    """

    number: int
    tell: Callable[[m.Told], None]
    name: str = ""
    game: str | None = None
    node: int = 0
    follows: int | None = None
    wish: m.Analyze = field(default_factory=lambda: m.Analyze(False))
    _told_at: float = 0.0

    def target(self) -> Target | None:
        """What is to be searched for this viewer."""
        if self.game is None or not self.wish.on:
            return None
        wish = self.wish
        return Target(self.game, self.node, tuple(sorted(wish.only)), tuple(sorted(wish.avoid)), wish.visits)

    def is_due(self, found: Found) -> bool:
        """Whether to tell of this now: not more often than was asked for, but of the end always."""
        now = time.monotonic()
        if found.running and now < self._told_at + 0.9 * self.wish.every:
            return False
        self._told_at = now
        return True

    def shown(self) -> m.Viewer:
        """To the others."""
        return m.Viewer(self.number, self.name, self.node, self.follows)
