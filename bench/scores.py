"""What engines make of the last positions of records: the score under several sets of rules, and which stones are dead.

The engines are told the same game, one move after the other, and the komi of the record. GNU Go learns of the rules on
its command line and knows two of them; with others it counts by area. It takes off what it calls dead under all rules.
KataGo's score is the lead that a search sees, rounded. So where scores differ, the board is counted here, too, without
the stones that each engine calls dead: what it thinks of the stones, and not how it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from games.go import sgf
from games.go.game import Go
from games.go.position import Position
from games.go.sgf import SgfError
from zhugo.shared.errors import UserError
from zhugo.strength.match.final_score import dead_stones, normal_score
from zhugo.strength.match.game_setup import set_up
from zhugo.strength.match.program import Program, Refusal
from zhugo.strength.match.sides import parse

ANSWER_SECONDS = 300.0
COLORS = {1: "black", -1: "white"}


@dataclass(frozen=True)
class Engines:
    """Sides of a match, as a person writes them. ``gnugo``, ``katago``: None where it is not asked."""

    zhugo: str
    gnugo: str | None
    katago: str | None

    def start(self, rules: str, stack: ExitStack) -> dict[str, Program]:
        """Those that are asked, by name, running. Raises ``UserError``."""
        texts = {"zhugo": self.zhugo, "gnugo": self.gnugo, "katago": self.katago}
        if self.gnugo is not None:
            texts["gnugo"] = f"{self.gnugo} --{'japanese' if rules == 'japanese' else 'chinese'}-rules"
        sides = {name: parse(text) for name, text in texts.items() if text is not None}
        programs = {name: stack.enter_context(closing(side.start())) for name, side in sides.items()}
        for program in programs.values():
            program.greet()
        return programs


def measure(
    records: Sequence[Path], rules: Sequence[str], engines: Engines, tell: Callable[[str], None]
) -> dict[str, Any]:
    """How often the engines agree, and all positions of which they do not. Raises ``UserError``."""
    files = list(_files(records))
    rows: list[dict[str, Any]] = []
    for name in rules:
        with ExitStack() as stack:
            programs = engines.start(name, stack)
            for file in files:
                rows.append(_row(file, name, programs))
                tell(" ".join(f"{key} {rows[-1][key]}" for key in ("record", "rules", *programs)))
    return {
        "positions": len(files),
        "agreement": [_agreement(name, [row for row in rows if row["rules"] == name]) for name in rules],
        "differing": [row for row in rows if len({row[name] for name in programs}) > 1],
    }


def _files(records: Sequence[Path]) -> Iterator[Path]:
    for path in records:
        yield from sorted(path.glob("*.sgf")) if path.is_dir() else [path]


def _agreement(rules: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many positions each of the others scores as we do, and how many have our score without its dead stones."""
    agreement: dict[str, Any] = {"rules": rules, "positions": len(rows)}
    for name in ("gnugo", "katago"):
        if rows and name in rows[0]:
            counted = [row.get("counted", row).get(name) for row in rows]
            agreement[name] = sum(row["zhugo"] == row[name] for row in rows)
            agreement[f"{name} counted"] = sum(row["zhugo"] == one for row, one in zip(rows, counted, strict=True))
    return agreement


def _row(file: Path, rules: str, programs: dict[str, Program]) -> dict[str, Any]:
    """The scores by engine; where they differ, what each says of the stones, the count without its dead, the board."""
    position = _last_position(file, rules)
    scores = {}
    for name, program in programs.items():
        _show(position, program)
        scores[name] = normal_score(program.ask("final_score", ANSWER_SECONDS)) or "none"
    row: dict[str, Any] = {"record": str(file), "rules": rules, **scores}
    if len(set(scores.values())) == 1:
        return row
    dead, counted = {}, {}
    for name, program in programs.items():
        with suppress(Refusal, ValueError):
            stones = dead_stones(position, program, ANSWER_SECONDS)
            dead[name] = " ".join(sorted(position.game.vertex(stone) for stone in stones))
            counted[name] = position.final_score(stones)
    return {**row, "dead": dead, "counted": counted, "board": position.showboard()}


def _last_position(file: Path, rules: str) -> Position:
    try:
        record = sgf.read(file)
    except SgfError as error:
        raise UserError(f"{file}: {error}") from None
    last = record.segments[-1]
    if last.game.white:
        raise UserError(f"{file}: stones of White are set up in it, which no command of GTP 2 does")
    return Position(Go.from_spec({**last.game.spec(), "rules": rules}), last.record)


def _show(position: Position, program: Program) -> None:
    game = position.game
    set_up(program, game, lambda command: program.ask(command, ANSWER_SECONDS))
    color = game.to_play
    for move in position.record:
        if move <= game.points:  # not the switch
            program.ask(f"play {COLORS[color]} {game.vertex(move)}", ANSWER_SECONDS)
        color = -color
