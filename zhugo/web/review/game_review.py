"""What is known of one game's positions behind one net; what is searched next; and what the page is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from games.go.sgf import Segment
from zhugo.review.move_costs import MoveReview, Position, review_moves
from zhugo.review.summary import GameSummary, PlayerSummary, behind, summarise
from zhugo.web import messages as m
from zhugo.web.review.spots import Spot
from zhugo.web.store.analyses import position_key

SHOWN = 6
"""Candidates of a position that the page is told."""


class GameReview:
    """``game``: its name. ``net``: as the page names a second one, None for the engine's own.

    ``visits``: of a review, 0 while there is none. ``failure``: why it does not go on.
    """

    def __init__(self, game: str, net: str | None) -> None:
        self.game, self.net = game, net
        self.visits = 0
        self.failure = ""
        self.view: int | None = None
        self.spots: list[Spot] = []
        self.width = self.height = 19
        self._keys: dict[int, bytes] = {}
        self._before: dict[int, bytes] = {}
        self._places: dict[bytes, Segment] = {}
        self._nodes: dict[bytes, list[int]] = {}
        self._known: dict[bytes, Position] = {}
        self._over: set[bytes] = set()
        self._agreed: set[bytes] = set()
        """Positions behind the first of the two passes that ended a game."""
        self._refused: set[bytes] = set()
        self._changed: set[int] = set()

    def put(self, spots: Sequence[Spot], width: int, height: int) -> list[bytes]:
        """The record as it is now; returns the keys of positions that were not there before."""
        before = set(self._places)
        self.spots, self.width, self.height = list(spots), width, height
        self._keys, self._before, self._places, self._nodes = {}, {}, {}, {}
        for spot in spots:
            key = self._place(spot.segment)
            self._keys[spot.node] = key
            self._nodes.setdefault(key, []).append(spot.node)
            if (segment := spot.before) is not None:
                self._before[spot.node] = self._place(segment)
        fresh = [key for key in self._places if key not in before]
        self._changed |= {node for key in fresh if key in self._known for node in self._nodes.get(key, ())}
        return fresh

    def _place(self, segment: Segment) -> bytes:
        key = position_key(segment.spec, segment.record)
        self._places.setdefault(key, segment)
        return key

    def key_of(self, node: int) -> bytes | None:
        """The key of the position at a node."""
        return self._keys.get(node)

    def place(self, key: bytes) -> Segment | None:
        """The position of a key, as long as the record has it."""
        return self._places.get(key)

    def learn(self, key: bytes, position: Position) -> bool:
        """Take an analysis in, unless a better one is there; whether it was taken."""
        known = self._known.get(key)
        if known is not None and known.visits > position.visits:
            return False
        self._known[key] = position
        self._changed.update(self._nodes.get(key, ()))
        for later in (*self._over, *self._agreed):  # these are judged by what came before
            self._changed.update(self._nodes.get(later, ()))
        return True

    def end(self, key: bytes, position: Position) -> None:
        """The game is over there, by two passes: what the players who passed agreed on is judged by what came before.

        That goes for the first pass, too, of which a search expects that the other player would not agree.
        """
        self._over.add(key)
        self._known[key] = replace(position, candidates=())
        self._changed.update(self._nodes.get(key, ()))
        if (before := self._before_key(key)) is not None:
            self._agreed.add(before)
            self._changed.update(self._nodes.get(before, ()))

    def refuse(self, key: bytes, why: str) -> None:
        """The daemon does not search there."""
        self._refused.add(key)
        self.failure = why

    def forget(self) -> list[bytes]:
        """Another net is there now: nothing is known any more. The keys of all positions."""
        self._known, self._over, self._agreed, self._refused = {}, set(), set(), set()
        return list(self._places)

    def start(self, visits: int) -> None:
        """Review with so many visits a position; 0 for no more."""
        self.visits, self.failure = visits, ""
        self._refused.clear()

    def position(self, node: int) -> Position | None:
        """What is known of the position at a node."""
        key = self._keys.get(node)
        return None if key is None else self._at(key)

    def analyses(self) -> dict[int, Position]:
        """What is known, by node."""
        return {node: found for node, key in self._keys.items() if (found := self._at(key)) is not None}

    def _at(self, key: bytes) -> Position | None:
        known = self._known.get(key)
        if key in self._over:
            before = self._before_key(key)
            agreed = None if before is None else self._at(before)
            return known if agreed is None else replace(agreed, candidates=())
        if known is not None and key in self._agreed:
            before = self._before_key(key)
            agreed = None if before is None else self._known.get(before)
            return known if agreed is None else replace(known, win_rate=agreed.win_rate, lead=agreed.lead)
        return known

    def _before_key(self, key: bytes) -> bytes | None:
        """The key of the position a move earlier."""
        place = self._places.get(key)
        return position_key(place.spec, place.record[:-1]) if place is not None and place.record else None

    def has(self, key: bytes) -> bool:
        """Whether there is nothing left to search at a position."""
        known = self._known.get(key)
        return key in self._over or key in self._refused or (known is not None and known.visits >= self.visits)

    def missing(self) -> Iterator[bytes]:
        """The positions to search, the most wanted first."""
        if not self.visits:
            return
        seen: set[bytes] = set()
        for key in self._order():
            if key not in seen and not self.has(key):
                yield key
            seen.add(key)

    def _order(self) -> Iterator[bytes]:
        main = [spot.node for spot in self.spots if spot.main]
        if self.view in self._keys:
            yield self._keys[self.view]
            if self.view in self._before:
                yield self._before[self.view]
        at = main.index(self.view) if self.view in main else 0
        for node in (*main[at:], *main[:at], *(spot.node for spot in self.spots if not spot.main)):
            if node in self._before:
                yield self._before[node]
            yield self._keys[node]

    def in_view(self, key: bytes) -> bool:
        """Whether this is the position that is looked at, or the one before it."""
        return self.view is not None and key in (self._keys.get(self.view), self._before.get(self.view))

    def reviews(self) -> list[tuple[Spot, MoveReview]]:
        """Every move of the main line of which both positions are known."""
        found = []
        for spot in self.spots:
            if spot.main and (review := self.review(spot)) is not None:
                found.append((spot, review))
        return found

    def review(self, spot: Spot) -> MoveReview | None:
        """What the move that leads to a spot cost, None where that is not known."""
        if spot.move is None or spot.node not in self._before:
            return None
        before, after = self._at(self._before[spot.node]), self._at(self._keys[spot.node])
        if before is None or after is None:
            return None
        return review_moves([before, after], [spot.move], spot.number)[0]

    def state(self) -> m.ReviewState:
        """How far it is."""
        done = sum(self.has(key) for key in self._places) if self.visits else 0
        total = len(self._places)
        return m.ReviewState(
            self.game, bool(self.visits) and done < total, done, total, self.visits, self.net, self.failure
        )

    def news(self) -> m.Reviewed | None:
        """The positions that changed since the last call."""
        positions = [
            judged(spot.node, found, spot.to_play)
            for spot in self.spots
            if spot.node in self._changed and (found := self.position(spot.node)) is not None
        ]
        self._changed.clear()
        return m.Reviewed(self.game, positions, self.net) if positions else None

    def everything(self) -> m.Reviewed | None:
        """All that is known, for somebody who comes to it."""
        self._changed = set(self._keys)
        return self.news()

    def summary(self) -> m.Summary | None:
        """The review summed up, None where no move is known."""
        found = self.reviews()
        if not found:
            return None
        nodes = {review.number: spot.node for spot, review in found}
        parents = _parents([spot for spot in self.spots if spot.main])
        whole = summarise([review for _, review in found], self.width, self.height)
        return summary_message(self.game, whole, nodes, parents, self.net)


def summary_message(
    game: str, whole: GameSummary, nodes: Mapping[int, int], parents: Mapping[int, int], net: str | None
) -> m.Summary:
    """A summary for the page. ``nodes``: of each move by its number; ``parents``: the node before each node."""
    return m.Summary(
        game,
        list(whole.bounds),
        whole.phases,
        _player(whole.black),
        _player(whole.white),
        [
            m.Mistake(
                nodes[one.review.number],
                one.review.number,
                one.review.player,
                one.review.move,
                one.review.point_loss,
                one.review.rate_loss,
                one.size,
                list(one.review.better.pv) if one.review.better is not None else [],
            )
            for one in whole.mistakes
        ],
        [parents[nodes[number]] for number in whole.questions],
        net,
    )


def judged(node: int, position: Position, to_play: int) -> m.Judged:
    """What is known of a position, for the page."""
    shown = candidates(position, to_play)[:SHOWN]
    return m.Judged(node, position.visits, round(position.win_rate, 4), rounded_points(position.lead), shown)


def candidates(position: Position, to_play: int) -> list[m.Candidate]:
    """All candidates of a position, for the page."""
    best = position.candidates[0] if position.candidates else None
    return [
        m.Candidate(
            one.move,
            one.visits,
            round(one.win_rate, 4),
            rounded_points(one.lead),
            round(one.prior, 4),
            None
            if best is None or best.lead is None or one.lead is None
            else round(max(0.0, behind(best, one, to_play)), 2),
            list(one.pv),
        )
        for one in position.candidates
    ]


def rounded_points(points: float | None) -> float | None:
    """Points as the page gets them."""
    return None if points is None else round(points, 2)


def _player(one: PlayerSummary) -> m.PlayerSummary:
    return m.PlayerSummary(
        one.moves,
        one.accuracy,
        one.mean_loss,
        one.best,
        one.top,
        list(one.losses),
        [m.Phase(phase.moves, phase.mean_loss, phase.accuracy) for phase in one.phases],
        one.strength,
    )


def _parents(main: Sequence[Spot]) -> dict[int, int]:
    return {after.node: before.node for before, after in pairwise(main)}
