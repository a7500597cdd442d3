"""A person and the engine take their turns, which need not alternate."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from protocol.client import Session
from protocol.messages import Limits, Report
from zhugo.bridges.play.shown import Shown, Standing, standing
from zhugo.bridges.play.typed import NotUnderstood, move_of
from zhugo.shared.searching import finished

HELP = """\
a move     by its name ({example}), the end of its name, or its number
moves      all legal moves, with their numbers
hint       what the engine would play, and why
undo       take back your last move, and what the engine answered
board      show the board again
new        start again
help       this
quit       leave; so do Ctrl-D and Ctrl-C"""

EXPECTED = 8
"""Moves that are shown of the line that the engine expects."""

ALTERNATIVES = 3


class Conversation:
    """One game, and others after it."""

    def __init__(
        self,
        shown: Shown,
        session: Session,
        limits: Limits,
        human_first: bool,
        thinking: Callable[[], AbstractContextManager[object]],
    ) -> None:
        """``thinking``: shown around every search. ``human_first``: whether the person makes the first move."""
        self._shown = shown
        self._session = session
        self._limits = limits
        self._thinking = thinking
        first = self._standing().to_play
        self._human = first if human_first else -first

    @property
    def _record(self) -> list[int]:
        return self._session.record

    def run(self) -> None:
        """Play until the person leaves: by a word, or by the end of input."""
        you, engine = (self._shown.players[side] for side in (self._human, -self._human))
        print(f"{self._shown.title}: you are {you}, the engine is {engine}. Type help for what can be typed.")
        self._show()
        while self._turn():
            pass

    def _turn(self) -> bool:
        """One move of the engine, or one line of the person; False when the person leaves."""
        now = self._standing()
        if now.result is None and now.to_play != self._human:
            self._reply()
            return True
        try:
            line = input("your move> " if now.result is None else "the game is over> ").strip()
        except (EOFError, KeyboardInterrupt) as end:
            print()
            if isinstance(end, KeyboardInterrupt):
                raise
            return False
        return self._obey(line, now)

    def _obey(self, line: str, now: Standing) -> bool:
        match line.lower():
            case "":
                pass
            case "quit" | "exit" | "q":
                return False
            case "help" | "?":
                print(HELP.format(example=next(iter(self._names().values()), "none is left")))
            case "board":
                self._show()
            case "undo":
                self._undo()
            case "new":
                self._session.goto([])
                self._show()
            case "moves" | "hint" if now.result is not None:
                print("The game is over; undo, new or quit.")
            case "moves":
                print("  ".join(f"{name} [{move}]" for move, name in self._names().items()))
            case "hint":
                self._hint()
            case _:
                self._play(line)
        return True

    def _play(self, line: str) -> None:
        try:
            move = move_of(line, self._names())
        except NotUnderstood as why:
            print(f"{why}.")
        else:
            self._session.play(move)
            self._show()

    def _reply(self) -> None:
        names = self._names()
        report = self._search()
        assert report.chosen is not None
        print(f"The engine plays {names[report.chosen]}: {self._thought(report)}")
        self._session.play(report.chosen)
        self._show()

    def _hint(self) -> None:
        names = self._names()
        report = self._search()
        for child in report.children[:ALTERNATIVES]:
            line = self._line(child.pv)
            print(f"{names[child.move]}: {self._rate(child.value)} for you, {child.visits:,} visits; {line}")

    def _undo(self) -> None:
        """Go back to where the person last had a choice."""
        record = self._record
        turns = [at for at in range(len(record)) if self._standing(at).to_play == self._human]
        if not turns:
            print("There is no move of yours to take back.")
            return
        self._session.undo(len(record) - turns[-1])
        self._show()

    def _search(self) -> Report:
        with self._thinking():
            return finished(self._session.search(self._limits, pv_length=EXPECTED))

    def _show(self) -> None:
        print(f"\n{self._shown.picture(self._record)}\n")
        now = self._standing()
        if now.result is not None:
            winner = "You win" if now.result == self._human else "The engine wins"
            print(f"{winner}{self._shown.margin(now)}." if now.result else "It is a draw.")

    def _thought(self, report: Report) -> str:
        best = next(child for child in report.children if child.move == report.chosen)
        line = self._line(best.pv)
        return f"{self._rate(report.value)} for you after {report.visits:,} visits in {report.elapsed:.1f} s; {line}"

    def _rate(self, value: float) -> str:
        return f"{(1 + value * self._human) / 2:.0%}".replace("%", " %")

    def _line(self, moves: list[int]) -> str:
        words, record = [], list(self._record)
        for move in moves:
            words.append(self._shown.move_names(record)[move])
            record.append(move)
        return f"expects {' '.join(words)}"

    def _names(self) -> dict[int, str]:
        return self._shown.move_names(self._record)

    def _standing(self, moves: int | None = None) -> Standing:
        return standing(self._shown.game, self._record[:moves])
