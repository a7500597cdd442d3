"""The playout doubling advantage, as a specification of Go has it: Black's, in doublings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ADVANTAGE = "playout_doubling_advantage"
"""Its name in a specification, which has none where it is 0."""

PLAYERS = "players"
"""The name of what a specification says of whom a net imitates, none where it is not said."""

NO_INPUT = "zhugo: the net has no input for a playout doubling advantage, which has no effect"
"""The line for who asks for it all the same."""


def with_advantage(spec: Mapping[str, Any], advantage: float) -> dict[str, Any]:
    """The specification of the same game, evaluated with this advantage."""
    rest = {name: value for name, value in spec.items() if name != ADVANTAGE}
    return {**rest, ADVANTAGE: advantage} if advantage else rest


def is_known_to(features: str) -> bool:
    """Whether a net that looks at these features can be told of it."""
    from games.go.katago_features import has_advantage  # not before it is needed, for it takes a while

    return has_advantage(features)
