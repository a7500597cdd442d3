"""What is known of a record, put together from its analyses."""

from __future__ import annotations

from collections.abc import Mapping

from zhugo.review.move_costs import Position
from zhugo.web.record import RecordTree
from zhugo.web.review.game_review import GameReview
from zhugo.web.review.spots import spots_of


def review_of(tree: RecordTree, analyses: Mapping[int, Position], game: str = "game") -> GameReview:
    """Everything that follows from the analyses of a record's positions, by node."""
    game_review = GameReview(game, None)
    game_review.put(spots_of(tree), tree.width, tree.height)
    for node, position in analyses.items():
        if (key := game_review.key_of(node)) is not None:
            game_review.learn(key, position)
    return game_review
