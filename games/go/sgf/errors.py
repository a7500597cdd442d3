"""What a file is refused for, and how notes count."""

from games.game import GameError


class SgfError(GameError):
    """A file is no SGF, or holds no game of Go that can be played here; the text is one clear line."""


def counted(count: int, what: str, does: str = "") -> str:
    """``1 move is``, ``2 moves are``: a number of things, and what they do, where ``does`` says it of one."""
    plural = {"is": "are", "was": "were"}.get(does, does.removesuffix("s"))
    words = [str(count), what if count == 1 else f"{what}s", does if count == 1 else plural]
    return " ".join(word for word in words if word)
