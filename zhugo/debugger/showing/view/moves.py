"""What the moves of a session's game are called, and the board that they are played on, where there is one."""

from __future__ import annotations

from typing import Any

from daemon.core.session import Session
from games.go.game import Go
from zhugo.debugger.reading.labels import game_of, move_name


def game_facts(session: Session) -> dict[str, Any]:
    """The session's name, its game, the names of all moves, and for Go the board at the start of the game."""
    return {
        "name": session.name,
        "game": session.game,
        "moves": [move_name(session, move) for move in range(session.num_moves)],
        "board": _board(game_of(session)),
    }


def _board(game: Any) -> dict[str, Any] | None:
    if not isinstance(game, Go):
        return None
    return {
        "width": game.width,
        "height": game.height,
        "black": list(game.black),
        "white": list(game.white),
        "toPlay": game.to_play,
    }
