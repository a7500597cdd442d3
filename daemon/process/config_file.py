"""All options of a command in a file of TOML, by their long names: at its top, or in a table of their panel's name.

What a file may hold, and what is written of it, come from the command itself, so no option can be forgotten.
"""

from __future__ import annotations

import json
import textwrap
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from protocol.toml_file import line_of, syntax_line, table_line_of

NOT_IN_FILES = ("config", "print_config", "version", "install_completion", "show_completion", "help")
"""Options that are about the command line itself, or what is to be done with the others."""

LARGEST = 1 << 20
"""Bytes of a file, at most."""

Parameter = Any
"""An option, as typer has it."""


class ConfigError(typer.TyperException):  # type: ignore[misc, unused-ignore]
    """A file that cannot be followed; the text names the file, the line where there is one, and the key."""


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Have options that the command line does not give take their values from the file. Raises ``ConfigError``."""
    if path is not None:
        options = options_in_files(context.command.params)
        context.default_map = _File(path, context, options).values()
    return path


def options_in_files(parameters: Iterable[Parameter]) -> dict[str, Parameter]:
    """Those that a file may hold, by their long names without dashes."""
    return {key_of(each): each for each in parameters if each.name not in NOT_IN_FILES}


def key_of(option: Parameter) -> str:
    """What a file calls an option."""
    return str(max(option.opts, key=len)).removeprefix("--")


def table_of(option: Parameter) -> str:
    """The table that it may stand in; "" where that is the file's top."""
    return (option.rich_help_panel or "").lower()


def as_config(context: typer.Context) -> str:
    """A file that says what was asked for here, with every option, and what each means."""
    options = options_in_files(context.command.params).values()
    lines: list[str] = []
    for table in dict.fromkeys(map(table_of, options)):
        lines += [f"[{table}]", ""] if table else []
        for option in options:
            if table_of(option) == table:
                lines += [*_described(option, context.params[option.name]), ""]
    return "\n".join(lines)


def _described(option: Parameter, value: Any) -> list[str]:
    told = [f"# {line}" for line in textwrap.wrap(option.help, 116)]
    if value is None or value == []:
        default = option.show_default if isinstance(option.show_default, str) else "none"
        return [*told, f"# {key_of(option)} =  # unless set: {default}"]
    return [*told, f"{key_of(option)} = {_written(value)}"]


def _written(value: Any) -> str:
    """As TOML has it, which writes numbers, texts and lists as JSON does."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value if isinstance(value, bool | int | float) else str(value), ensure_ascii=False)


class _File:
    """One file, for one command."""

    def __init__(self, path: Path, context: typer.Context, options: dict[str, Parameter]) -> None:
        self._path, self._context, self._options = path, context, options
        self._text = self._read()

    def values(self) -> dict[str, Any]:
        """By the names that the command has for its options."""
        try:
            top = tomllib.loads(self._text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line, why = syntax_line(str(error), self._text)
            raise ConfigError(f"{self._path}:{line}: {why}") from error
        tables = {table_of(option) for option in self._options.values()}
        values: dict[str, Any] = {}
        for key, value in top.items():
            if isinstance(value, dict):
                if key not in tables or not key:
                    raise self._error("", key, "there is no such table", is_table=True)
                for inner, each in value.items():
                    self._take(values, key, inner, each)
            else:
                self._take(values, "", key, value)
        return values

    def _read(self) -> str:
        try:
            with self._path.open("rb") as file:
                data = file.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise ConfigError(f"{self._path}: the file is larger than {LARGEST} bytes")
            return data.decode()
        except OSError as error:
            raise ConfigError(f"{self._path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self._path}: the file is not UTF-8") from error

    def _take(self, values: dict[str, Any], table: str, key: str, value: Any) -> None:
        option = self._options.get(key)
        if option is None:
            raise self._error(table, key, "there is no such option")
        if table not in ("", table_of(option)):
            raise self._error(table, key, f"it belongs at the top, or into [{table_of(option) or 'no table'}]")
        if option.name in values:
            raise self._error(table, key, "it stands in this file twice")
        if not _fits(option, value):
            raise self._error(table, key, f"{_kind(option)} is wanted here")
        try:
            option.process_value(self._context, [str(each) for each in value] if option.multiple else value)
        except typer.TyperException as error:
            raise self._error(table, key, str(error.message).removeprefix("Value error, ")) from error
        values[option.name] = value

    def _error(self, table: str, key: str, why: str, is_table: bool = False) -> ConfigError:
        line = table_line_of(self._text, key) if is_table else line_of(self._text, key, table)
        return ConfigError(f"{self._path}{'' if line is None else f':{line}'}: {key}: {why}")


def _fits(option: Parameter, value: Any) -> bool:
    """Whether TOML's value is of a kind that the option has; what it says is looked at later."""
    if option.multiple:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    wanted = option.type_descriptor.annotation
    if wanted is bool or isinstance(value, bool):
        return wanted is bool and isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int)
    if wanted is float:
        return isinstance(value, int | float)
    return isinstance(value, str)


def _kind(option: Parameter) -> str:
    if option.multiple:
        return "a list of texts"
    return {bool: "true or false", int: "a whole number", float: "a number"}.get(
        option.type_descriptor.annotation, "a text"
    )
