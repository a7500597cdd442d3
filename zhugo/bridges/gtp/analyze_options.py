"""What stands behind the commands that show a search: ``[color] [interval] [key value…]…``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from protocol.messages import Restriction
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, GtpError

LEAST_INTERVAL = 0.05
DEFAULT_INTERVAL = 1.0
MOST_RESTRICTIONS = 64
IGNORED = ("ownershipStdev", "movesOwnershipStdev", "noResultValue")
"""Asked of KataGo for numbers that no report has; the answer leaves them out."""


@dataclass
class Options:
    """``every``: seconds between lines. ``least_moves``, ``most_moves``: how many moves a line shows."""

    player: int
    every: float = DEFAULT_INTERVAL
    least_moves: int = 0
    most_moves: int = 10_000
    restrictions: list[Restriction] = field(default_factory=list)
    root_info: bool = False
    ownership: bool = False
    moves_ownership: bool = False
    pv_visits: bool = False
    pv_edge_visits: bool = False


FLAGS = {
    "rootInfo": "root_info",
    "ownership": "ownership",
    "movesOwnership": "moves_ownership",
    "pvVisits": "pv_visits",
    "pvEdgeVisits": "pv_edge_visits",
}


def parse(engine: Engine, arguments: Arguments) -> Options:
    """The options of one command. Raises ``GtpError``."""
    words = iter(arguments)
    options = Options(engine.to_play)
    for at, word in enumerate(words):
        if at == 0 and word.lower() in ("b", "w", "black", "white"):
            options.player = arguments.color(0)
        elif at <= 1 and word[:1].isdigit():
            options.every = _interval(word)
        else:
            _option(engine, options, word, words)
    if len(options.restrictions) > MOST_RESTRICTIONS:
        raise GtpError(f"more than {MOST_RESTRICTIONS} times avoid and allow")
    return options


def _option(engine: Engine, options: Options, key: str, words: Iterator[str]) -> None:
    if key == "interval":
        options.every = _interval(_next(key, words))
    elif key in ("avoid", "allow"):
        player, moves, depth = (_next(key, words) for _ in range(3))
        options.restrictions.append(
            Restriction(
                1 if Arguments([player]).color(0) > 0 else -1,
                [engine.move(vertex) for vertex in moves.split(",") if vertex],
                _count(depth, f"the depth of {key}", 1),
                allow=key == "allow",
            )
        )
    elif key == "minmoves":
        options.least_moves = _count(_next(key, words), key, 0)
    elif key == "maxmoves":
        options.most_moves = _count(_next(key, words), key, 1)
    elif key in FLAGS or key in IGNORED:
        value = _next(key, words).lower()
        if value not in ("true", "false"):
            raise GtpError(f"syntax error: {key} is true or false")
        if key in FLAGS:
            setattr(options, FLAGS[key], value == "true")
    else:
        raise GtpError(f"syntax error: {key[:40]} is not understood")


def _next(key: str, words: Iterator[str]) -> str:
    word = next(words, None)
    if word is None:
        raise GtpError(f"syntax error: {key} needs a value")
    return word


def _interval(word: str) -> float:
    """Hundredths of a second on the wire."""
    return max(LEAST_INTERVAL, min(1e6, Arguments([word]).number(0, "the interval") / 100.0))


def _count(word: str, what: str, least: int) -> int:
    count = Arguments([word]).integer(0, what)
    if not least <= count <= 1 << 40:
        raise GtpError(f"syntax error: {what} is too small or too large: {word[:40]}")
    return count
