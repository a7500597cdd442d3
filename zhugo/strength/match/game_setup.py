"""What a program is told before the first move of a game: the board, the rules, the komi and the handicap."""

from __future__ import annotations

import json
from collections.abc import Callable

from games.go.game import Go
from zhugo.strength.match.program import Program, Refusal


def set_up(program: Program, game: Go, ask: Callable[[str], str]) -> None:
    """Tell ``program`` of ``game``, whose stones, if any, are a handicap; ``ask`` sends it a command.

    Raises ``Refusal`` when it does not take the size, the komi or the stones, and what ``ask`` raises.
    """
    for command in (f"boardsize {game.width}", "clear_board", f"komi {game.komi:g}"):
        ask(command)
    if "kata-set-rules" in program.commands:
        ask(f"kata-set-rules {json.dumps(game.rules.as_dict())}")
    if not game.black:
        return
    stones = [game.vertex(point) for point in game.black]
    if "fixed_handicap" not in program.commands or "set_free_handicap" in program.commands:
        ask(f"set_free_handicap {' '.join(stones)}")
        return
    answer = ask(f"fixed_handicap {len(stones)}")
    if sorted(answer.upper().split()) != sorted(stones):
        raise Refusal(f"{program.label!r} has its handicap at {answer[:60]!r}, not at {' '.join(stones)}")
