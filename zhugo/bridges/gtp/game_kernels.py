"""Loading the kernels of Go, or compiling them, before a game needs them."""

from __future__ import annotations

from pathlib import Path

from daemon.process.compiling import compiling
from games.go import life
from games.go.game import Go
from games.go.position import Position
from games.go.useless_moves import useless_moves
from zhugo.bridges.gtp.engine import FIRST_GAME

KO = {"size": [4, 3], "black": [1, 4, 9], "white": [2, 5, 7, 10]}
"""A small board on which what lives depends on a ko: all kernels are called that say so."""


def load_kernels() -> None:
    """Have the kernels of Go ready, or compiled, before they are needed: the first move of a game is too late."""
    position = Position(Go.from_spec(FIRST_GAME))
    position.play(0)
    position.legal()
    position.liberties(0)
    position.lead()
    position.lead([])
    useless_moves(position)
    position.undo()


def load_kernels_of_the_end() -> None:
    """The same for those that judge who lives: the first pass of a game is too late for them."""
    with compiling("the kernels that judge who lives", 20, Path(life.__file__)):
        life.judge(Position(Go.from_spec(KO)), None)
