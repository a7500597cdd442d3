"""What an answer of the analysis protocol says of a net that imitates people, under KataGo's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from protocol.messages import Report
from tests.unit.programs.test_human_policy import child
from zhugo.bridges.analysis.answers import analysis
from zhugo.bridges.analysis.query import Turn, read
from zhugo.bridges.analysis.settings import Settings
from zhugo.shared.local_net import NetRecord

POLICY = np.array([-1.0, 0.1, 0.2, 0.3, 0.4])
HUMAN = NetRecord(
    policy=POLICY, black_win=0.5, white_win=0.25, no_result=0.25, lead=3.0, score=2.5, score_squared=106.25,
    score_deviation=10.0, variance_time=9.0, value_error=0.4, score_error=8.0, ownership=None,
)  # fmt: skip


def turn(**settings: Any) -> Turn:
    query = {
        "id": "q", "rules": "japanese", "boardXSize": 2, "boardYSize": 2, "moves": [["B", "A2"]],
        "includePolicy": True, "overrideSettings": settings,
    }  # fmt: skip
    (found,), warnings = read(query, Settings())
    assert warnings == []
    return found


def report() -> Report:
    return Report(
        request=1, session="s", record=[0], to_play=-1, visits=12, new_visits=12, value=0.0, lead=None, raw_value=0.0,
        raw_lead=None, children=[child(1, 6.0, 0.1), child(3, 4.0, -0.1)], chosen=1, elapsed=0.0, final=True,
        reason="visits", nodes=9, bytes=9, policy=[-1.0, 0.7, 0.1, 0.1, 0.1],
    )  # fmt: skip


@pytest.mark.parametrize(("perspective", "rate", "score"), [("BLACK", 0.625, 2.5), ("SIDETOMOVE", 0.375, -2.5)])
def test_the_human_fields(perspective: str, rate: float, score: float) -> None:
    asked = turn(humanSLProfile="rank_5k", reportAnalysisWinratesAs=perspective)
    assert asked.place.spec["players"] == "rank_5k"
    answer = analysis(asked, report(), HUMAN)
    assert {name: value for name, value in answer["rootInfo"].items() if name.startswith("human")} == {
        "humanWinrate": rate,
        "humanScoreMean": score,
        "humanScoreStdev": 10.0,
        "humanStWrError": 0.2,
        "humanStScoreError": 8.0,
    }
    assert [(info["move"], info["order"], info["humanPrior"]) for info in answer["moveInfos"]] == [
        ("B2", 0, 0.1),
        ("B1", 0, 0.3),
    ]
    assert answer["humanPolicy"] == POLICY.tolist()


def test_people_order_the_moves_as_far_as_they_may() -> None:
    answer = analysis(turn(humanSLProfile="rank_5k", humanSLChosenMoveProp=0.75), report(), HUMAN)
    assert [(info["move"], info["order"]) for info in answer["moveInfos"]] == [("B1", 0), ("B2", 1)]
    assert [info["playSelectionValue"] for info in answer["moveInfos"]] == pytest.approx([3.25, 2.25])


def test_without_such_a_net_there_is_no_such_field() -> None:
    answer = analysis(turn(), report())
    assert "human" not in str(answer)
    assert "players" not in turn().place.spec
