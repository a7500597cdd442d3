"""Whose a run's folder is, and what its report shows."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from daemon.evaluation.gpu_monitor import GpuUse
from tests.unit.arena.test_contest import outcome_of
from zhugo.learning.loop.folder import ELO, RUN, Folder, Iteration, read_history
from zhugo.learning.loop.preset import Preset, read
from zhugo.learning.loop.report import write_report
from zhugo.learning.loop.times import Stopwatch, Times
from zhugo.learning.training.log import LOG, Entry, Log
from zhugo.shared.errors import UserError
from zhugo.strength.arena.ratings import Ratings

TIC_TAC_TOE = Preset(game="tic_tac_toe")


def folder_of(directory: Path, preset: Preset = TIC_TAC_TOE) -> Folder:
    """A run's folder."""
    return Folder(directory, preset, preset.load_game())


def iteration(number: int, elo: float = 0.0) -> Iteration:
    """One that took ten seconds."""
    times = Times(10.0, 6.0, 2.5, 1.0, 0.5, beside=False)
    return Iteration(
        number, 100 * number, 900 * number, 50 * number, {"policy": 1.5, "value": 0.5}, number, elo, times, 0.8
    )


def snapshot(directory: Path) -> dict[str, bytes]:
    """Every file and what is in it."""
    return {str(path): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def test_a_folder_goes_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "run")
    folder.add(iteration(1))
    folder.add(iteration(2))
    assert [one.number for one in folder_of(tmp_path / "run").history] == [1, 2]
    assert read_history(tmp_path / "run")[1].times.training == 2.5


def test_other_settings_may_change_when_a_run_goes_on(tmp_path: Path) -> None:
    folder_of(tmp_path / "run")
    folder_of(tmp_path / "run", Preset(game="tic_tac_toe", loop=read("quick").loop))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda run: run.write_text(run.read_text().replace("tic_tac_toe", "hex(board_size=3)")), "of another game"),
        (lambda run: run.write_text(run.read_text().replace('"version": 1', '"version": 7')), "of version 7"),
        (lambda run: run.write_text(run.read_text().replace('"blocks": 4', '"blocks": 5')), "5 blocks of 64 filters"),
        (lambda run: run.write_text("{"), "run.json: "),
        (lambda run: run.rename(run.with_name("other.json")), "holds something else than a run of learning"),
    ],
)
def test_another_runs_folder_is_refused_and_not_touched(tmp_path: Path, spoil, complaint: str) -> None:  # type: ignore[no-untyped-def]
    folder_of(tmp_path / "run")
    spoil(tmp_path / "run" / RUN)
    before = snapshot(tmp_path)
    with pytest.raises(UserError, match=complaint):
        folder_of(tmp_path / "run")
    assert snapshot(tmp_path) == before


def test_the_parts_of_an_iteration_add_up() -> None:
    watch = Stopwatch()
    with watch.of("training"):
        pass
    times = watch.stop(selfplay=0.0, beside=False)
    assert times.selfplay + times.training + times.arena + times.waiting == pytest.approx(times.total)
    assert [name for name, *_ in times.rows()] == ["self-play", "training", "arena", "waiting", "total"]
    beside = watch.stop(selfplay=1000.0, beside=True)
    assert beside.waiting <= beside.total
    assert beside.rows()[0][0] == "self-play, beside the rest"


def test_the_report_is_one_page_with_four_pictures(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "run")
    ratings = Ratings(tmp_path / "run" / ELO)
    log = Log(tmp_path / "run", 0)
    for number, accepted in ((1, True), (2, False), (3, True)):
        ratings.add(f"{number:06}", f"{number - 1:06}", outcome_of(20, 10, accepted))
        log.add(Entry(50 * number, 900, 900, {"policy": 1.5 / number, "value": 0.5}, 1.0, 0.1, 0.0, 20.0).line())
        folder.add(iteration(number, 100.0 * number))
    log.close()
    page = write_report(tmp_path / "run", tmp_path / "page.html", tmp_path / "pictures").read_text()
    names = ["device-share.svg", "elo.svg", "losses.svg", "where-the-time-went.svg"]
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == names
    assert all(path.read_text() in page for path in (tmp_path / "pictures").iterdir())
    assert page.count("<svg") == 4
    assert not re.search(r'(src|href)="(?!#)', page), "nothing outside the page"
    for words in (
        "Losses",
        "Elo",
        "Where the time went",
        "Device share",
        "3 iterations",
        "2,700 positions",
        "tic_tac_toe",
    ):
        assert words in page
    assert page.count("<tr>") == 4


def test_the_report_draws_the_gpu_where_there_is_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "run")
    Log(tmp_path / "run", 0).close()
    (tmp_path / "run" / LOG).write_text("")
    for number in (1, 2):
        gpu = GpuUse(0, "G", 0.5 * number, 2**30, 2**31, 300.0) if number == 2 else GpuUse(0, "G", 0.5)
        folder.add(msgspec.structs.replace(iteration(number), gpu=gpu))
    kept = folder_of(tmp_path / "run").history
    assert [one.gpu and one.gpu.watts for one in kept] == [None, 300.0]
    page = write_report(tmp_path / "run", tmp_path / "page.html", tmp_path / "pictures").read_text()
    assert "<h2>GPU</h2>" in page
    assert "memory, at most" in (tmp_path / "pictures" / "gpu.svg").read_text()


def test_there_must_be_something_to_report(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no run of learning"):
        write_report(tmp_path / "none", tmp_path / "page.html")
    folder_of(tmp_path / "run")
    with pytest.raises(UserError, match="no iteration is finished yet"):
        write_report(tmp_path / "run", tmp_path / "page.html")


def test_a_log_that_was_cut_short_is_read_up_to_there(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text('{"step": 10}\n{"step": 2')
    log = Log(tmp_path, 10)
    log.close()
    assert (tmp_path / LOG).read_text() == '{"step": 10}\n'
