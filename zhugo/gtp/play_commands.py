"""Commands that play: moves, undo, genmove, the clock."""

from __future__ import annotations

from zhugo.gtp.engine import Engine
from zhugo.gtp.protocol import Arguments, Command, GtpError


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def play(arguments: Arguments) -> str:
        player = arguments.color(0)
        engine.play(player, engine.move(arguments.word(1, "the vertex")))
        return ""

    def undo(_arguments: Arguments) -> str:
        engine.undo()
        return ""

    def gg_undo(arguments: Arguments) -> str:
        count = arguments.integer(0, "the number of moves") if arguments else 1
        if count < 0:
            raise GtpError("cannot undo")
        engine.undo(count)
        return ""

    def genmove(arguments: Arguments) -> str:
        player = arguments.color(0)
        move, _report = engine.choose(player)
        engine.play(player, move)
        return engine.vertex(move)

    def reg_genmove(arguments: Arguments) -> str:
        move, _report = engine.choose(arguments.color(0))
        return engine.vertex(move)

    def time_settings(arguments: Arguments) -> str:
        engine.clock.start(
            arguments.number(0, "the main time"),
            arguments.number(1, "the byo-yomi time"),
            arguments.integer(2, "the byo-yomi stones"),
        )
        return ""

    def time_left(arguments: Arguments) -> str:
        stones = arguments.integer(2, "the stones") if len(arguments) > 2 else 0
        engine.clock.left[arguments.color(0)] = (arguments.number(1, "the time"), stones)
        return ""

    return {
        "play": play,
        "undo": undo,
        "gg-undo": gg_undo,
        "genmove": genmove,
        "reg_genmove": reg_genmove,
        "time_settings": time_settings,
        "time_left": time_left,
    }
