"""Commands that show a search while it runs, as Leela Zero (``lz-``) and KataGo (``kata-``) have them."""

from __future__ import annotations

from collections.abc import Iterator

from zhugo.bridges.gtp.analyze_lines import Line, kata_line, lz_line, sabaki_line
from zhugo.bridges.gtp.analyze_options import Options, parse
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.genmove import GenmoveOptions, search_move
from zhugo.bridges.gtp.live_search import live_reports
from zhugo.bridges.gtp.play_commands import announced, played
from zhugo.bridges.gtp.protocol import Command, GtpError, Stream
from zhugo.shared.restrictions import leave_nothing


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def analyze_as(line: Line) -> Command:
        return lambda arguments: _analyze(engine, parse(engine, arguments), line)

    def search_as(line: Line, plays: bool, cancellable: bool = False) -> Command:
        return lambda arguments: _search(engine, parse(engine, arguments), line, plays, cancellable)

    return {
        "lz-analyze": analyze_as(lz_line),
        "kata-analyze": analyze_as(kata_line),
        "analyze": analyze_as(sabaki_line),
        "lz-genmove_analyze": search_as(lz_line, plays=True),
        "kata-genmove_analyze": search_as(kata_line, plays=True),
        "genmove_analyze": search_as(sabaki_line, plays=True),
        "kata-search_analyze": search_as(kata_line, plays=False),
        "kata-search_analyze_cancellable": search_as(kata_line, plays=False, cancellable=True),
    }


def _analyze(engine: Engine, options: Options, line: Line) -> Stream:
    with engine.turn_of(options.player):
        for report in live_reports(engine, options):
            if text := line(engine, options, report):
                yield text


def _search(engine: Engine, options: Options, line: Line, plays: bool, cancellable: bool) -> Stream:
    """Lines while a move is searched for, then ``play`` and the move. Raises ``GtpError`` where none may be played."""
    with engine.turn_of(options.player):
        if leave_nothing(engine.position, options.restrictions):
            raise GtpError("no move is left: each is avoided or illegal")
    return _searched(engine, options, line, plays, cancellable)


def _searched(engine: Engine, options: Options, line: Line, plays: bool, cancellable: bool) -> Iterator[str]:
    how = GenmoveOptions(options.every, options.restrictions, options.moves_ownership, cancellable=cancellable)
    search = search_move(engine, options.player, how)
    while True:
        try:
            report = next(search)
        except StopIteration as end:
            decision = end.value
            break
        if text := line(engine, options, report):
            yield text
    if text := line(engine, options, decision.report):
        yield text
    yield f"play {(played if plays else announced)(engine, options.player, decision)}"
