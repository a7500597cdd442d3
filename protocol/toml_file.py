"""Small TOML files that people edit: read with the file, line and key of what is wrong, written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from protocol.errors import KeyFileError
from protocol.files import sync_directory

T = TypeVar("T", bound=msgspec.Struct)

MAX_BYTES = 1 << 16

_PLACE = re.compile(r" - at `\$([^`]*)`$")
_FIELD = re.compile(r"field `([^`]+)`")


def read(path: Path, kind: type[T]) -> T:
    """The file as a ``kind``. Raises ``KeyFileError``, whose text is one line."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode()
        if len(text) > MAX_BYTES:
            raise KeyFileError(f"{path}: larger than such a file is")
        return msgspec.convert(tomllib.loads(text), kind)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise KeyFileError(f"{path}: not a text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line, why = syntax_line(str(error), text)
        raise KeyFileError(f"{path}:{line}: {why}") from error
    except msgspec.ValidationError as error:
        raise KeyFileError(f"{path}{_told(str(error), text)}") from error


def write(path: Path, content: msgspec.Struct, heading: str, replace: bool) -> None:
    """Have the file hold this, readable for its owner alone; its text is on the disk when this returns.

    ``replace``: whether it may take another's place. Raises ``KeyFileError``.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"# {heading}\n{_table(msgspec.to_builtins(content))}")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            beside.rename(path)
        else:
            os.link(beside, path)
        sync_directory(path.parent)
    except FileExistsError as error:
        raise KeyFileError(f"{path} exists already") from error
    except OSError as error:
        raise KeyFileError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def line_of(text: str, key: str, table: str = "") -> int | None:
    """The line on which a key of a table stands, from 1 on; None where it does not. ``table``: "" for no table."""
    name = rf"(?:{re.escape(key)}|\"{re.escape(key)}\"|'{re.escape(key)}')"
    now = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*[\"']?([^\"'\]]+?)[\"']?\s*\]", line)
        now = header[1] if header else now
        if now == table and re.match(rf"\s*{name}\s*=", line):
            return number
    return None


def table_line_of(text: str, table: str) -> int | None:
    """The line on which a table begins, in whatever way it is written."""
    name = rf"(?:{re.escape(table)}|\"{re.escape(table)}\"|'{re.escape(table)}')"
    begins = re.compile(rf"\s*(?:\[+\s*{name}\s*\]|{name}\s*[.=])")
    return next((number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)), None)


def syntax_line(why: str, text: str) -> tuple[int, str]:
    """Where the parser stopped, and what it says of it."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", why)
    if found is None:
        return text.count("\n") + 1, why.removesuffix(" (at end of document)")
    return int(found[2]), found[1]


def _table(table: dict[str, Any]) -> str:
    """Text and numbers first, then the tables in it; what is None is left out."""
    plain = {name: value for name, value in table.items() if value is not None and not isinstance(value, dict)}
    inner = {name: value for name, value in table.items() if isinstance(value, dict) and value}
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in plain.items()]
    return "".join([*lines, *(f"\n[{name}]\n{_table(value)}" for name, value in inner.items())])


def _told(error: str, text: str) -> str:
    """Line, key and what is wrong with its value."""
    place, field = _PLACE.search(error), _FIELD.search(error)
    path = [each for each in place[1].split(".") if each] if place else []
    *tables, key = [*path, field[1]] if field else path or [""]
    what = _PLACE.sub("", error).replace("`", "").replace("Object ", "the file ")
    line = line_of(text, key, ".".join(tables))
    return f":{line}: {key}: {what}" if line else f": {what}"
