"""What is kept on disk: games, and what is known of positions. In the order in which to read it:

games      every game in a file of its own, written whole at each change
analyses   what searches found at positions, in one database, by position and net

Both live below one folder, ``home``. They are safe with several threads and several processes; what is damaged is put
aside under another name, told of in one line through ``complain``, and never in the way.
"""

from __future__ import annotations

from pathlib import Path


def home(folder: Path | None = None) -> Path:
    """The folder that is given, or the user's own for ZhuGo's board; made where it is missing. Raises ``UserError``."""
    from platformdirs import user_data_path

    from zhugo.shared.errors import UserError

    chosen = user_data_path("zhugo") / "board" if folder is None else folder
    try:
        chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UserError(f"cannot keep games in {chosen}: {error.strerror}") from error
    return chosen
