"""What is to be reviewed: files, folders, patterns and standard input; and where the review of each goes."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from games.go.sgf import read_bytes, read_stream
from zhugo.review.report import Target
from zhugo.shared.errors import UserError

STDIN = "-"
OUT = Path("out")
_PATTERN = frozenset("*?[")


@dataclass(frozen=True)
class Source:
    """A file of games, or standard input. name: for people. target: of its game, where it has one only."""

    name: str
    path: Path | None
    target: Target

    def read(self) -> bytes:
        """What it has. Raises ``SgfError``."""
        return read_stream(sys.stdin.buffer, self.name) if self.path is None else read_bytes(self.path)

    @property
    def file_name(self) -> str:
        """The last part of its name."""
        return self.name if self.path is None else self.path.name

    def target_of(self, number: int, count: int) -> Target:
        """Where the review of game ``number`` of ``count`` goes."""
        if count == 1:
            return self.target
        digits = len(str(count))
        inside = self.target.directory
        if inside.name != self.target.stem:
            inside /= self.target.stem
        return Target(inside, f"{self.target.stem}-{number + 1:0{digits}}")


def find(arguments: Sequence[str], out: Path | None) -> tuple[list[Source], list[str]]:
    """The sources that ``arguments`` name, each once, and one line for every argument that names none.

    A folder stands for the ``.sgf`` files in it and below, without those that reviews left there. out: where the files
    go; None: each game gets a folder of its own in ``out``. Below it the paths of the files are kept, from the folder
    on that all arguments have in common, so that games of the same name do not meet. Raises ``UserError`` where
    standard input is named twice.
    """
    root = OUT if out is None else out
    found: list[Path] = []
    bases: list[Path] = []
    missing: list[str] = []
    for argument in arguments:
        if argument == STDIN:
            continue
        paths, base = _paths(argument, root)
        if paths:
            found += paths
            bases.append(base)
        else:
            missing.append(f"{argument}: {_why_none(argument)}")
    if list(arguments).count(STDIN) > 1:
        raise UserError("standard input is named twice")
    once: dict[Path, Path] = {}
    for path in found:
        once.setdefault(path.resolve(), path)
    paths = list(once.values())
    sources = list(_placed(paths, bases, root, flat=out is not None))
    if STDIN in arguments:
        sources.append(Source("standard input", None, _target(root, Path(), "stdin", flat=out is not None)))
    return sources, missing


def _paths(argument: str, root: Path) -> tuple[list[Path], Path]:
    """The files that an argument names, and the folder below which they stand."""
    path = Path(argument)
    if path.is_dir():
        return list(_below(path, root)), path
    if path.exists() or not _PATTERN & set(argument):
        return [path], path.parent
    paths: list[Path] = []
    for name in sorted(glob.glob(argument, recursive=True)):  # noqa: PTH207 - Path.glob raises for patterns like **.sgf
        paths += _below(Path(name), root) if Path(name).is_dir() else [Path(name)]
    return paths, _fixed_part(path)


def _below(folder: Path, root: Path) -> Iterator[Path]:
    """The games in a folder, in the order of their names; hidden folders, and where reviews go, are left out."""
    written = root.resolve()
    for directory, folders, files in os.walk(folder):
        here = Path(directory)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and (here / name).resolve() != written)
        names = set(files)
        for name in sorted(files):
            stem, dot, kind = name.rpartition(".")
            if kind.lower() != "sgf" or not dot or name.startswith("."):
                continue
            if stem.endswith("-reviewed") and f"{stem.removesuffix('-reviewed')}.json" in names:
                continue
            yield here / name


def _fixed_part(pattern: Path) -> Path:
    """The folders of a pattern before the first wildcard."""
    fixed = Path(pattern.anchor)
    for part in pattern.relative_to(pattern.anchor).parts[:-1]:
        if _PATTERN & set(part):
            break
        fixed /= part
    return fixed


def _why_none(argument: str) -> str:
    if Path(argument).is_dir():
        return "no .sgf file in this folder"
    return "no file matches"


def _placed(paths: Sequence[Path], bases: Sequence[Path], root: Path, *, flat: bool) -> Iterator[Source]:
    common = Path(os.path.commonpath([base.resolve() for base in bases])) if bases else Path()
    places = []
    for path in paths:
        place = path.parent.resolve() / path.name
        places.append(place.relative_to(common) if place.is_relative_to(common) else Path(path.name))
    # games that differ in the ending of their name alone keep it
    count = Counter(_folded(place.with_suffix("")) for place in places)
    for path, place in zip(paths, places, strict=True):
        stem = place.stem if count[_folded(place.with_suffix(""))] == 1 else place.name.replace(".", "-")
        target = _target(root, place.parent, stem, flat=flat)
        aside = target.file("sgf").resolve() == path.resolve()
        yield Source(str(path), path, Target(target.directory, stem, aside))


def _folded(path: Path) -> str:
    return str(path).casefold()


def _target(root: Path, below: Path, stem: str, *, flat: bool) -> Target:
    return Target(root / below if flat else root / below / stem, stem)
