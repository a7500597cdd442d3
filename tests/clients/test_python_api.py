"""``import zhugo``: an engine for Python programs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zhugo
from protocol.errors import RefusedError
from tests.daemons import ROOT
from zhugo.shared.errors import UserError

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def engine() -> Iterator[zhugo.Engine]:
    with zhugo.Engine(device="emulated", latency_ms=1.0) as engine:
        yield engine


def test_moves_are_played_and_taken_back_in_turn(engine: zhugo.Engine) -> None:
    with engine.game(size=5, moves=["C3", "pass", "B2"]) as game:
        assert game.moves == [("B", "C3"), ("W", "pass"), ("B", "B2")]
        assert game.to_play == "W"
        game.undo(2)
        assert (game.moves, game.to_play, game.size) == ([("B", "C3")], "W", (5, 5))
        assert "B[cc]" in game.to_sgf()


@pytest.mark.parametrize(("move", "error"), [("C3", RefusedError), ("K9", UserError), ("", UserError)])
def test_what_cannot_be_played_changes_nothing(engine: zhugo.Engine, move: str, error: type[Exception]) -> None:
    with engine.game(size=5, moves=["C3"]) as game:
        with pytest.raises(error):
            game.play(move)
        assert game.moves == [("B", "C3")]
        assert game.analyze(visits=5).visits >= 5


def test_a_search_is_seen_while_it_runs_and_ends_when_nobody_looks(engine: zhugo.Engine) -> None:
    with engine.game(size=9) as game:
        for analysis in game.search(every=0.05):
            if analysis.visits > 50:
                break
        assert not analysis.final
        game.play("E5")  # the session is free again
        reports = list(game.search(visits=300, every=0.05))
        assert reports[-1].final
        assert reports[-1].visits >= 300
        best = reports[-1].candidates[0]
        assert (reports[-1].best, best.pv[0]) == (best.move, best.move)


def test_genmove_plays_what_it_names(engine: zhugo.Engine) -> None:
    with engine.game(size=5, rules="japanese") as game:
        assert game.genmove(visits=20) == game.moves[0][1]


def test_a_file_is_loaded_at_a_move_and_reviewed(engine: zhugo.Engine, tmp_path: Path) -> None:
    path = tmp_path / "game.sgf"
    path.write_text("(;SZ[9]KM[7];B[ee];W[cc];B[gg])")
    with engine.load(path, move=2) as game:
        assert game.moves == [("B", "E5"), ("W", "C7")]
    review = engine.review(path, visits=8)
    assert [(move.number, move.player, move.move) for move in review.moves] == [
        (1, "B", "E5"),
        (2, "W", "C7"),
        (3, "B", "G3"),
    ]
    costs = [move.win_rate_loss for move in review.mistakes()]
    assert all(cost > 0.0 for cost in costs)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_run(example: str, engine: zhugo.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    class OneEngine:
        """Stands for each example's own engine, so that not every one starts a daemon."""

        def __enter__(self) -> zhugo.Engine:
            return engine

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(zhugo, "Engine", OneEngine, raising=False)
    names: dict[str, Any] = {}
    exec(compile(example, "docs/python.md", "exec"), names)
