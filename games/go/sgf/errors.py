"""What a file is refused for."""

from games.game import GameError


class SgfError(GameError):
    """A file is no SGF, or holds no game of Go that can be played here; the text is one clear line."""
