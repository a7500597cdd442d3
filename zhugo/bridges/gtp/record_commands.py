"""Commands that show the game and keep it: showboard, loadsgf, printsgf."""

from __future__ import annotations

from pathlib import Path

from games.go.sgf import SgfError, read
from zhugo.bridges.gtp import game_end
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError, warn
from zhugo.shared import records


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def showboard(_arguments: Arguments) -> str:
        return "\n" + engine.position.showboard()

    def loadsgf(arguments: Arguments) -> str:
        path = Path(arguments.word(0, "the file"))
        until = arguments.integer(1, "the move number") if len(arguments) > 1 else None
        try:
            game = read(path)
        except SgfError as error:
            warn(f"loadsgf: {error}")  # GTP has one answer for all of them
            raise GtpError("cannot load file") from error
        for note in game.notes:
            warn(f"loadsgf: {path}: {note}")
        place = game.segments[-1] if until is None else records.before_move(game, until)
        engine.clear(**place.spec)
        engine.start(place.record)
        return "black" if engine.to_play > 0 else "white"

    def printsgf(arguments: Arguments) -> str:
        text = records.as_sgf(engine.game, engine.position.record, _about(engine))
        if not arguments or arguments[0] == "-":
            return text
        try:
            Path(arguments[0]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise GtpError("cannot open file") from error
        return ""

    return {"showboard": showboard, "loadsgf": loadsgf, "printsgf": printsgf}


def _about(engine: Engine) -> dict[str, str]:
    """What the record says of the game: the rules, and the result of a game that two passes have ended."""
    about = {"RU": engine.rules.as_text()}
    if not engine.position.is_over:
        return about
    try:
        return {**about, "RE": game_end.final_score(engine)}
    except GtpError as error:
        warn(f"printsgf: the result is left out: {error}")
        return about
