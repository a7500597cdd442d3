"""What evaluates positions of a game that a person names: a net of that game, or nothing but its rules."""

from __future__ import annotations

from dataclasses import replace

from nets.facts import game_of
from protocol.choices import Devices
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions

VISITS = 400
VISITS_WITHOUT_NET = 20_000
"""Of a move, where the person names no limit."""


def evaluating(game: str, options: DaemonOptions) -> tuple[DaemonOptions, bool]:
    """The options to search this game with, and whether nothing but the rules is known then.

    ``game``: ``go``, or as a specification of OpenSpiel has it. Raises ``UserError`` and ``NetError``.
    """
    if options.connect is not None:
        return options, False
    if options.net is not None:
        if (plays := game_of(options.net)) != game:
            raise UserError(f"net {options.net} plays {plays}, not {game}")
        return options, False
    makes_up = Devices.parse(options.device).name == "emulated"
    if game == "go" or makes_up:
        return options, makes_up
    if options.device != "auto":
        raise UserError(f"--device {options.device} needs a --net that plays {game}")
    uniform = replace(options, device="emulated", outputs="uniform", latency_ms=options.latency_ms or 0.0)
    return uniform, True
