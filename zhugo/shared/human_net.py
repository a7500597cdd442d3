"""A net that imitates people, as an option names it."""

from __future__ import annotations

from pathlib import Path

from games.game import takes_players
from nets.errors import NetError
from nets.facts import check, features_of
from zhugo.shared.errors import UserError
from zhugo.shared.local_net import LocalNet


def opened(file: Path | None) -> LocalNet | None:
    """The net in a file, to be loaded when it is asked. Raises ``UserError`` where there is none.

    As with KataGo's ``-human-model``, any net may be given for its policy.
    """
    if file is None:
        return None
    try:
        check(file)
    except NetError as error:
        raise UserError(f"--human-net: {error}") from error
    return LocalNet(file)


def imitates_people(file: Path | None) -> bool:
    """Whether the net in a file asks who plays; a file that holds none is for others to complain about."""
    try:
        return file is not None and takes_players(features_of(file))
    except NetError:
        return False
