"""What a person typed, understood: a move by its name, by the end of its name, or by its number."""

from __future__ import annotations

from collections.abc import Mapping

SHOWN = 6
"""So many moves are named when what was typed could be any of them."""


class NotUnderstood(ValueError):
    """The text says why, in one line."""


def move_of(text: str, names: Mapping[int, str]) -> int:
    """The one legal move that is meant. Raises ``NotUnderstood``.

    Capitals, blanks and punctuation make no difference, and who moves need not be said: ``(0,1)`` and ``01`` are
    OpenSpiel's ``x(0,1)``.
    """
    wanted = _plain(text)
    whole = [move for move, name in names.items() if wanted and _plain(name) == wanted]
    if len(whole) == 1:
        return whole[0]
    numbered = [move for move in names if str(move) == text.strip()]
    if numbered:
        return numbered[0]
    ends = [move for move, name in names.items() if wanted and _plain(name).endswith(wanted)]
    if len(ends) == 1:
        return ends[0]
    if ends:
        listed = ", ".join(names[move] for move in ends[:SHOWN]) + (" …" if len(ends) > SHOWN else "")
        raise NotUnderstood(f"{text.strip()!r} can be {listed}")
    raise NotUnderstood(f"{text.strip()!r} is not a legal move here, nor a command; see moves, and help")


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
