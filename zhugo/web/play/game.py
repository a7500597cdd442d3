"""A game of a person against the engine. Pure: ``handle`` is the only way to change it.

It opens nothing, waits for nothing and reads no clock; what happens comes with its time. Behind every event ``wanted``
says what the engine is to do, ``deadline`` when a clock falls, ``standing`` what there is to tell, ``saved`` what to
keep. No clock runs while the last move is judged or warned of, while the game is counted or paused, or nobody looks at
it, nor the engine's while there is no daemon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import structs

from games.go.game import OFF_BOARD, REASONS
from games.go.other_rules import continued
from games.go.position import Position
from zhugo.web import messages
from zhugo.web.play.beginning import begun
from zhugo.web.play.clock_pair import ClockPair
from zhugo.web.play.count import counted, toggled
from zhugo.web.play.events import (
    EndJudged,
    EngineAway,
    EngineBack,
    EngineFails,
    EngineMoves,
    Event,
    Hinted,
    Kind,
    LookedAhead,
    MoveJudged,
    PersonActs,
    PersonMoves,
    Refused,
    Request,
    Tick,
    Watched,
)
from zhugo.web.play.standing import (
    AS_IT_STANDS,
    AWAY,
    ILLEGAL,
    NO_POINTS,
    NO_STONE,
    NOT_NOW,
    NOTHING_TO_UNDO,
    OTHERWISE,
    STILL_JUDGED,
    UNSURE,
    PlayedMove,
    Stage,
    Standing,
    State,
)

_LETTERS: Mapping[int, str] = {1: "B", -1: "W"}


class Game:
    """One game. Times are seconds by any clock that does not go back."""

    def __init__(self, state: State, now: float) -> None:
        """The game takes ``state`` as its own. Raises ``GameError`` and ``ValueError`` for a game that cannot be."""
        self._state = state
        self._clocks = ClockPair(state.opponent.clock, state.left, now)
        self._position = self._replayed()
        self._there: bool | None = None
        """Whether the engine is; None before anybody has said."""
        self._watched = True
        self._number = 0
        self._request: Request | None = None
        self._renew_request()

    @classmethod
    def begun(
        cls,
        spec: Mapping[str, Any],
        before: Sequence[tuple[int, int]],
        opponent: messages.Opponent,
        now: float,
        turn: int | None = None,
    ) -> Game:
        """A game from the position of ``spec`` after the moves ``before``, (color, point) each.

        ``turn``: who moves then, where that is not the other player. Raises as ``__init__``.
        """
        return cls(begun(spec, before, opponent, turn), now)

    @classmethod
    def brought_back(cls, saved: Any, now: float) -> Game:
        """The game that ``saved`` gave. With clocks it is paused, until the person goes on.

        Raises ``ValueError`` for what is no saved game, ``GameError``.
        """
        state = msgspec.convert(saved, State, strict=False)
        if state.left and state.stage in ("person", "engine"):
            state.paused = True
        return cls(state, now)

    def saved(self) -> Any:
        """The game as JSON has it, with the clocks as they stood at the last event."""
        return msgspec.to_builtins(self._state, str_keys=True)

    @property
    def beginning(self) -> tuple[dict[str, Any], list[int], messages.Opponent]:
        """The specification, the entries of the record at which the game began, and how the engine plays."""
        return self._state.spec, self._state.before, self._state.opponent

    @property
    def stage(self) -> Stage:
        """What the game waits for."""
        return self._state.stage

    @property
    def record(self) -> list[int]:
        """The entries of the whole record, from the position of the specification on."""
        return self._position.record

    @property
    def turn(self) -> messages.Color:
        """Who is to move; the player of the last move while it is warned of, for it may be taken back."""
        if self._state.stage == "warned":
            return self._state.opponent.human
        return 1 if self._position.to_play > 0 else -1

    @property
    def wanted(self) -> Request | None:
        """What the engine is to do, the same value as long as that is so; None: nothing, and to stop what it does."""
        return self._request

    @property
    def deadline(self) -> float | None:
        """When a clock falls unless something happens before; a ``Tick`` is due then."""
        return self._clocks.deadline(self._running())

    def standing(self, now: float) -> Standing:
        """The game at this moment, at which nothing else happens."""
        state = self._state
        return Standing(
            stage=state.stage,
            turn=self.turn,
            opponent=state.opponent,
            moves=tuple(state.moves),
            clocks=self._clocks.shown(self._running(), now),
            running=self._running(),
            paused=state.paused,
            result=state.result,
            undos=state.undos,
            hint=tuple(state.hint),
            count=state.count,
            said=self._said(),
            loss=state.loss,
            better=tuple(tuple(line) for line in state.better),
        )

    def handle(self, event: Event, now: float) -> bool:
        """Something happens. Returns whether there is anything new to tell.

        Raises ``Refused`` for what a person may not do now; an answer of the engine that comes too late is dropped, as
        is all that comes when a clock has fallen.
        """
        running = self._running()
        told = self._clocks.run(running, now)
        if told and running is not None:
            self._end(f"{_LETTERS[-running]}+T")
        else:
            told = self._obey(event)
        self._renew_request()
        return told

    def _obey(self, event: Event) -> bool:
        match event:
            case PersonMoves():
                self._person_moves(event.point)
            case PersonActs():
                self._act(event)
            case EngineAway() | EngineBack():
                there = isinstance(event, EngineBack)
                if there == self._there:
                    return False
                self._there, self._request = there, None
            case Watched(by_anybody):
                told = by_anybody != self._watched
                self._watched = by_anybody
                return told
            case Tick():
                return False
            case _:
                return self._take_answer(event)
        return True

    # The person.

    def _person_moves(self, point: int) -> None:
        state = self._state
        if state.stage != "person":
            raise Refused(NOT_NOW[state.stage])
        reason = self._position.why_illegal(point) if 0 <= point <= self._position.game.points else REASONS[OFF_BOARD]
        if reason is not None:
            raise Refused(ILLEGAL[reason])
        state.paused = False
        self._play(state.opponent.human, point)
        if self.stage == "engine":
            state.judging = state.opponent.teaching is not None and state.knows_points

    def _act(self, event: PersonActs) -> None:
        if self._state.stage == "over":
            raise Refused(NOT_NOW["over"])
        acts: dict[str, Callable[[], None]] = {
            "undo": self._undo,
            "hint": self._seek_hint,
            "keep": self._keep,
            "resign": lambda: self._end(f"{_LETTERS[-self._state.opponent.human]}+R"),
            "count": self._begin_counting,
            "toggle": lambda: self._toggle(event.point),
            "agree": self._agree,
            "resume": self._resume,
            "pause": self._pause,
            "go_on": self._go_on,
            "end": lambda: self._end(""),
        }
        acts[event.what]()

    def _undo(self) -> None:
        state = self._state
        own = [at for at, move in enumerate(state.moves) if move.color == state.opponent.human]
        if not own:
            raise Refused(NOTHING_TO_UNDO)
        del state.moves[own[-1] :]
        state.undos += 1
        state.since = min(state.since, len(state.moves))
        self._position = self._replayed()
        self._enter("person")

    def _seek_hint(self) -> None:
        self._need("person")
        self._state.seeking, self._state.failure = True, ""

    def _keep(self) -> None:
        self._need("warned")
        self._enter("engine")

    def _begin_counting(self) -> None:
        self._need("person", "engine")
        self._enter("counting")

    def _toggle(self, point: int | None) -> None:
        count = self._count()
        if not self._position.game.rules.takes_dead_off:
            raise Refused(AS_IT_STANDS)
        try:
            dead = toggled(self._position, count.dead, -1 if point is None else point)
        except ValueError:
            raise Refused(NO_STONE) from None
        own = self._state.own_count
        if own is not None and dead == set(own.dead):
            self._state.count = own
        else:
            unsure = [] if own is None else own.unsure
            self._state.count = structs.replace(counted(self._position, dead), unsure=unsure)

    def _agree(self) -> None:
        count = self._count()
        self._end(count.result)
        self._state.count = count

    def _resume(self) -> None:
        self._need("counting")
        self._state.since = len(self._state.moves)
        self._enter_turn()

    def _pause(self) -> None:
        self._need("person", "engine")
        self._state.paused = True

    def _go_on(self) -> None:
        self._need("person", "engine", "counting")
        self._state.paused, self._state.failure = False, ""

    def _need(self, *stages: Stage) -> None:
        if self._state.stage not in stages:
            raise Refused(NOT_NOW[self._state.stage])

    def _count(self) -> messages.Count:
        self._need("counting")
        if self._state.count is None:
            raise Refused(STILL_JUDGED)
        return self._state.count

    # The engine.

    def _take_answer(self, event: Event) -> bool:
        state = self._state
        if self._request is None or getattr(event, "number", None) != self._request.number:
            return False
        match event:
            case EngineMoves(_, None):
                self._end(f"{_LETTERS[state.opponent.human]}+R")
            case EngineMoves(_, int(move)):
                if self._position.why_illegal(move) is not None:
                    state.failure = "the engine played an illegal move"
                else:
                    self._play(self.turn, move)
            case MoveJudged():
                self._take_judgement(event)
            case EndJudged():
                state.own_count = state.count = event.count
            case Hinted():
                state.seeking, state.hint = False, list(event.candidates)
            case LookedAhead():
                state.looked = True
                return False
            case EngineFails():
                state.failure, state.seeking = event.why or "the engine failed", False
        return True

    def _take_judgement(self, event: MoveJudged) -> None:
        state = self._state
        state.judging = False
        least = state.opponent.teaching
        if event.loss is None:
            state.knows_points = False
        elif least is not None and event.loss >= least:
            self._enter("warned")
            state.loss, state.better = event.loss, [list(line) for line in event.better]

    # What both do.

    def _play(self, color: messages.Color, point: int) -> None:
        """A legal move of who is to move."""
        state = self._state
        self._position.play(point)
        state.moves.append(PlayedMove(color, point, self._clocks.moved(color)))
        last = [move.point for move in state.moves[state.since :]][-2:]
        if self._position.is_over and last == 2 * [self._position.game.points]:
            self._enter("counting")
        else:
            self._enter_turn()

    def _enter_turn(self) -> None:
        self._enter("person" if self._position.to_play == self._state.opponent.human else "engine")

    def _enter(self, stage: Stage) -> None:
        state = self._state
        state.stage = stage
        state.judging = state.seeking = state.looked = False
        state.hint, state.loss, state.better, state.failure = [], 0.0, [], ""
        state.count = state.own_count = None
        state.paused = state.paused and stage in ("person", "engine")

    def _end(self, result: str) -> None:
        self._enter("over")
        self._state.result = result

    def _replayed(self) -> Position:
        state = self._state
        return continued(state.spec, [*state.before, *(move.point for move in state.moves)])

    def _running(self) -> messages.Color | None:
        """Whose clock runs."""
        state = self._state
        if not self._clocks.there or state.paused or not self._watched:
            return None
        if state.stage == "person":
            return state.opponent.human
        if state.stage == "engine" and not state.judging and self._there and not state.failure:
            return -1 if state.opponent.human == 1 else 1
        return None

    # What is wanted.

    def _purpose(self) -> Kind | None:
        state = self._state
        if state.failure or (state.paused and state.stage != "counting"):
            return None
        match state.stage:
            case "engine":
                return "judge_move" if state.judging else "move"
            case "counting":
                return "judge_end" if state.own_count is None else None
            case "person" if state.seeking:
                return "hint"
            case "person" if state.opponent.teaching is not None and state.knows_points and not state.looked:
                return "look_ahead"
        return None

    def _renew_request(self) -> None:
        kind, record, old = self._purpose(), tuple(self._position.record), self._request
        if kind is None:
            self._request = None
        elif old is None or (old.kind, old.record) != (kind, record):
            self._number += 1
            left = self._state.left.get(self.turn) if kind == "move" else None
            self._request = Request(self._number, kind, record, left)

    def _said(self) -> str:
        state = self._state
        if state.stage == "over":
            return ""
        if self._there is False and self._request is not None:
            return AWAY
        if state.failure:
            return state.failure
        count, own = state.count, state.own_count
        if count is not None and own is not None:
            differ = set(count.dead) ^ set(own.dead)
            unsure = {point for one in own.unsure for point in self._position.chain(one)}
            if differ - unsure:
                return OTHERWISE
            return UNSURE if unsure else ""
        return NO_POINTS if state.opponent.teaching is not None and not state.knows_points else ""
