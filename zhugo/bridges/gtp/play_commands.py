"""Commands that play: moves, undo, the engine's own moves."""

from __future__ import annotations

import sys

from zhugo.bridges.gtp import chat
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.genmove import Decision, GenmoveOptions, choose_move, resigns
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError

RESIGN = "resign"


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

    def genmove_as(clean_up: bool) -> Command:
        def genmove(arguments: Arguments) -> str:
            player = arguments.color(0)
            return played(engine, player, choose_move(engine, player, GenmoveOptions(clean_up=clean_up)))

        return genmove

    def reg_genmove(arguments: Arguments) -> str:
        return engine.vertex(choose_move(engine, arguments.color(0)).move)

    def search(arguments: Arguments) -> str:
        player = arguments.color(0)
        return announced(engine, player, choose_move(engine, player))

    def search_cancellable(arguments: Arguments) -> str:
        player = arguments.color(0)
        return announced(engine, player, choose_move(engine, player, GenmoveOptions(cancellable=True)))

    def stop(_arguments: Arguments) -> str:
        engine.stop_pondering()
        return ""

    return {
        "play": play,
        "undo": undo,
        "gg-undo": gg_undo,
        "genmove": genmove_as(clean_up=False),
        "kgs-genmove_cleanup": genmove_as(clean_up=True),
        "reg_genmove": reg_genmove,
        "kata-search": search,
        "kata-search_cancellable": search_cancellable,
        "stop": stop,
        "kgs-game_over": stop,
        "gogui-interrupt": lambda _arguments: "",
    }


def announced(engine: Engine, player: int, decision: Decision) -> str:
    """The decision as GTP writes it; nothing is played."""
    if decision.cancelled:
        return "cancelled"
    if engine.settings.chat and decision.report.visits:
        print(chat.line(engine, decision.report), file=sys.stderr, flush=True)
    return RESIGN if resigns(engine, player, decision.report) else engine.vertex(decision.move)


def played(engine: Engine, player: int, decision: Decision) -> str:
    """As ``announced``, and the move is on the board."""
    word = announced(engine, player, decision)
    if word != RESIGN:
        engine.play(player, decision.move)
        engine.played_here = True
        if engine.settings.ponder and not engine.position.is_over:
            engine.ponder()
    return word
