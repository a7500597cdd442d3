"""The policy at the root of a search, where the net has another one there than below it.

A net with an optimistic policy gives a node below the cursor priors that look for luck, and the cursor soberer ones.
When the cursor moves to a node that was evaluated below another, its priors are asked for anew: by a ticket whose leaf
is the cursor itself, which counts no visit, and before which nothing else of the tree is handed out. Its children keep
all that they have but their priors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.collisions import Selected
from daemon.core.search_tree import Tree
from protocol.messages import SearchSettings


class RootPolicy:
    """``asked``: the node whose priors are being asked for anew, NONE for none; it is under a ticket."""

    def __init__(self) -> None:
        self.asked = st.NONE

    def is_due(self, tree: Tree, cursor: int, settings: SearchSettings) -> bool:
        """Whether the cursor's priors must come, or be waited for, before leaves are selected."""
        if settings.root_policy_optimism == settings.policy_optimism:
            return False
        return bool(tree.state[cursor] == st.EXPANDED and not tree.root_policy[cursor])

    def ask(self, tree: Tree, cursor: int) -> tuple[Selected, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
        """A ticket for the cursor, or, while there is one already, what blocks; as ``collisions.select_leaves``."""
        blocking = self.asked
        leaves = np.zeros(0, np.int32)
        if blocking == st.NONE:
            self.asked = cursor
            tree.used[st.TICKETS] += 1
            leaves = np.array([cursor], np.int32)
        selected = Selected(0, 0, blocking, False, 0, 0, 0, 0, 0)
        return selected, leaves, np.zeros(len(leaves) + 1, np.int32), np.zeros(0, np.uint16)

    def is_of(self, leaves: NDArray[np.int32]) -> bool:
        """Whether this is the ticket that ``ask`` gave."""
        return self.asked != st.NONE and leaves.tolist() == [self.asked]

    def take(self, tree: Tree, priors: NDArray[np.int16]) -> None:
        """Finish the ticket: these are the priors, bits as in the tree's rows."""
        st.renew_priors(tree.addresses, self.asked, priors)
        self.drop(tree)

    def drop(self, tree: Tree) -> None:
        """Cancel the ticket."""
        self.asked = st.NONE
        tree.used[st.TICKETS] -= 1
