"""Folders with games that the person named: what is in them, and nothing else of the disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from games.go.sgf import read_bytes
from zhugo.shared.errors import UserError
from zhugo.web import messages as m

MOST_ENTRIES = 5000


class FolderLibrary:
    """``roots``: the folders. A path is the name of one of them, and names of what is inside, with slashes between."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots: dict[str, Path] = {}
        for root in roots:
            name, count = root.resolve().name or "root", 2
            while name in self._roots:
                name, count = f"{root.resolve().name}-{count}", count + 1
            self._roots[name] = root.resolve()

    def __bool__(self) -> bool:
        return bool(self._roots)

    def browse(self, path: str) -> m.Library:
        """What is in a folder: folders first, then games, by name. Raises ``UserError``."""
        if not path:
            return m.Library("", [m.Entry(name, name, True) for name in self._roots])
        folder = self._inside(path)
        if not folder.is_dir():
            raise UserError(f"{path} is no folder of the library")
        try:
            found = sorted(folder.iterdir(), key=lambda each: (not each.is_dir(), each.name.casefold()))
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None
        entries = [
            m.Entry(each.name, f"{path}/{each.name}", each.is_dir())
            for each in found
            if not each.name.startswith(".")
            and (each.is_dir() or each.suffix.lower() == ".sgf")
            and self._is_inside(each)
        ]
        return m.Library(path, entries[:MOST_ENTRIES])

    def read(self, path: str) -> bytes:
        """A file. Raises ``UserError`` or ``SgfError``."""
        file = self._inside(path)
        if not file.is_file() or file.suffix.lower() != ".sgf":
            raise UserError(f"{path} is no game of the library")
        return read_bytes(file)

    def _inside(self, path: str) -> Path:
        name, _, rest = path.partition("/")
        root = self._roots.get(name)
        if root is None or "\0" in path or any(part.startswith(".") for part in rest.split("/") if part):
            raise UserError(f"{path[:100]!r} is not in the library")
        found = root / rest
        if not self._is_inside(found):
            raise UserError(f"{path[:100]!r} is not in the library")
        return found

    def _is_inside(self, path: Path) -> bool:
        """Whether it lies below a root, links followed."""
        try:
            real = path.resolve()
        except (OSError, RuntimeError):
            return False
        return any(real == root or real.is_relative_to(root) for root in self._roots.values())
