"""The page of the protocol and the golden frames: they are what the messages are, in words and in bytes."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import msgpack
import pytest
from msgspec import inspect

from games.go.spec import GoSpec
from protocol import messages as m
from protocol.codec import LONG, decode
from protocol.reference.__main__ import DOCS, page
from protocol.reference.example import CLIENT, SEARCHER
from protocol.reference.golden import golden
from protocol.reference.tables import GROUPS, NEVER_SENT, markdown, structures, words
from tests.daemons import ROOT
from tests.message_samples import same

PAGE = (DOCS / "protocol.md").read_text(encoding="utf-8")
GOLDEN: dict[str, Any] = json.loads((DOCS / "protocol-session.json").read_text(encoding="utf-8"))
PROSE = re.sub(r"<!-- generated: (\w+) -->.*?<!-- end of \1 -->", "", PAGE, flags=re.DOTALL)
STEPS = [*zip(GOLDEN["client"], CLIENT, strict=True), *zip(GOLDEN["searcher"], SEARCHER, strict=True)]
NAMES = [f"{index} {message.__class__.__name__}" for index, (_, (_, message)) in enumerate(STEPS)]


def test_the_page_and_the_frames_are_what_the_generator_writes() -> None:
    """If not: ``python -m protocol.reference``."""
    assert page(PAGE) == PAGE
    assert golden() == (DOCS / "protocol-session.json").read_text(encoding="utf-8")


def test_every_message_of_the_wire_is_shown_once() -> None:
    shown = [message for group in GROUPS for message in group.messages]
    assert sorted(kind.__name__ for kind in (*shown, *NEVER_SENT)) == sorted(
        kind.__name__ for kind in get_args(m.AnyMessage)
    )
    headings = re.findall(r"^#### (\w+)$", PAGE, re.MULTILINE)
    assert headings == [kind.__name__ for kind in (*shown, *structures())]


@pytest.mark.parametrize(("step", "said"), STEPS, ids=NAMES)
def test_golden_frames_are_the_messages_by_our_codec_and_by_another(step: dict[str, Any], said: Any) -> None:
    sender, message = said
    frames = [bytes.fromhex(frame) for frame in step["frames"]]
    assert same(decode(frames), message)
    assert step["from"] == sender
    assert _unhex(step["message"]) == msgpack.unpackb(frames[0])


def _unhex(value: Any) -> Any:
    match value:
        case {"hex": text}:
            return bytes.fromhex(text)
        case list():
            return [_unhex(each) for each in value]
        case dict():
            return {key: _unhex(each) for key, each in value.items()}
    return value


def test_an_array_has_a_frame_of_its_own_where_it_is_long() -> None:
    step = GOLDEN["searcher"][-1]
    assert step["message"]["priors"] == ["uint16", [26, 82], 1]
    assert len(step["frames"]) == 2
    assert len(step["frames"][1]) // 2 == 26 * 82 * 2 >= LONG
    assert step["message"]["to_play"] == ["int8", [26], {"hex": "01" * 26}]


def test_the_message_that_is_spelled_out_is_the_one_of_the_example() -> None:
    (spelled,) = re.findall(r"^    (84 .*)$", PROSE, re.MULTILINE)
    assert spelled.replace(" ", "") == GOLDEN["client"][4]["frames"][0]


def test_the_prose_names_what_there_is() -> None:
    known = {kind.__name__ for kind in get_args(m.AnyMessage)} | {kind.__name__ for kind in structures()}
    assert set(re.findall(r"`([A-Z][a-z]\w+)`", PROSE)) <= known


def _table(head: str) -> dict[str, list[str]]:
    """The rows under a head, by each name in their first cells."""
    (rows,) = re.findall(rf"^{re.escape(head)}\n\|[-|]+\n((?:\|.*\n)+)", PROSE, re.MULTILINE)
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
    return {name: row[1:] for row in cells for name in re.findall(r"`(\w+)`", row[0])}


def test_every_reason_for_an_end_is_explained() -> None:
    assert sorted(_table("| reason | the search ended since |")) == sorted(get_args(m.Ending))


def test_the_specification_of_go_is_whole() -> None:
    info = inspect.type_info(GoSpec)
    assert isinstance(info, inspect.StructType)
    defaults = {name: row[1].strip("`") for name, row in _table("| key | meaning | default |").items()}
    assert defaults == {
        field.name: "must be there"
        if field.required
        else "none"
        if field.default_factory is list
        else str(field.default)
        for field in info.fields
    }


def test_every_request_has_its_answer_told() -> None:
    told = _table("| request | answer |")
    requests = {kind.__name__ for group in GROUPS if group.way == "client → daemon" for kind in group.messages}
    assert told.keys() <= requests
    assert all("`" in row[0] or "as often" in row[0] for row in told.values())


WORDS = [
    (m.Hello, "protocol", "integer 0 to 2^31 - 1"),
    (m.Hello, "role", '`"client"`, `"searcher"`'),
    (m.Hello, "net", "[NetInfo](#netinfo) or null"),
    (m.Open, "session", "text, 1 to 265 characters"),
    (m.Open, "spec", "map of at most 64 keys, which are text"),
    (m.Open, "record", "list of at most 20,000: integer 0 to 8,192"),
    (m.Open, "share", "true or false"),
    (m.Search, "report_every", "number 0.01 to 1e6 or null"),
    (m.Search, "restrictions", "list of at most 64: [Restriction](#restriction)"),
    (m.Report, "value", "finite number"),
    (m.Report, "to_play", "`-1`, `0`, `1`"),
    (m.GrantPart, "first", "integer 0 to 4,095"),
    (m.SearchSettings, "noise_concentration", "number 1e-6 to 10000"),
]


@pytest.mark.parametrize(("kind", "name", "said"), WORDS)
def test_types_and_bounds_in_words(kind: Any, name: str, said: str) -> None:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    (found,) = (field for field in info.fields if field.name == name)
    assert words(found.type) == said


def test_docstrings_become_paragraphs() -> None:
    doc = "Searcher -> master: ``x`` or None.\n\nA second\nparagraph."
    assert markdown(doc) == "Searcher → master: `x` or null.\n\nA second paragraph."


def test_the_client_in_javascript_speaks_this_version_in_60_lines() -> None:
    text = (ROOT / "examples" / "client.js").read_text(encoding="utf-8")
    assert f"const PROTOCOL = {m.PROTOCOL_VERSION};" in text
    assert len(text.splitlines()) <= 60
