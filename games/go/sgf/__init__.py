"""Reading games from SGF, as people have them: in any encoding, with what their programs and servers make of it.

``tree`` is the text's structure, ``encodings`` and ``decoding`` lead from bytes to it; ``properties``, ``komi`` and
``handicap`` say what a property means, ``events`` and ``walk`` what happens on the board. A move is never left out
without a line in the record's notes that says so.
"""

from games.go.sgf.errors import SgfError
from games.go.sgf.reader import (
    parse,
    parse_all,
    read,
    read_bytes,
    read_stream,
    record_of_line,
    trees,
    trees_with_notes,
)
from games.go.sgf.record import GameRecord, Segment

__all__ = [
    "GameRecord",
    "Segment",
    "SgfError",
    "parse",
    "parse_all",
    "read",
    "read_bytes",
    "read_stream",
    "record_of_line",
    "trees",
    "trees_with_notes",
]
