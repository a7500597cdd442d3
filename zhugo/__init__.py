"""ZhuGo for Python programs, and the programs that people run.

    import zhugo

    with zhugo.Engine() as engine:
        game = engine.game(size=9, komi=7)
        game.play("E5")
        print(game.genmove(visits=100))

``cli``, ``app`` and ``commands`` are the command line. By folder:

api        ``import zhugo``: an engine, games, searches, reviews
bridges    for GUIs and tools: GTP, KataGo's analysis protocol, and a board in the terminal
review     zhugo analyze: every position of a game
debugger   the trace debugger
learning   self-play, training, distillation, and the loop of them
strength   matches between programs, and which of two nets is better
shared     what several of these need
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhugo.api.engine import Engine
    from zhugo.api.game import Game
    from zhugo.api.results import Analysis, Candidate, Review, ReviewedMove

__all__ = ["Analysis", "Candidate", "Engine", "Game", "Review", "ReviewedMove"]

_HOMES = {"Engine": "engine", "Game": "game"}


def __getattr__(name: str) -> Any:
    """Import the engine when it is first asked for: the command line needs none of it to answer ``--help``."""
    if name not in __all__:
        raise AttributeError(f"module 'zhugo' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"zhugo.api.{_HOMES.get(name, 'results')}"), name)
