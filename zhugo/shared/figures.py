"""Measured figures as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table


def tables(figures: Mapping[str, Any], title: str = "") -> Iterator[Table]:
    """One table of the plain figures, then one for every list of rows or nested group, under its name."""
    nested: dict[str, Any] = {name: value for name, value in figures.items() if isinstance(value, Mapping | list)}
    plain = {name: value for name, value in figures.items() if name not in nested}
    if plain:
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_header=False)
        for name, value in plain.items():
            table.add_row(_words(name), _shown(value))
        yield table
    for name, value in nested.items():
        rows = _as_rows(value) if isinstance(value, Mapping) else value
        if rows is None:
            yield from tables(value, _words(name))
        elif rows and all(isinstance(row, Mapping) for row in rows):
            yield _grid(rows, _words(name))


def _as_rows(group: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """A group of alike groups as rows that begin with their names, None for any other."""
    if not group or not all(isinstance(value, Mapping) for value in group.values()):
        return None
    return [{"": name, **value} for name, value in group.items()]


def _grid(rows: Sequence[Mapping[str, Any]], title: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in rows[0]:
        table.add_column(_words(name), justify="left" if isinstance(rows[0][name], str) else "right")
    for row in rows:
        table.add_row(*(_shown(row.get(name, "")) for name in rows[0]))
    return table


def _words(name: str) -> str:
    return name.replace("_per_s", "/s").replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
