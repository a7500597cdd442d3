"""A game as a file to take away."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zhugo.shared.errors import UserError
from zhugo.web.open.open_game import OpenGame


def exported(game: OpenGame, kind: str, _options: Mapping[str, str]) -> tuple[str, str, bytes]:
    """The file's name, its kind as HTTP has it, and what is in it. Raises ``UserError``."""
    name = re.sub(r"[^\w\- ]+", "", game.title).strip() or "game"
    match kind:
        case "sgf":
            return f"{name}.sgf", "application/x-go-sgf", game.tree.as_sgf()
        case _:
            raise UserError(f"there is no file of kind {kind[:20]}")
