"""Whole games reviewed in the background, while one looks. In the order in which to read it:

spots         the positions of a record that a review searches, with the moves that lead there
game_review   what is known of one game's positions, what is searched next, and what the page is told; pure
worker        a thread that has positions searched by one daemon
reviews       all reviews of all open games: what the rest of the program calls
nets          a second net to compare with, behind a private daemon of its own

``Reviews`` is the whole interface. A game is put there when it is opened and after every change of its record
(``put``); from then on what the store knows of it is told, and ``analyses`` has it. ``start`` has the rest searched,
``look`` says what is in view, which is searched first, ``learn`` takes in what a live analysis found, and ``drop``
forgets a game that is closed. Everything may be called from any thread and returns at once; what comes of it is told
by a callback, from a thread of the review's own, as ``Reviewed``, ``ReviewState`` and ``Summary``.

Order: the position in view and the one before it, the main line from there to its end, the main line from its start,
then the variations. Many positions are searched at a time, so that batches are full. While somebody else searches in
the same daemon (a live analysis, a game), it is one position at a time, and a ``review`` to the daemon, which serves
live searches first. Beside analyses of the same page alone it is ``live`` as they are, and has about half: an endless
one would leave it a seventeenth. Searches that are held up keep their trees.
"""

from zhugo.web.review.reviews import Reviews

__all__ = ["Reviews"]
