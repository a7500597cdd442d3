"""What each JSON client sends, in its order, and what it gets, as golden files: ``> `` begins what is sent.

The engine is the real one, over a daemon that makes up its evaluations and searches one leaf at a time, so that every
number is exact. Of searches that the client ends itself only the names of the fields are kept, long lists are counted,
and of the moves the best is shown. ``python -m tests.clients.test_analysis_transcripts`` writes the answers anew.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.clients.analysis import Talk, engine
from tests.daemons import eventually

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.jsonl"))
SENT = "> "
SHORT = 3
"""Numbers of a list that are shown."""
ENDLESS = 10_000
"""Visits that no search of a transcript reaches."""


def replayed(text: str, directory: Path) -> str:
    """The transcript with the answers that the engine gives now."""
    said: list[str] = []
    with engine(directory, at_once=2, searchers=1, batch=1) as made:
        talk = Talk(made)
        endless: set[str] = set()
        for line in text.splitlines():
            if not line.startswith(SENT):
                continue
            said.append(line)
            before = len(talk.answers)
            talk.line(line.removeprefix(SENT).encode())
            said += _answers(talk, _parsed(line), before, endless)
    return "\n".join([*said, ""])


def _parsed(line: str) -> dict[str, Any]:
    try:
        query = json.loads(line.removeprefix(SENT))
    except ValueError:
        return {}
    return query if isinstance(query, dict) else {}


def _answers(talk: Talk, query: dict[str, Any], before: int, endless: set[str]) -> list[str]:
    """What is said to a query: of an endless one a first report with a move, of another everything, and what it ended.

    The turns of a query may end in any order.
    """
    if query.get("maxVisits", 0) >= ENDLESS:
        endless.add(query["id"])
        return [_shown(talk.wait(lambda answer: answer["moveInfos"], id=query["id"], isDuringSearch=True), endless)]
    ended = query.get("terminateId") if query.get("action") == "terminate" else None
    if ended in endless:
        talk.wait(id=ended, isDuringSearch=False)
    eventually(lambda: not _unfinished(talk, endless), "the answers")
    told = [answer for answer in talk.answers[before:] if answer.get("isDuringSearch") is not True]
    told.sort(key=lambda answer: answer.get("turnNumber", -1))
    # an echo and the last answer of what it ended may come in either order
    shown = [_shown(answer, endless) for answer in told]
    return sorted(shown) if ended else shown


def _unfinished(talk: Talk, endless: set[str]) -> bool:
    return bool(talk.engine.requests(lambda request: request.query["id"] not in endless))


def _shown(answer: dict[str, Any], endless: set[str]) -> str:
    if answer.get("id") in endless and "rootInfo" in answer:
        answer = {**answer, "moveInfos": sorted(answer["moveInfos"][0])}
        answer |= {"rootInfo": sorted(answer["rootInfo"])}
        answer |= {name: [f"{len(answer[name])} in all"] for name in ("ownership", "policy") if name in answer}
    return json.dumps(_shortened(answer))


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    if isinstance(value, float):
        return round(value, 4)
    if not isinstance(value, list) or not value or isinstance(value[0], str):
        return value
    shown = [_shortened(one) for one in value[: 1 if isinstance(value[0], dict) else SHORT]]
    return [*shown, f"{len(value)} in all"] if len(value) > len(shown) else shown


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: str(path.stem))
def test_the_engine_answers_as_the_transcript_says(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert replayed(text, tmp_path) == text


def test_there_is_a_transcript_for_every_json_client() -> None:
    assert {"katrain", "lizzieyzy", "ogatak"} <= {path.stem for path in TRANSCRIPTS}


if __name__ == "__main__":
    for transcript in TRANSCRIPTS:
        with tempfile.TemporaryDirectory() as scratch:
            transcript.write_text(replayed(transcript.read_text(encoding="utf-8"), Path(scratch)), encoding="utf-8")
