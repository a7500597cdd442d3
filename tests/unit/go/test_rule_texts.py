"""Rules in KataGo's short form, and komi beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from games.game import GameError
from games.go.rules import NAMED, Rules, parse, with_komi

AREA = Rules("SIMPLE", "AREA", "NONE", friendlyPassOk=False)
BY_HAND: dict[str, Rules] = {
    "koSIMPLEscoreAREAtaxNONEsui0": AREA,
    "koPOSITIONALscoreAREAtaxNONEsui1": NAMED["tromp-taylor"],
    "koSITUATIONALscoringAREAtaxALLsui0fpok1": Rules("SITUATIONAL", "AREA", "ALL"),
    "koSIMPLEscoreTERRITORYtaxSEKIsui0": NAMED["japanese"],
    "koSIMPLEscoreTERRITORYtaxALLsui0": NAMED["ancient-territory"],
    "koSIMPLEscoreAREAtaxNONEsui0whbN": replace(AREA, whiteHandicapBonus="N"),
    "koSIMPLEscoreAREAtaxNONEsui0whbN-1": replace(AREA, whiteHandicapBonus="N-1"),
    "koSIMPLEscoreAREAtaxNONEsui0whb0": AREA,
    "koSIMPLEscoreAREAtaxNONEsui0button1": replace(AREA, hasButton=True),
    # what is left out is tromp-taylor's, and the tax that of the scoring; the order is free, and space
    "sui0": replace(NAMED["tromp-taylor"], suicide=False),
    "scoreTERRITORY": Rules("POSITIONAL", "TERRITORY", "SEKI", suicide=True, friendlyPassOk=False),
    " sui 0 tax NONE  score AREA ko SIMPLE ": AREA,
    "koSIMPLEkoPOSITIONAL": NAMED["tromp-taylor"],
}


@pytest.mark.parametrize(("text", "rules"), BY_HAND.items())
def test_the_short_form_is_read(text: str, rules: Rules) -> None:
    assert parse(text) == rules


@pytest.mark.parametrize("name", NAMED)
def test_rules_are_written_by_their_name_or_in_the_short_form(name: str) -> None:
    assert parse(NAMED[name].as_text()) == NAMED[name]
    other = replace(NAMED[name], tax="ALL", whiteHandicapBonus="N-1", friendlyPassOk=True)
    assert parse(other.as_text()) == other


def test_what_katago_writes() -> None:
    assert replace(NAMED["chinese"], tax="SEKI").as_text() == "koSIMPLEscoreAREAtaxSEKIsui0whbNfpok1"
    assert NAMED["japanese"].as_text() == "japanese"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "koSIMPLE scoreAREA and so on",
        "kosimplescoreareataxnonesui0",
        "koNONE",
        "sui2",
        "koSIMPLEscoreAREAtaxNONEsui0komi7.5",  # komi is no rule
        "koSPIGHTscoreAREAtaxNONEsui0",  # which no search here plays by
        "scoreTERRITORYbutton1",
    ],
)
def test_what_is_none_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(GameError) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "scoring", "tax"),
    [
        ("ancient-territory", "TERRITORY", "ALL"),
        ("ancientterritory", "TERRITORY", "ALL"),
        ("Ancient_Territory", "TERRITORY", "ALL"),
        ("ancient-area", "AREA", "ALL"),
        ("ancient area", "AREA", "ALL"),
        ("ancientarea", "AREA", "ALL"),
    ],
)
def test_the_rules_of_old(name: str, scoring: str, tax: str) -> None:
    rules = parse(name)
    assert (rules.ko, rules.scoring, rules.tax, rules.suicide) == ("SIMPLE", scoring, tax, False)
    assert rules.friendlyPassOk == (scoring == "AREA")


@pytest.mark.parametrize(
    ("rules", "name", "komi"),
    [
        ("koSIMPLEscoreTERRITORYtaxSEKIsui0komi5.5", "japanese", 5.5),
        ("komi-3koSIMPLEscoreTERRITORYtaxSEKIsui0", "japanese", -3.0),
        ("koSIMPLEscoreTERRITORYtaxSEKIsui0", "japanese", 6.5),
        ({"komi": 0}, "tromp-taylor", 0.0),
        ({}, "tromp-taylor", 7.5),
        ("aga-button", "aga-button", 7.0),
    ],
)
def test_komi_may_stand_beside_the_rules_of_a_query(rules: Any, name: str, komi: float) -> None:
    assert with_komi(rules) == (NAMED[name], komi)


@pytest.mark.parametrize("rules", [{"komi": "5"}, {"komi": None}, {"komi": True}, "komi", "komi1e2koSIMPLE"])
def test_and_is_a_number(rules: Any) -> None:
    with pytest.raises(GameError):
        with_komi(rules)
