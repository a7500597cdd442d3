"""A game against the engine, in the record in which it is played."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zhugo.shared import records
from zhugo.web import messages as m
from zhugo.web.play import EngineAccess, PlayedGame, Standing
from zhugo.web.record import BadEdit, Place, RecordTree

TIMES = {1: ("BL", "OB"), -1: ("WL", "OW")}
"""Where a record has what is left on a clock: seconds, and stones or periods."""
ENGINE = "ZhuGo"

Told = Callable[[Standing], None]


@dataclass(eq=False)
class Playing:
    """``began``: the node at which the game began. ``node``: its last move, as far as the record has it.

    ``told``: the standing that the record has followed.
    """

    tree: RecordTree
    played: PlayedGame
    began: int
    node: int
    told: Standing

    @classmethod
    def begin(
        cls, tree: RecordTree, node: int, opponent: m.Opponent, access: EngineAccess, told: Told, person: str
    ) -> Playing:
        """A game from a node on. Raises ``BadEdit``, ``GameError`` or ``ValueError`` with one line."""
        place = Place.of(tree, node)
        before = records.moves(place.segment)
        played = PlayedGame.begin(place.segment.spec, before, opponent, access, told, turn=place.position.to_play)
        if len(tree) == 1:
            engine = f"{ENGINE} {opponent.level}" if opponent.level else ENGINE
            black, white = (person, engine) if opponent.human > 0 else (engine, person)
            tree.say("PB", black)
            tree.say("PW", white)
        return cls(tree, played, node, node, played.standing())

    @classmethod
    def bring_back(cls, tree: RecordTree, saved: dict[str, Any], access: EngineAccess, told: Told) -> Playing:
        """The game that ``saved`` gave. Raises what ``begin`` raises."""
        began = 0
        try:
            for place in saved["began"]:
                began = tree.children(began)[place]
        except (KeyError, IndexError, TypeError):
            raise BadEdit("the record has not the node at which its game began") from None
        played = PlayedGame.bring_back(saved["game"], access, told)
        playing = cls(tree, played, began, began, played.standing())
        playing.follow(playing.told)
        return playing

    def saved(self) -> dict[str, Any]:
        """All of it, as JSON has it. ``began``: which child to take at each node, from the root on."""
        line = self.tree.line(self.began)
        places = [self.tree.children(parent).index(child) for parent, child in itertools.pairwise(line)]
        return {"began": places, "game": self.played.saved()}

    @property
    def is_over(self) -> bool:
        """Whether it has a result, or was left."""
        return self.played.standing().stage == "over"

    def standing(self) -> Standing:
        """The game as it is now, unless it has gone on without the record: then as the record has it."""
        now = self.played.standing()
        return now if now.moves == self.told.moves else self.told

    def follow(self, standing: Standing) -> list[int]:
        """Have the record say what was played; the nodes that are new or changed, in their order."""
        node, changed = self.began, list[int]()
        for move in standing.moves:
            known = self.tree.child_with(node, move.color, move.point)
            child = self.tree.add_move(node, move.color, move.point)
            if known is None:
                self.tree.promote(child)
                self._note_time(child, move.color, move.left)
                changed += [node, child]
            node = child
        self.node, self.told = node, standing
        if standing.stage == "over" and standing.result and node in self.tree.main_line():
            self.tree.say("RE", standing.result)
            changed.append(0)
        return list(dict.fromkeys(changed))

    def _note_time(self, node: int, color: int, left: m.ClockLeft | None) -> None:
        if left is None:
            return
        properties = self.tree.node(node).properties
        seconds, overtime = TIMES[color]
        properties[seconds] = [f"{left.seconds:.1f}"]
        if left.overtime:
            properties[overtime] = [str(left.stones or left.periods)]
