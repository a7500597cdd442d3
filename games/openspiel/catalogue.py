"""Which games of OpenSpiel can be searched, and how they are named: as OpenSpiel does.

    connect_four    connect_four(rows=4,columns=5)    dots_and_boxes(num_rows=3,num_cols=3)    nim(pile_sizes=1;3;5)

They have two players who move one at a time, see everything, draw no lots, and want opposite things. OpenSpiel itself
takes bad parameters badly (a board without rows ends the process), so everything is looked at here first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from games.game import GameError

MAX_NUMBER = 24
"""The largest parameter, unless the game's own default is larger. From 27 on, OpenSpiel runs out of letters."""

_BOUNDS = {
    ("checkers", "columns"): (8, 8),
    ("checkers", "rows"): (8, 8),
    ("gomoku", "dims"): (1, 3),
    ("havannah", "board_size"): (1, 13),
    ("hex", "board_size"): (2, MAX_NUMBER),
    ("hex", "num_cols"): (2, MAX_NUMBER),
    ("hex", "num_rows"): (2, MAX_NUMBER),
}
"""The smallest and the largest value of parameters with which these games break on others."""

_LOOKS = {"ansi_color_output", "egocentric", "egocentric_obs_tensor", "plain_obs_tensor", "string_rep"}
"""Parameters of how a position is shown, which is not for people to choose here."""

MAX_MOVES = 8192
"""The largest move space, as ``protocol.messages`` has it."""

_NAMED = re.compile(r"(\w+)(?:\((.*)\))?")
_NUMBERS = re.compile(r"\d{1,2}(;\d{1,2})+")


def load(text: str) -> tuple[str, Any]:
    """The ``pyspiel.Game`` of a name with or without parameters, and how its name is written. Raises ``GameError``.

    What need not be said is left out of the latter, and the rest is in order: one game has one name.
    """
    module = pyspiel()
    named = _NAMED.fullmatch(text.strip())
    if named is None:
        raise GameError(f"{text!r} names no game; write it as connect_four or connect_four(rows=4,columns=5)")
    name, given = named.groups()
    specified = _playable(name).parameter_specification
    defaults = {key: default for key, default in specified.items() if key not in _LOOKS}
    parameters = {key: _value(name, key, value, defaults) for key, value in _pairs(name, given or "")}
    try:
        with _hushed():
            game = module.load_game(name, parameters)
            _check(game)
    except (module.SpielError, ValueError, MemoryError) as error:
        reason = str(error).splitlines()[0]
        raise GameError(f"{text}: {reason}") from None
    return _written(name, _needed(name, parameters, game)), game


@cache
def names() -> tuple[str, ...]:
    """The games that can be searched, beside Go, which OpenSpiel has too."""
    return tuple(sorted(name for name, kind in _kinds().items() if _obstacle(kind) is None and name != "go"))


def pyspiel() -> Any:
    """OpenSpiel's own module. Raises ``GameError`` when it is not installed."""
    try:
        import pyspiel as module
    except ImportError:
        raise GameError("OpenSpiel is not installed; pip install 'zhugo[openspiel]'") from None
    return module


@contextmanager
def _hushed() -> Iterator[None]:
    """Around what makes OpenSpiel write to standard error, past Python, whatever it also raises."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@cache
def _kinds() -> dict[str, Any]:
    return {kind.short_name: kind for kind in pyspiel().registered_games()}


def _playable(name: str) -> Any:
    """The ``pyspiel.GameType`` of a name."""
    kind = _kinds().get(name)
    if kind is None:
        raise GameError(f"unknown game {name!r}; known: go, {', '.join(names())}")
    if (obstacle := _obstacle(kind)) is not None:
        raise GameError(f"{name} cannot be searched: {obstacle}")
    return kind


def _obstacle(kind: Any) -> str | None:
    types = pyspiel().GameType
    demands = (
        (kind.dynamics == types.Dynamics.SEQUENTIAL, "its players move at the same time"),
        (kind.chance_mode == types.ChanceMode.DETERMINISTIC, "chance has a part in it"),
        (kind.information == types.Information.PERFECT_INFORMATION, "its players do not see everything"),
        (kind.min_num_players <= 2 <= kind.max_num_players, "it is not for two players"),
        (
            kind.utility in (types.Utility.ZERO_SUM, types.Utility.CONSTANT_SUM),
            "what one player wins the other does not lose",
        ),
        (kind.provides_observation_tensor, "OpenSpiel has no tensor of its positions"),
        (kind.default_loadable, "it is made of other games or of files"),
    )
    return next((why for holds, why in demands if not holds), None)


def _pairs(name: str, given: str) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in given.split(",")] if given.strip() else []
    keys = [key.strip() for key, _, _ in pairs]
    if not all(sign for _, sign, _ in pairs) or len(set(keys)) < len(keys):
        raise GameError(f"{name}: parameters are written key=value, each once, with commas between; not {given!r}")
    return [(key, value.strip()) for key, (_, _, value) in zip(keys, pairs, strict=True)]


def _value(name: str, key: str, text: str, defaults: dict[str, Any]) -> bool | int | float | str:
    """The value that ``text`` means, of the type that the parameter's default has."""
    if key not in defaults:
        known = ", ".join(sorted(defaults)) or "none"
        raise GameError(f"{name} has no parameter {key!r}; it has: {known}")
    default = defaults[key]
    if isinstance(default, bool):
        if text in ("True", "False"):
            return text == "True"
        raise GameError(f"{name}: {key} is True or False, not {text!r}")
    if isinstance(default, int):
        least, most = _BOUNDS.get((name, key), (1, max(MAX_NUMBER, default)))
        if text.isascii() and text.isdigit() and (least <= int(text) <= most or int(text) == default):
            return int(text)
        raise GameError(f"{name}: {key} is a whole number from {least} to {most}, not {text!r}")
    if isinstance(default, float):
        if re.fullmatch(r"-?\d{1,3}(\.\d)?", text):
            return float(text)
        raise GameError(f"{name}: {key} is a number such as {default:g}, not {text!r}")
    if _NUMBERS.fullmatch(text) and _NUMBERS.fullmatch(default):
        return text
    raise GameError(f"{name}: {key} cannot be {text!r}")


def _check(game: Any) -> None:
    from open_spiel.python.observation import make_observation

    if game.num_players() != 2:
        raise ValueError("it is for two players here")
    moves = game.num_distinct_actions()
    if not 1 <= moves <= MAX_MOVES:
        raise ValueError(f"{moves} moves; there can be 1 to {MAX_MOVES}")
    start = game.new_initial_state()
    if start.is_terminal() or not start.legal_actions():
        raise ValueError("the game is over before it begins")
    make_observation(game).set_from(start, start.current_player())


def _needed(name: str, parameters: dict[str, Any], game: Any) -> dict[str, Any]:
    """The parameters without which it would be another game."""
    needed = dict(sorted(parameters.items()))
    for key in parameters:
        others = {other: value for other, value in needed.items() if other != key}
        with _hushed(), suppress(pyspiel().SpielError, ValueError, MemoryError):
            if pyspiel().load_game(name, others).get_parameters() == game.get_parameters():
                needed = others
    return needed


def _written(name: str, parameters: dict[str, Any]) -> str:
    return f"{name}({','.join(f'{key}={value}' for key, value in parameters.items())})" if parameters else name
