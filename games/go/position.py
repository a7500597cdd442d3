"""A game in progress, for programs: play, undo, ask, print. Searches use ``Go.replay`` instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.game import IllegalMove
from games.go import coords, scoring
from games.go.board import BLACK, EMPTY, WHITE, first_liberty, new_boards, new_undos, next_liberty, set_up
from games.go.game import OFF_BOARD, REASONS, Go
from games.go.moves import LEGAL, check, check_unruled, history_key, legal_moves, play, undo
from games.go.scoring import ScoreRules

_MARKS = {EMPTY: ".", BLACK: "X", WHITE: "O"}


class Position:
    """A position with the way that led to it. ``game`` says size and rules; moves are integers, the switch included."""

    def __init__(self, game: Go, record: Sequence[int] = ()) -> None:
        """Raises ``IllegalMove``."""
        self.game = game
        self._boards = game.first_boards()[:1]
        self._board = self._boards[0]
        self._undos = new_undos(64)
        self._history = np.zeros(65, np.uint64)
        self._history[0] = history_key(self._board)
        self._record: list[int] = []
        for move in record:
            self.play(move)

    @property
    def record(self) -> list[int]:
        """The moves so far, switches included; a copy."""
        return list(self._record)

    @property
    def to_play(self) -> int:
        """BLACK (+1) or WHITE (-1)."""
        return int(self._board["to_play"])

    @property
    def is_over(self) -> bool:
        """Whether two passes in a row end the record."""
        return int(self._board["passes"]) >= 2

    @property
    def stones(self) -> NDArray[np.int8]:
        """int8[height, width]: +1 black, -1 white, 0 empty; a copy."""
        game = self.game
        grid: NDArray[np.int8] = self._board["stones"][: game.points].reshape(game.height, game.width).copy()
        return grid

    @property
    def captures(self) -> tuple[int, int]:
        """Stones that Black and White have captured so far, suicides of the other counted."""
        return int(self._board["captured_white"]), int(self._board["captured_black"])

    @property
    def button(self) -> int:
        """Who has taken the button: BLACK, WHITE, or EMPTY for nobody, as in games without one."""
        button = int(self._board["button"])
        return button if button in (BLACK, WHITE) else EMPTY

    @property
    def hash(self) -> int:
        """Zobrist hash of the stones."""
        return int(self._board["hash"])

    @property
    def ko_point(self) -> int | None:
        """Where simple ko forbids to take back, None without a ko."""
        point = int(self._board["ko_point"])
        return None if point < 0 else point

    def color_at(self, point: int) -> int:
        """BLACK, WHITE or EMPTY."""
        return int(self._board["stones"][point])

    def why_illegal(self, move: int) -> str | None:
        """None when ``to_play`` may play ``move``, else the reason: one of ``REASONS``."""
        if not 0 <= move <= self.game.points + 1:
            return REASONS[OFF_BOARD]
        if move > self.game.points:
            return None
        answer = check(self._board, self._history, len(self._record) + 1, move)
        return None if answer == LEGAL else REASONS[answer]

    def legal(self) -> NDArray[np.bool_]:
        """bool[num_moves]: what ``to_play`` may play."""
        legal = np.zeros(self.game.num_moves, np.bool_)
        legal_moves(self._board, self._history, len(self._record) + 1, legal)
        return legal

    def play(self, move: int) -> None:
        """Play a point, the pass or the switch. Raises ``IllegalMove``, and then nothing has changed.

        Of the entries that the game leaves unchecked only those are illegal that no rules allow.
        """
        reason = self._why_impossible(move) if len(self._record) < self.game.unchecked else self.why_illegal(move)
        if reason is not None:
            color = "black" if self.to_play == BLACK else "white"
            shown = self.game.vertex(move) if reason != REASONS[OFF_BOARD] else str(move)
            raise IllegalMove(f"{color} {shown}: {reason}")
        count = len(self._record)
        if count == len(self._undos):
            self._undos = np.concatenate([self._undos, new_undos(count)])
            self._history = np.concatenate([self._history, np.zeros(count, np.uint64)])
        play(self._board, move, self._undos[count])
        self._history[count + 1] = history_key(self._board)
        self._record.append(move)

    def play_as(self, color: int, move: int) -> None:
        """Play for ``color``, with a switch before it when the other was to move. Raises ``IllegalMove``."""
        switched = color != self.to_play
        if switched:
            self.play(self.game.points + 1)
        try:
            self.play(move)
        except IllegalMove:
            if switched:
                self.undo()
            raise

    def undo(self) -> int:
        """Take back the last entry of the record and return it. Raises ``IndexError`` at the start."""
        move = self._record.pop()
        undo(self._board, self._undos[len(self._record)])
        return move

    def chain(self, point: int) -> list[int]:
        """The points of the chain of the stone at ``point``, sorted; empty without a stone."""
        if self.color_at(point) == EMPTY:
            return []
        head = self._board["head"]
        stones = self._board["stones"][: self.game.points]
        return [int(p) for p in np.flatnonzero(stones) if head[p] == head[point]]

    def chains(self) -> list[list[int]]:
        """The points of every chain on the board, each in order, in the order of their first points."""
        found: dict[int, list[int]] = {}
        head, stones = self._board["head"], self._board["stones"]
        for point in np.flatnonzero(stones[: self.game.points]).tolist():
            found.setdefault(int(head[point]), []).append(point)
        return list(found.values())

    def liberties(self, point: int) -> list[int]:
        """The liberties of the chain of the stone at ``point``, sorted; empty without a stone."""
        found: list[int] = []
        if self.color_at(point) == EMPTY:
            return found
        head = int(self._board["head"][point])
        liberty = first_liberty(self._board, head)
        while liberty >= 0:
            found.append(liberty)
            liberty = next_liberty(self._board, head, liberty)
        return found

    @property
    def handicap(self) -> int:
        """Black's stones that White may be paid for: set up without white ones, or played before White's first."""
        return 0 if self.game.white else len(self.game.black) + int(self._board["opening_black"])

    def lead(
        self,
        dead: Iterable[int] | None = None,
        rules: ScoreRules | None = None,
        owners: NDArray[np.int8] | None = None,
        seki: Iterable[int] | None = None,
        filled: Iterable[int] = (),
    ) -> float:
        """Black's final lead in points, komi and all included, if the game ended here.

        ``dead``: stones, one of a chain suffices, that the players take off; every other stone is alive. None: what
        the rules do when nobody is asked, see ``scoring``. ``rules``: others than the game's. ``owners``, int8[points]:
        whose each point is without the dead; None, and a look at the stones for ``seki``: see ``scoring``. ``filled``:
        points on which their owners have stones in the end.
        """
        rules = self.game.score_rules if rules is None else rules
        memory = scoring.new_score_memory()[0]
        if dead is None:
            return float(scoring.final_lead(self._board, rules, memory))
        board = self._without(dead)
        scoring.plain_owners(board, memory)
        if owners is not None:
            memory["owner"][: self.game.points] = owners
        for point in filled:
            board["stones"][point] = memory["owner"][point]
        if seki is None:
            scoring.find_seki(board, memory)
        else:
            memory["seki"][list(seki)] = 1
        return float(scoring.board_lead(board, rules, memory))

    def final_score(self, dead: Iterable[int] | None = None) -> str:
        """``lead`` as GTP and SGF write it: "B+3.5", "W+12", "0"."""
        return written_score(self.lead(dead))

    def showboard(self) -> str:
        """The board as text, GTP coordinates around it, Black X, White O; the last move in parentheses."""
        game = self.game
        names = "   " + " ".join(coords.COLUMNS[: game.width])
        last = self._record[-1] if self._record else -1
        lines = [names]
        for row in range(game.height):
            cells = ""
            for col in range(game.width):
                point = row * game.width + col
                mark = _MARKS[self.color_at(point)]
                cells += ("(" if point == last else ")" if point == last + 1 and col > 0 else " ") + mark
            cells += ")" if last // game.width == row and last % game.width == game.width - 1 and last >= 0 else " "
            lines.append(f"{game.height - row:2}{cells}{game.height - row}")
        lines.append(names)
        black, white = self.captures
        player = "black" if self.to_play == BLACK else "white"
        lines.append(f"{player} to play; captures: black {black}, white {white}; komi {game.komi:g}")
        return "\n".join(lines)

    def _why_impossible(self, move: int) -> str | None:
        if not 0 <= move <= self.game.points:
            return self.why_illegal(move)
        answer = check_unruled(self._board, move)
        return None if answer == LEGAL else REASONS[answer]

    def owners_with(self, stones: NDArray[np.int8]) -> NDArray[np.int8]:
        """int8[points]: whose each point is with these stones, all of them alive: BLACK, WHITE, or EMPTY for nobody."""
        memory = scoring.new_score_memory()[0]
        scoring.plain_owners(self.board_with(stones), memory)
        owners: NDArray[np.int8] = memory["owner"][: self.game.points].copy()
        return owners

    def seki_with(self, stones: NDArray[np.int8], owners: NDArray[np.int8]) -> NDArray[np.bool_]:
        """bool[points]: the groups among these points that ``scoring`` takes to be in seki."""
        board, memory = self.board_with(stones), scoring.new_score_memory()[0]
        memory["owner"][: self.game.points] = owners
        scoring.find_seki(board, memory)
        seki: NDArray[np.bool_] = memory["seki"][: self.game.points] != 0
        return seki

    def board_with(self, stones: NDArray[np.int8]) -> Any:
        """A board of these rules with ``stones``, int8[points]; every chain must have a liberty."""
        boards = new_boards(1)
        boards[0] = self._board
        set_up(boards[0], stones, self.to_play, new_undos(1)[0])
        return boards[0]

    def _without(self, dead: Iterable[int]) -> Any:
        """The board without the chains of the dead stones, which count as prisoners."""
        stones = self._board["stones"][: self.game.points].copy()
        for point in dead:
            stones[self.chain(point)] = EMPTY
        taken = self._board["stones"][: self.game.points] - stones
        board = self.board_with(stones)
        board["captured_black"] = self._board["captured_black"] + np.count_nonzero(taken == BLACK)
        board["captured_white"] = self._board["captured_white"] + np.count_nonzero(taken == WHITE)
        board["button"], board["opening_black"] = self._board["button"], self._board["opening_black"]
        return board


def written_score(lead: float) -> str:
    """Black's lead as GTP and SGF write a score."""
    return "0" if lead == 0 else f"{'B' if lead > 0 else 'W'}+{abs(lead):g}"
