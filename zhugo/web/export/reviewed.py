"""What is known of a record, put together from its analyses."""

from __future__ import annotations

from collections.abc import Mapping

from zhugo.review.move_costs import Position
from zhugo.web.record import RecordTree
from zhugo.web.review.book import Book
from zhugo.web.review.spots import spots_of


def book_of(tree: RecordTree, analyses: Mapping[int, Position], game: str = "game") -> Book:
    """Everything that follows from the analyses of a record's positions, by node."""
    book = Book(game, None)
    book.put(spots_of(tree), tree.width, tree.height)
    for node, position in analyses.items():
        if (key := book.key_of(node)) is not None:
            book.learn(key, position)
    return book
