"""A recording by hand: step, step back, run to, and look around."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from rich.console import Console

from daemon.core import search_tree as st
from daemon.core.core_queries import moves_to
from daemon.core.sessions import Referee
from zhugo.debugger.explaining.story import Target, story
from zhugo.debugger.reading.breakpoints import Condition, condition, node_at
from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.real_time import at_its_own_speed
from zhugo.debugger.showing.tables import event_line, halving_table, holdings_table, story_table, tree_table
from zhugo.shared.errors import UserError

PROMPT = "(trace) "

HELP = """\
step [N]          N events on (one; an empty line does it again)
back [N]          N events back
to N              to behind event N
run [CONDITION]   to where a condition holds: node=MOVES, session=NAME, event=KIND, joined by &; or to the end
play [SPEED]      on in its own time, or SPEED times as fast, to the end, a difference, or Ctrl-C
tree [NODE] [D]   the tree below NODE, D moves deep (2); NODE is a number or moves from the cursor, joined by commas
who               who holds which tickets, who is parked where
story NODE        what happened to NODE up to here
use SESSION       which session tree and story look into
quit"""

DEPTH = 2


class Prompt:
    """Obeys lines. ``stops``: what ``run`` stops at, beside the condition that it is given."""

    def __init__(self, recording: Recording, referee: Referee, console: Console, stops: list[Condition]) -> None:
        self._recording, self._referee, self._console, self._stops = recording, referee, console, stops
        self._seekable = SeekableCore(recording, referee, goes_back=True)
        self._people = People(recording)
        self._session: str | None = None
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "step": lambda words: self._step(_number(words, 1)),
            "back": lambda words: self._go_to(self._seekable.at - _number(words, 1)),
            "to": lambda words: self._go_to(_number(words, self._seekable.at)),
            "run": self._run,
            "play": lambda words: self._play(_factor(words)),
            "tree": self._tree,
            "who": lambda _: self._console.print(holdings_table(self._seekable, self._people)),
            "story": self._story,
            "use": self._use,
            "help": lambda _: self._console.print(HELP, markup=False),
        }

    def obey_all(self, lines: Iterable[str]) -> None:
        """Obey until there are no more lines, or one says quit."""
        last = "help"
        for line in lines:
            last = line.strip() or last
            if last in ("quit", "q", "exit"):
                return
            try:
                self.obey(last)
            except UserError as error:
                self._console.print(str(error), markup=False)

    def obey(self, line: str) -> None:
        """One command, or its first letters. Raises ``UserError``."""
        name, *words = line.split()
        meant = [command for command in self._commands if command.startswith(name)]
        if not meant:
            raise UserError(f"{name!r} is no command; there are {', '.join(self._commands)}, quit")
        self._commands[meant[0]](words)

    def go_to(self, number: int) -> None:
        """Begin behind this event."""
        self._go_to(number)

    def _step(self, count: int) -> None:
        if self._seekable.is_over:
            raise UserError("that is the end of what was recorded")
        self._go_to(min(self._seekable.at + count, len(self._recording.entries)))

    def _go_to(self, number: int) -> None:
        self._seekable.go_to(number)
        self._show()

    def _run(self, words: list[str]) -> None:
        stops = [*self._stops, condition(" ".join(words))] if words else self._stops
        for entry in self._seekable.run():
            if self._seekable.difference or any(stop(self._seekable, entry) for stop in stops):
                break
        self._show()

    def _play(self, speed: float) -> None:
        with suppress(KeyboardInterrupt):
            for _ in at_its_own_speed(self._seekable, self._console, speed):
                if self._seekable.difference is not None:
                    break
        self._show()

    def _show(self) -> None:
        entry = self._seekable.entry
        if entry is None:
            self._console.print("before the first event")
            return
        self._console.print(event_line(self._recording, self._people, entry), markup=False, soft_wrap=True)
        if self._seekable.difference is not None:
            self._console.print(f"different: {self._seekable.difference.text}", markup=False, soft_wrap=True)

    def _tree(self, words: list[str]) -> None:
        session = self._seekable.session(self._session)
        depth = int(words.pop()) if len(words) > 1 and words[-1].isdigit() else DEPTH
        node = node_at(session, " ".join(words))
        if node == st.NONE:
            raise UserError(f"there is no node {' '.join(words)} behind event {self._seekable.at}")
        self._console.print(tree_table(self._seekable, self._people, session, node, depth))
        if node == session.cursor and (chosen := halving_table(session)) is not None:
            self._console.print(chosen)

    def _story(self, words: list[str]) -> None:
        session = self._seekable.session(self._session)
        node = node_at(session, " ".join(words))
        if node == st.NONE:
            raise UserError(f"there is no node {' '.join(words)} behind event {self._seekable.at}")
        target = Target(session.name, tuple(moves_to(session.tree, node)))
        self._console.print(story_table(story(self._recording, self._referee, target, self._seekable.at)))

    def _use(self, words: list[str]) -> None:
        self._session = self._seekable.session(" ".join(words)).name


def _factor(words: list[str]) -> float:
    try:
        factor = float(words[0]) if words else 1.0
    except ValueError:
        factor = 0.0
    if not 0.0 < factor < float("inf"):
        raise UserError(f"{words[0]!r} is no speed")
    return factor


def _number(words: list[str], default: int) -> int:
    if not words:
        return default
    if not words[0].isdigit():
        raise UserError(f"{words[0]!r} is no number")
    return int(words[0])
