"""Which games a command line of ``analyze`` names, and where their reviews go."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from zhugo.review.sources import Source, find
from zhugo.shared.errors import UserError


@pytest.fixture(autouse=True)
def games(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with games, which is the working directory."""
    for name in (
        "a.sgf", "league/a.sgf", "league/b.SGF", "league/x.sgf", "league/x.SGF", "league/deep/a.sgf",
        "league/notes.txt", "league/.hidden/c.sgf", "out/a/a.sgf",
        "cup/a.sgf", "cup/d-reviewed.sgf", "cup/d.json", "cup/d.sgf", "cup/[final] e.sgf",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"(;)")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _placed(sources: list[Source]) -> dict[str, str]:
    return {source.name: str(source.target.directory / source.target.stem) for source in sources}


@pytest.mark.parametrize(
    ("arguments", "out", "placed"),
    [
        (["a.sgf"], None, {"a.sgf": "out/a/a"}),
        (["a.sgf"], "there", {"a.sgf": "there/a"}),
        (["league/a.sgf"], None, {"league/a.sgf": "out/a/a"}),
        (
            ["league"],
            None,
            {
                "league/a.sgf": "out/a/a",
                "league/b.SGF": "out/b/b",
                "league/x.SGF": "out/x-SGF/x-SGF",
                "league/x.sgf": "out/x-sgf/x-sgf",
                "league/deep/a.sgf": "out/deep/a/a",
            },
        ),
        (
            ["league/a.sgf", "cup/a.sgf", "a.sgf"],
            "there",
            {"league/a.sgf": "there/league/a", "cup/a.sgf": "there/cup/a", "a.sgf": "there/a"},
        ),
        (["l*/a.sgf", "league/a.sgf"], "there", {"league/a.sgf": "there/league/a"}),
        (
            ["**/a.sgf"],
            "there",
            {
                "a.sgf": "there/a",
                "cup/a.sgf": "there/cup/a",
                "league/a.sgf": "there/league/a",
                "league/deep/a.sgf": "there/league/deep/a",
                "out/a/a.sgf": "there/out/a/a",
            },
        ),
        (["cup"], "there", {f"cup/{name}.sgf": f"there/{name}" for name in ("[final] e", "a", "d")}),
        (["cup"], "cup", {f"cup/{name}.sgf": f"cup/{name}" for name in ("[final] e", "a", "d")}),
        (["cup/[final] e.sgf"], "there", {"cup/[final] e.sgf": "there/[final] e"}),
        (["-"], None, {"standard input": "out/stdin/stdin"}),
        (["a.sgf", "-"], "there", {"a.sgf": "there/a", "standard input": "there/stdin"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_arguments(arguments: list[str], out: str | None, placed: dict[str, str]) -> None:
    sources, missing = find(arguments, None if out is None else Path(out))
    assert (_placed(sources), missing) == (placed, [])


def test_where_reviews_go_is_no_source() -> None:
    assert not any("out" in source.name for source in find(["."], None)[0])
    assert any(source.name.startswith("out/") for source in find(["."], Path("league"))[0])


def test_a_review_does_not_take_the_place_of_its_game() -> None:
    (source,) = find(["a.sgf"], Path())[0]
    assert source.target.file("sgf").name == "a-reviewed.sgf"
    assert source.target.file("json").name == "a.json"


def test_what_names_nothing_is_told() -> None:
    sources, missing = find(["empty", "no*.sgf", "a.sgf", "none.sgf"], None)
    assert missing == ["empty: no .sgf file in this folder", "no*.sgf: no file matches"]
    assert [source.name for source in sources] == ["a.sgf", "none.sgf"]  # reading it tells why not
    with pytest.raises(UserError, match="named twice"):
        find(["-", "-"], None)


def test_games_of_a_collection_have_a_folder_of_their_own() -> None:
    (flat,) = find(["a.sgf"], Path("there"))[0]
    (own,) = find(["a.sgf"], None)[0]
    for source, directory in ((flat, "there/a"), (own, "out/a")):
        target = source.target_of(1, 12)
        assert (str(target.directory), target.stem) == (directory, "a-02")


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"(;SZ[9])")))
    (source,) = find(["-"], None)[0]
    assert source.read() == b"(;SZ[9])"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_folder_that_leads_to_itself_ends(games: Path) -> None:
    (games / "league" / "again").symlink_to(games / "league")
    assert len(find(["league"], None)[0]) == 5
