"""Games between nets: paired openings, changed sides, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import games
from protocol.messages import Report
from tests.unit.learning.training.played import GO, TIC_TAC_TOE
from zhugo.learning.training.net import dump, new_net
from zhugo.learning.training.plan import Shape
from zhugo.shared.errors import UserError
from zhugo.strength.arena.contest import Contest, GamePool, Outcome, decide
from zhugo.strength.arena.engine import Engine, Search
from zhugo.strength.arena.openings import opening, positions_after
from zhugo.strength.arena.pairs import play_pairs
from zhugo.strength.arena.plan import Arena
from zhugo.strength.arena.ratings import Ratings
from zhugo.strength.elo import elo

KINDS = pytest.mark.parametrize("kind", [GO, TIC_TAC_TOE], ids=["go", "tic_tac_toe"])


def net_in(path: Path, kind: tuple[str, dict[str, Any]], seed: int) -> Path:
    """A small net with random weights, as a file."""
    path.write_bytes(dump(*new_net(games.load(*kind), Shape(blocks=1, filters=8), seed)))
    return path


def search_of(kind: tuple[str, dict[str, Any]], visits: int) -> Search:
    """A small search."""
    return Search(*kind, visits=visits, at_once=8, device="torch", precision="f32")


@KINDS
def test_openings_are_legal_unfinished_and_of_every_length(kind: tuple[str, dict[str, Any]]) -> None:
    game = games.load(*kind)
    records = [opening(game, 4, seed=1, number=number) for number in range(60)]
    assert {len(record) for record in records} == {0, 1, 2, 3, 4}
    assert not positions_after(game, records).terminal.any()
    assert records == [opening(game, 4, seed=1, number=number) for number in range(60)]
    assert records != [opening(game, 4, seed=2, number=number) for number in range(60)]


def test_an_opening_never_ends_the_game() -> None:
    game = games.load(*TIC_TAC_TOE)
    records = [opening(game, 9, seed=1, number=number) for number in range(60)]
    assert not positions_after(game, records).terminal.any()
    assert max(map(len, records)) >= 7


class Watched:
    """An engine that keeps what it was asked."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.asked: list[tuple[int, list[int]]] = []

    def search(self, records: Mapping[int, Sequence[int]]) -> dict[int, Report]:
        self.asked += [(place, list(record)) for place, record in records.items()]
        return self.engine.search(records)

    def forget(self) -> None:
        self.engine.forget()


def test_both_games_of_a_pair_begin_alike_and_the_sides_change(tmp_path: Path) -> None:
    game = games.load(*TIC_TAC_TOE)
    with Engine(net_in(tmp_path / "net", TIC_TAC_TOE, 1), search_of(TIC_TAC_TOE, 20)) as engine:
        new, old = Watched(engine), Watched(engine)
        scores = play_pairs(new, old, game, Arena(opening_plies=3), 1, range(10))  # type: ignore[arg-type]
    # one net against itself: what one game wins the other loses
    assert [sum(pair) for pair in scores] == [1.0] * 10
    assert len({*scores}) > 1
    for watched, first in ((new, 1), (old, -1)):
        for place, record in watched.asked:
            assert record[: len(record)][: len(opening(game, 3, 1, place // 2))] == opening(game, 3, 1, place // 2)
            to_play = int(positions_after(game, [record]).to_play[0])
            assert to_play == (first if place % 2 == 0 else -first)


@pytest.mark.parametrize(("kind", "drawn"), [(GO, False), (TIC_TAC_TOE, True)], ids=["go", "tic_tac_toe"])
def test_a_game_that_is_cut_off_is_counted_if_it_can_be(
    tmp_path: Path, kind: tuple[str, dict[str, Any]], drawn: bool
) -> None:
    arena = Arena(opening_plies=0, max_moves=4)
    with Engine(net_in(tmp_path / "net", kind, 1), search_of(kind, 2)) as engine:
        scores = play_pairs(engine, engine, games.load(*kind), arena, 1, range(2))
    # White wins on an almost empty board, by the komi
    assert scores == ([(0.5, 0.5)] * 2 if drawn else [(0.0, 1.0)] * 2)


def test_a_searcher_of_many_visits_beats_one_of_few(tmp_path: Path) -> None:
    net = net_in(tmp_path / "net", TIC_TAC_TOE, 1)
    with Engine(net, search_of(TIC_TAC_TOE, 300)) as strong, Engine(net, search_of(TIC_TAC_TOE, 2)) as weak:
        scores = play_pairs(strong, weak, games.load(*TIC_TAC_TOE), Arena(opening_plies=2), 1, range(10))
    assert sum(map(sum, scores)) >= 15


@KINDS
def test_a_net_is_no_better_than_itself(tmp_path: Path, kind: tuple[str, dict[str, Any]]) -> None:
    net = net_in(tmp_path / "net", kind, 1)
    heard: list[int] = []
    arena = Arena(games=200, opening_plies=3, at_once=8)
    with GamePool(1) as pool:
        outcome = decide(Contest(net, net, search_of(kind, 2), arena, seed=1), pool, heard.append)
    assert outcome.verdict == "refused"
    assert outcome.elo.score == 0.5
    assert heard == [4, 8, 12, 16, 20, 24]


@pytest.mark.parametrize("gpus", [(), (0, 1)])
def test_two_processes_play_what_one_does(
    tmp_path: Path, gpus: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    new, old = net_in(tmp_path / "new", TIC_TAC_TOE, 1), net_in(tmp_path / "old", TIC_TAC_TOE, 2)
    arena = Arena(games=24, opening_plies=3, accept=0.0, at_once=8)
    contest = Contest(new, old, search_of(TIC_TAC_TOE, 10), arena, seed=1)
    with GamePool(1) as here, GamePool(2, gpus) as there:
        one, two = decide(contest, here), decide(contest, there)
    assert one == two
    assert len(one.pairs) == 12


def outcome_of(wins: int, losses: int, accepted: bool) -> Outcome:
    """Games in pairs that were won, and pairs that were lost."""
    pairs = [(1.0, 1.0)] * (wins // 2) + [(0.0, 0.0)] * (losses // 2)
    strength = elo([game for pair in pairs for game in pair])
    assert strength is not None
    return Outcome(tuple(pairs), "accepted" if accepted else "refused", 3.0, strength)


def test_nets_are_not_compared_where_no_net_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="makes its answers up"):
        Engine(tmp_path / "none", Search(*TIC_TAC_TOE, visits=2, at_once=2, device="emulated"))


def test_elo_adds_up_from_net_to_net(tmp_path: Path) -> None:
    ratings = Ratings(tmp_path / "elo.json")
    assert ratings.of("0000") == 0.0
    first = ratings.add("0001", "0000", outcome_of(30, 10, accepted=True))
    assert (first.elo, first.wins, first.draws, first.losses) == (pytest.approx(190.8, abs=0.1), 30, 0, 10)
    ratings.add("0002", "0001", outcome_of(10, 30, accepted=False))
    third = Ratings(tmp_path / "elo.json").add("0003", "0001", outcome_of(20, 20, accepted=False))
    assert third.elo == pytest.approx(first.elo)
    assert [rating.new for rating in Ratings(tmp_path / "elo.json").history] == ["0001", "0002", "0003"]


def test_a_history_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "elo.json").write_text("{}")
    with pytest.raises(UserError, match="Elo history"):
        Ratings(tmp_path / "elo.json")
