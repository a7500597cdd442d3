"""Why a cursor chose by sequential halving whom it did, behind every event: the numbers that it compares."""

from __future__ import annotations

import numpy as np

from daemon.core.core_queries import HalvingChoice, halving_choices
from daemon.core.session import Session
from zhugo.debugger.showing.view.histories import Arrays

MOST = 16
"""Moves that are kept of an event, the next one first: as many as are drawn, unless settings say otherwise."""


class HalvingHistory:
    """Of one session; an entry for each change, without moves where the cursor is chosen at by PUCT."""

    def __init__(self) -> None:
        self._events: list[int] = []
        self._entries: list[list[HalvingChoice]] = []

    def follow(self, session: Session | None, event: int) -> None:
        """How it stands behind this event; None for a session that is closed."""
        found = [] if session is None else halving_choices(session)[:MOST]
        if found != (self._entries[-1] if self._entries else []):
            self._events.append(event)
            self._entries.append(found)

    def arrays(self) -> Arrays:
        """By change: its event, how many moves it has, and the visits that are due; by move its numbers."""
        rows = [one for entry in self._entries for one in entry]
        return {
            "event": np.array(self._events, np.int32),
            "count": np.array([len(entry) for entry in self._entries], np.int32),
            "due": np.array([entry[0].due if entry else 0 for entry in self._entries], np.int32),
            "move": np.array([one.move for one in rows], np.int32),
            "noise": np.array([one.noise for one in rows], np.float32),
            "sigma": np.array([one.sigma for one in rows], np.float32),
            "score": np.array([one.score for one in rows], np.float32),
            "begun": np.array([one.begun for one in rows], np.int32),
        }
