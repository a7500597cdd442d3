"""Bytes to games. The encoding is the one in which most of the record can be read; only then it is what looks best.

SGF is decoded first and parsed then: in Shift-JIS, GBK and Big5 the second byte of a character may be a bracket or a
backslash. But some programs escape the bytes that they have encoded; so such files are tried byte by byte, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sgfmill import sgf_grammar

from games.go.sgf import encodings
from games.go.sgf.errors import counted
from games.go.sgf.tree import Node, Tree, all_nodes, escape, parse

_TRIED = 4
"""So many encodings are tried whole, those that look best."""


@dataclass(frozen=True)
class Decoded:
    """The games of a file, values as text. encoding: what they were in. notes: what was guessed, one line each."""

    games: list[Tree]
    encoding: str
    notes: list[str]


def decode(data: bytes) -> Decoded:
    """The games of a file; whatever bytes it has, nothing raises."""
    if (mark := encodings.marked(data)) is not None:
        encoding, length = mark
        text = data[length:].decode(encoding, "replace")
        return Decoded(parse(text.lstrip("\ufeff")), encoding, _replaced(text.rstrip("\ufffd")))
    named = encodings.declared(data)
    texts = {encoding: data.decode(encoding, "replace") for encoding in encodings.candidates(data)}
    if data.isascii():
        hz = texts.get("hz", "\ufffd")
        encoding = "hz" if "\ufffd" not in hz and not hz.isascii() else encodings.UTF_8
        return Decoded(parse(texts[encoding]), encoding, [])
    looks = {encoding: encodings.plausibility(text, encoding, named) for encoding, text in texts.items()}
    best = sorted(looks, key=lambda encoding: -looks[encoding])[:_TRIED]
    readings = [(parse(texts[encoding]), encoding, looks[encoding]) for encoding in best]
    readings.append(_byte_by_byte(data, named))
    games, encoding, _ = max(readings, key=lambda reading: (_completeness(reading[0]), reading[2]))
    return Decoded(games, encoding, _notes(named, encoding, games))


def _completeness(games: list[Tree]) -> tuple[int, int, int]:
    """What to compare readings by; brackets that a wrong encoding hides cost moves, properties, or sound structure."""
    nodes = [node for game in games for node in all_nodes(game.root)]
    moves = sum(node.move is not None for node in nodes)
    return moves, -sum(len(game.problems) for game in games), sum(len(node.properties) for node in nodes)


def _byte_by_byte(data: bytes, named: str | None) -> tuple[list[Tree], str, float]:
    """The games, parsed before anything is decoded, then every value decoded alone; in what, and how that looks."""
    games = parse(data.decode("latin-1"))
    values = [value for game in games for value in _values_beyond_ascii(game.root)]
    plain = b"\n".join(_unescaped(value) for value in values)
    looks = {
        encoding: encodings.plausibility(plain.decode(encoding, "replace"), encoding, named)
        for encoding in encodings.candidates(data)
    }
    encoding = max(looks, key=lambda name: looks[name])
    for game in games:
        for node in all_nodes(game.root):
            for name, written in node.properties.items():
                node.properties[name] = [
                    value if value.isascii() else escape(_unescaped(value).decode(encoding, "replace"))
                    for value in written
                ]
    return games, encoding, looks[encoding]


def _values_beyond_ascii(root: Node) -> Iterable[str]:
    for node in all_nodes(root):
        for values in node.properties.values():
            yield from (value for value in values if not value.isascii())


def _unescaped(value: str) -> bytes:
    """The bytes of a value of text that was read as latin-1."""
    return bytes(sgf_grammar.text_value(value.encode("latin-1")))


def _notes(named: str | None, encoding: str, games: list[Tree]) -> list[str]:
    notes = []
    shown = encodings.SHOWN.get(encoding, encoding)
    if named is not None and named != encoding:
        notes.append(f"the text is read as {shown}, though CA says {encodings.SHOWN.get(named, named)}")
    elif named is None and encoding != encodings.UTF_8:
        notes.append(f"the file does not say how its text is encoded; it is read as {shown}")
    values = "".join(value for game in games for value in _values_beyond_ascii(game.root))
    return notes + _replaced(values)


def _replaced(text: str) -> list[str]:
    count = text.count("\ufffd")
    return [f"{counted(count, 'character')} of the text cannot be read"] if count else []
