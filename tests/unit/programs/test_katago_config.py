"""Configurations of KataGo: which lines are taken, what is said of those that are none, and what comes before what."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhugo.shared.errors import UserError
from zhugo.shared.katago_config import MAX_BYTES, is_neutral, not_used, read


def values(directory: Path, text: str, *overrides: str) -> dict[str, str]:
    file = directory / "a.cfg"
    file.write_text(text)
    return {name: setting.value for name, setting in read([file], overrides).items()}


@pytest.mark.parametrize(("line", "expected"), [
    ("maxVisits = 500", {"maxVisits": "500"}),
    ("maxVisits=500", {"maxVisits": "500"}),
    ("  maxVisits\t=  500  # so many", {"maxVisits": "500"}),
    ("# maxVisits = 500", {}),
    ("#maxVisits", {}),
    ("", {}),
    ("logDir = C:\\My Games\\logs", {"logDir": "C:\\My Games\\logs"}),
    ('logDir = "a # b"  # the end', {"logDir": "a # b"}),
    (r'logDir = "a \"b\" \\ c"', {"logDir": r'a "b" \ c'}),
    ("key-with-dash = a = b", {"key-with-dash": "a = b"}),
    ("\ufeffmaxVisits = 7\r\nmaxTime = 3\r\n", {"maxVisits": "7", "maxTime": "3"}),
])  # fmt: skip
def test_a_line(tmp_path: Path, line: str, expected: dict[str, str]) -> None:
    assert values(tmp_path, line) == expected


@pytest.mark.parametrize(("text", "complaint"), [
    ("a = 1\nmaxVisits", "a.cfg, line 2: no name = value: maxVisits"),
    ("maxVisits =", "a.cfg, line 1: no name = value: maxVisits ="),
    ("maxVisits = # 5", "a.cfg, line 1: no name = value"),
    ("= 5", "a.cfg, line 1: no name = value: = 5"),
    ("max visits = 5", "a.cfg, line 1: no name = value"),
    ('a = "no end', "a.cfg, line 1: no name = value"),
    ('a = "b" c', "a.cfg, line 1: no name = value"),
    ("a = 1\n\n# b\na = 2", "a.cfg, line 4: a stands in line 1 already"),
    ("@include", "a.cfg, line 1: not understood: @include"),
    ("@exclude b.cfg", "a.cfg, line 1: not understood: @exclude b.cfg"),
    ("@include nowhere.cfg", "nowhere.cfg: No such file or directory"),
    ("@include a.cfg", "a.cfg includes itself"),
    ("x" * 1000, "no name = value: xxx"),
])  # fmt: skip
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        values(tmp_path, text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", ["missing", "folder", "large"])
def test_what_is_no_file_of_settings_is_named(tmp_path: Path, kind: str) -> None:
    file = tmp_path / kind
    if kind == "folder":
        file.mkdir()
    elif kind == "large":
        file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(UserError, match=f"configuration {file}: "):
        read([file], [])


@pytest.mark.parametrize("line", ["@include sub/b.cfg", "@include = 'sub/b.cfg'", '@include "sub/b.cfg" # more'])
def test_another_file_stands_where_it_is_included(tmp_path: Path, line: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.cfg").write_text("b = 1\nc = 1\n@include c.cfg\n")
    (tmp_path / "sub" / "c.cfg").write_text("d = 4")
    assert values(tmp_path, f"a = 1\n{line}\nc = 3") == {"a": "1", "b": "1", "c": "3", "d": "4"}


def test_what_comes_later_counts(tmp_path: Path) -> None:
    other = tmp_path / "b.cfg"
    other.write_text("b = 2\nc = 2")
    (tmp_path / "a.cfg").write_text("a = 1\nb = 1\nc = 1")
    found = read([tmp_path / "a.cfg", other], ["c=3, d = 4", "d=5,,"])
    assert {name: setting.value for name, setting in found.items()} == {"a": "1", "b": "2", "c": "3", "d": "5"}
    assert found["b"].where == f"{other}, line 1"
    assert found["d"].where == "-override-config"


@pytest.mark.parametrize("text", ["maxVisits", "=5", "maxVisits=", "a=1,b"])
def test_an_override_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UserError, match="-override-config: no name=value: "):
        read([], [text])


def test_an_override_of_all_rules_takes_the_place_of_each_and_the_other_way_round(tmp_path: Path) -> None:
    each = "koRule = SIMPLE\nscoringRule = AREA"
    assert values(tmp_path, each, "rules=japanese") == {"rules": "japanese"}
    assert values(tmp_path, "rules = japanese", "taxRule=ALL") == {"taxRule": "ALL"}


@pytest.mark.parametrize(("name", "value", "neutral"), [
    ("nnPolicyTemperature", 1, True), ("nnPolicyTemperature", "1.00", True),
    ("nnPolicyTemperature", "2", False), ("antiMirror", "FALSE", True), ("antiMirror", False, True),
    ("antiMirror", 0, False), ("antiMirror", "true", False), ("humanSLOppExploreProbWeightful", "1", False),
    ("rootNumSymmetriesToSample", "one", False), ("maxVisits", 1, False), ("rootEndingBonusPoints", "0", True),
    ("rootEndingBonusPoints", "0.5", False), ("friendlyPass", "auto", True), ("friendlyPass", "true", False),
    ("cleanupBeforePass", "auto", True), ("preventCleanupPhase", "true", True), ("fillDameBeforePass", "true", False),
])  # fmt: skip
def test_what_asks_for_what_is_done_anyway(name: str, value: object, neutral: bool) -> None:
    assert is_neutral(name, value) == neutral


def test_what_has_no_effect_is_one_line() -> None:
    assert not_used(["logDir", "numSearchThreads"]) == "not used of the configuration: logDir, numSearchThreads"
