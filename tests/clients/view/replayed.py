"""What ``replay`` prints, as rows of text to hold the page to."""

from __future__ import annotations

from rich.table import Table

from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.tables import tree_table


def cells(table: Table) -> list[list[str]]:
    """The rows of a table as text, without their indents."""
    rows = zip(*(column.cells for column in table.columns), strict=True)
    return [[str(cell).strip() for cell in row] for row in rows]


def replayed_tree(seekable: SeekableCore, people: People, name: str, node: int, depth: int) -> list[list[str]]:
    """The rows that ``replay`` prints, with the searchers' letters for their names."""
    session = seekable.core.sessions.by_name[name]
    rows = cells(tree_table(seekable, people, session, node, depth))
    return [[*row[:-1], row[-1].removeprefix("searcher ")] for row in rows]
