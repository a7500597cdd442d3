"""Who plays, from the text that a person writes."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from nets.net import BUNDLED
from zhugo.shared.errors import UserError
from zhugo.strength.match.program import Program

SYNTAX = "a GTP command line in quotes, or bundled@VISITS, or net:FILE@VISITS, with options of zhugo gtp behind it"

_NET = re.compile(r"(?:bundled|net:(?P<file>.+))@(?P<visits>\d+)", re.DOTALL)


@dataclass(frozen=True)
class Side:
    """A player: the text that names it, the command that starts it, and the hash of the net that was named, if any."""

    text: str
    argv: tuple[str, ...]
    net_sha256: str | None = None

    def start(self) -> Program:
        """The program, running and not yet greeted. Raises ``ProgramFailed``."""
        return Program(self.argv, self.text)


def parse(text: str) -> Side:
    """The side of a text as ``SYNTAX`` says. Raises ``UserError``.

    A net plays through ``zhugo gtp``: ``net:FILE@400 --device torch`` is ``zhugo gtp --net FILE --visits 400 …``.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(f"{text!r} is no command line: {error}") from None
    if not words:
        raise UserError(f"a side is {SYNTAX}")
    named = _NET.fullmatch(words[0])
    if named is None:
        if words[0].startswith("net:") or words[0].split("@")[0] == "bundled":
            raise UserError(f"{words[0]!r} does not say a net and its visits: bundled@VISITS or net:FILE@VISITS")
        # Debian has GNU Go where root's path does not lead
        program = shutil.which(words[0], path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/games")))
        if program is None:
            raise UserError(f"cannot start {text!r}: there is no program {words[0]}")
        return Side(text, (program, *words[1:]))
    options = ["--visits", named["visits"], *words[1:]]
    if named["file"] is None:
        file = BUNDLED
    else:
        file = Path(named["file"]).expanduser()
        options = ["--net", str(file), *options]
    # as this interpreter finds the package, whatever lies in the directory that the person is in
    return Side(text, (sys.executable, "-P", "-m", "zhugo.cli", "gtp", *options), _sha256(file))


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"net {file}: {error.strerror}") from None
