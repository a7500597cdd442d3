"""Commands that set a game up: board, komi, stones, handicap."""

from __future__ import annotations

from contextlib import suppress

from games.game import GameError
from games.go.game import Go
from games.go.handicap import fixed_handicap as star_points
from games.go.position import Position
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.fallback_move import fallback_move
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError

SIZES = range(2, 20)
MOST_STONES = 9
"""Of a free handicap."""
LONGEST_KOMI = 500.0


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def boardsize(arguments: Arguments) -> str:
        words = arguments[0].split(":") if len(arguments) == 1 else list(arguments)
        if len(words) > 2:
            raise GtpError("syntax error: a board has a width and a height, as 9 13 or 9:13")
        sides = Arguments(words)
        width = sides.integer(0, "the board size")
        height = sides.integer(1, "the board height") if len(sides) > 1 else width
        if width not in SIZES or height not in SIZES:
            raise GtpError("unacceptable size")
        # as in KataGo, the board is cleared by another size alone
        if (width, height) != (engine.game.width, engine.game.height):
            engine.clear(size=width if width == height else [width, height])
        return ""

    def clear_board(_arguments: Arguments) -> str:
        engine.clear()
        return ""

    def komi(arguments: Arguments) -> str:
        new_komi = arguments.number(0, "komi")
        if abs(new_komi) > LONGEST_KOMI:
            raise GtpError("unacceptable komi")
        engine.change(komi=new_komi)
        return ""

    def get_komi(_arguments: Arguments) -> str:
        return f"{engine.game.komi:g}"

    def set_position(arguments: Arguments) -> str:
        black, white = _stones(engine, arguments)
        engine.clear(black=black or None, white=white or None)
        return ""

    def place(points: list[int]) -> str:
        engine.clear(black=points, to_play="white")
        return " ".join(engine.vertex(point) for point in points)

    def empty_board() -> None:
        if engine.position.record or engine.game.black or engine.game.white:
            raise GtpError("board not empty")

    def fixed_handicap(arguments: Arguments) -> str:
        stones = arguments.integer(0, "the number of stones")
        empty_board()
        try:
            return place(star_points(engine.game.width, engine.game.height, stones))
        except GameError as error:
            raise GtpError("invalid number of stones") from error

    def place_free_handicap(arguments: Arguments) -> str:
        stones = arguments.integer(0, "the number of stones")
        empty_board()
        if stones < 2:
            raise GtpError("invalid number of stones")
        return place(_free_handicap(engine.game, stones))

    def set_free_handicap(arguments: Arguments) -> str:
        points = [engine.move(vertex) for vertex in arguments]
        empty_board()
        if len(points) < 2 or len(set(points)) < len(points) or engine.pass_move in points:
            raise GtpError("bad vertex list")
        place(points)
        return ""

    return {
        "boardsize": boardsize,
        "rectangular_boardsize": boardsize,
        "clear_board": clear_board,
        "komi": komi,
        "get_komi": get_komi,
        "set_position": set_position,
        "gogui-setup": set_position,
        "fixed_handicap": fixed_handicap,
        "place_free_handicap": place_free_handicap,
        "set_free_handicap": set_free_handicap,
    }


def _free_handicap(game: Go, stones: int) -> list[int]:
    """Star points, and where a board has too few of them good points beside; as GTP allows, fewer than so many.

    As in KataGo never more than a quarter of the board.
    """
    wanted = min(stones, MOST_STONES, max(1, game.points // 4))
    with suppress(GameError):
        return star_points(game.width, game.height, wanted)
    with suppress(GameError):
        return _extended(game, star_points(game.width, game.height, 4), wanted)
    return _extended(game, [], wanted)


def _extended(game: Go, points: list[int], wanted: int) -> list[int]:
    """``points``, and more that Black would take, were White to pass each time."""
    chosen = points[:wanted]
    while len(chosen) < wanted:
        spec = {**game.spec(), "black": chosen, "white": [], "to_play": "black"}
        chosen = [*chosen, fallback_move(Position(Go.from_spec(spec)), forbidden=[game.points])]
    return chosen


def _stones(engine: Engine, arguments: Arguments) -> tuple[list[int], list[int]]:
    """Black's and White's points of ``color vertex color vertex …``. Raises ``GtpError``."""
    stones: dict[int, int] = {}
    for at in range(0, len(arguments), 2):
        color, point = arguments.color(at), engine.move(arguments.word(at + 1, "the vertex"))
        if point == engine.pass_move:
            raise GtpError("a stone cannot be set up on pass")
        if point in stones:
            raise GtpError(f"{engine.vertex(point)} is named twice")
        stones[point] = color
    black, white = ([point for point, color in stones.items() if color == player] for player in (1, -1))
    return black, white
