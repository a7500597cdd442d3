"""Nets that imitate people, beside the daemon's or in its place; KataGo's figures are in ``katago_versions.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clients.fake_session import FakeClient, FakeController
from tests.unit import test_katago_versions as versions
from tests.unit.katago_writer import write
from zhugo.bridges.gtp.bridge import commands_of
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.human_play import play_at
from zhugo.bridges.gtp.level import STRONGEST_OF_PEOPLE, Level
from zhugo.bridges.gtp.protocol import Arguments, GtpError
from zhugo.bridges.gtp.settings import Settings
from zhugo.shared.errors import UserError
from zhugo.shared.human_net import imitates_people, opened
from zhugo.shared.human_policy import HumanStyle
from zhugo.shared.local_net import LocalNet

HUMAN, USUAL = "imitates people", "version 17"


def file_of(name: str, directory: Path) -> Path:
    file = directory / f"{name}.bin"
    file.write_bytes(write(versions.SPECS[name]))
    return file


class Table:
    def __init__(self, directory: Path, beside: str | None = None, main: str | None = None) -> None:
        self.client = FakeClient()
        self.engine = Engine(self.client.connect, Settings(10, None, seed=1), FakeController())
        self.engine.net_file = None if main is None else file_of(main, directory)
        self.engine.human_net = None if beside is None else LocalNet(file_of(beside, directory))
        self.commands = commands_of(self.engine)

    def __call__(self, line: str) -> str:
        name, *words = line.split()
        return str(self.commands[name](Arguments(words)))

    def set_up(self, said: dict[str, Any]) -> None:
        sides = said["size"] if isinstance(said["size"], list) else [said["size"]] * 2
        for line in (
            f"rectangular_boardsize {sides[0]} {sides[1]}",
            f"kata-set-rules {said['rules']}",
            f"komi {said['komi']}",
        ):
            self(line)
        for number, vertex in enumerate(said["moves"].split()):
            self(f"play {'bw'[number % 2]} {vertex}")


def read(text: str) -> dict[str, Any]:
    """The lines of an answer; grids as lists."""
    found: dict[str, list[float]] = {}
    name = ""
    for line in text.splitlines():
        words = line.split()
        if words[0][0].isalpha() and words[0] != "NAN":
            name = words.pop(0)
        found.setdefault(name, []).extend(float(word) for word in words)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def compare(told: dict[str, Any], said: dict[str, Any], names: dict[str, str]) -> None:
    """``names``: ours, and those of the figures."""
    for ours, theirs in names.items():
        np.testing.assert_allclose(told[ours], said[theirs], rtol=1e-5, atol=1.5e-3, err_msg=ours)
    policy = [*np.nan_to_num(told["policy"]), told["policyPass"]]
    np.testing.assert_allclose(policy, said["policy"], rtol=0, atol=5e-6)
    np.testing.assert_allclose(told["whiteOwnership"], said["whiteOwnership"], rtol=0, atol=1e-5)


PLAIN = ["whiteWin", "whiteLoss", "noResult", "shorttermWinlossError", "shorttermScoreError"]


def test_raw_outputs_are_all_that_the_net_says(tmp_path: Path) -> None:
    table = Table(tmp_path, main=USUAL)
    said = versions.FIGURES[USUAL]["positions"][0]
    table.set_up(said)
    told = read(table("kata-raw-nn 0"))
    names = [*PLAIN, "whiteLead", "whiteScoreSelfplay", "whiteScoreSelfplaySq", "varTimeLeft"]
    compare(told, said, {name: name for name in names})
    assert [*told] == [
        "symmetry", "whiteWin", "whiteLoss", "noResult", "whiteLead", "whiteScoreSelfplay", "whiteScoreSelfplaySq",
        "varTimeLeft", "shorttermWinlossError", "shorttermScoreError", "policy", "policyPass", "whiteOwnership",
    ]  # fmt: skip


def test_raw_outputs_after_the_end_of_the_game(tmp_path: Path) -> None:
    table = Table(tmp_path, main=USUAL)
    for line in ("boardsize 5", "play b c3", "play w pass", "play b pass"):
        table(line)
    told = read(table("kata-raw-nn 0"))
    assert np.isnan(told["policy"]).sum() == 1
    assert np.nansum(told["policy"]) + told["policyPass"] == pytest.approx(1, abs=1e-4)


def test_of_a_remote_net_what_the_search_knows(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table("boardsize 5")
    assert [*read(table("kata-raw-nn 0"))] == [
        "symmetry", "whiteWin", "whiteLoss", "whiteLead", "policy", "policyPass", "whiteOwnership"
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(4))
def test_raw_outputs_of_the_net_that_imitates_people(tmp_path: Path, number: int) -> None:
    table = Table(tmp_path, beside=HUMAN)
    said = versions.FIGURES[HUMAN]["positions"][number]
    table.set_up(said)
    table(f"kata-set-param humanSLProfile {said['players']}")
    told = read(table("kata-raw-human-nn 0"))
    names = {"whiteScore": "whiteScoreSelfplay", "whiteScoreSq": "whiteScoreSelfplaySq"}
    compare(told, said, names | {name: name for name in PLAIN})
    assert "varTimeLeft" not in told


def test_it_must_be_said_whom_to_imitate(tmp_path: Path) -> None:
    with pytest.raises(GtpError, match="give one with --human-net"):
        Table(tmp_path)("kata-raw-human-nn 0")
    table = Table(tmp_path, beside=HUMAN)
    with pytest.raises(GtpError, match="it is not said whom to imitate"):
        table("kata-raw-human-nn 0")
    with pytest.raises(GtpError, match="humanSLProfile: a profile is rank_ or preaz_"):
        table("kata-set-param humanSLProfile rank_10d")
    table("kata-set-param humanSLProfile preaz_3k_1d")
    assert table("kata-get-param humanSLProfile") == "preaz_3k_1d"
    assert [model["usesHumanSLProfile"] for model in json.loads(table("kata-get-models"))] == [False, True]
    table("kata-set-param humanSLProfile")
    assert table("kata-get-param humanSLProfile") == ""


def test_people_choose_the_moves_as_far_as_they_may(tmp_path: Path) -> None:
    def moves(share: float, profile: str = "rank_5k") -> list[str]:
        table = Table(tmp_path, beside=HUMAN)
        table("boardsize 7")
        for name, value in (("humanSLProfile", profile), ("humanSLChosenMoveProp", share)):
            table(f"kata-set-param {name} {value}")
        return [table(f"genmove {'bw'[number % 2]}") for number in range(4)]

    by_search = moves(0.0)
    assert moves(1.0, profile="") == by_search
    assert moves(1.0) != by_search
    table = Table(tmp_path, beside=HUMAN)
    table("boardsize 7")
    table("kata-set-param humanSLProfile rank_5k")
    policy = np.nan_to_num(read(table("kata-raw-human-nn 0"))["policy"])
    best = int(np.argmax(policy))
    assert moves(1.0)[0] == f"{'ABCDEFG'[best % 7]}{7 - best // 7}"


def test_settings_for_people_want_a_net_that_imitates_them(tmp_path: Path) -> None:
    with pytest.raises(GtpError, match="no net imitates people: give one with --human-net"):
        Table(tmp_path, main=USUAL)("kata-set-param humanSLChosenMoveProp 1")


def test_the_daemons_own_net_is_told_whom_to_imitate(tmp_path: Path) -> None:
    table = Table(tmp_path, main=HUMAN)
    table("boardsize 5")
    table("genmove b")
    assert table.client.session is not None
    assert "players" not in table.client.session.spec
    table("kata-set-param humanSLProfile rank_5k")
    table("kata-set-param humanSLChosenMoveProp 1")
    table("genmove w")
    assert table.client.session.spec["players"] == "rank_5k"
    assert "players" not in table.engine.game.spec()


def test_a_usual_net_is_never_told(tmp_path: Path) -> None:
    table = Table(tmp_path, main=USUAL)
    table("kata-set-param humanSLProfile rank_5k")
    table("genmove b")
    assert table.client.session is not None
    assert "players" not in table.client.session.spec


def test_a_level_is_people_of_that_rank() -> None:
    settings = Settings(200, None)
    play_at(settings, Level.parse("9d", STRONGEST_OF_PEOPLE))
    assert (settings.profile, settings.visits, settings.human) == ("rank_9d", 40, HumanStyle(1.0, ignores_pass=True))
    assert (settings.temperature_at(0, 361), settings.temperature) == (0.85, 0.70)


def test_a_file_without_a_net_is_refused_in_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.bin"
    bad.write_text("nothing")
    with pytest.raises(UserError, match=r"--human-net: net .*bad\.bin: no net"):
        opened(bad)
    assert opened(None) is None
    assert not imitates_people(bad)
    assert imitates_people(file_of(HUMAN, tmp_path))
    assert not imitates_people(file_of(USUAL, tmp_path))
