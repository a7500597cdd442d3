"""What a review makes of the reports on every position of a game."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sgfmill import sgf

from games.go import sgf as go_sgf
from games.go.sgf import GameRecord
from protocol.messages import Limits
from zhugo.review.annotate import annotate
from zhugo.review.as_json import review_as_json
from zhugo.review.move_costs import Candidate, MoveReview, Position, biggest_mistakes, review_moves
from zhugo.review.plot import draw
from zhugo.review.positions import Work
from zhugo.review.report import Review, Target, write_files
from zhugo.review.summary import summarise
from zhugo.review.table import mistakes_table, players_table
from zhugo.shared import records

GAME = b"(;GM[1]FF[4]SZ[9]KM[7]PB[Ann]PW[Bob]RE[B+R]C[A game];B[ee];W[gc](;B[cg]C[old];W[gg])(;B[cc]))"
VERTICES = ("E5", "G7", "C3", "G3")


def _position(win_rate: float, lead: float | None, best: int) -> Position:
    candidate = Candidate(best, 30, win_rate, lead, 0.4, (best, 0, 81))
    other = Candidate(80, 10, win_rate - 0.01, None if lead is None else lead - 0.5, 0.1, (80,))
    return Position(win_rate, lead, 50, (candidate, other))


def _game() -> GameRecord:
    return go_sgf.parse(GAME)


def _positions() -> list[Position]:
    return [
        _position(0.50, 0.0, 40),
        _position(0.50, 0.0, 20),
        _position(0.62, 2.0, 10),  # White's first move cost 12 %
        _position(0.30, -9.0, 60),  # Black's second move cost 32 % and 11 points
        _position(0.31, -8.9, 1),
    ]


def _reviews() -> list[MoveReview]:
    return review_moves(_positions(), records.moves(_game()))


def test_moves_carry_their_players() -> None:
    assert [(player, _game().game.vertex(move)) for player, move in records.moves(_game())] == [
        (1, "E5"),
        (-1, "G7"),
        (1, "C3"),
        (-1, "G3"),
    ]


def test_a_loss_is_seen_from_the_player_who_moved() -> None:
    losses = [(round(review.rate_loss, 2), round(review.point_loss or 0.0, 1)) for review in _reviews()]
    assert losses == [(0.0, 0.0), (0.12, 2.0), (0.32, 11.0), (0.0, 0.0)]


def test_the_search_s_own_choice_costs_nothing() -> None:
    best = [_position(0.5, 0.0, 40), _position(0.1, -20.0, 0)]
    (review,) = review_moves(best, [(1, 40)])
    assert (review.rate_loss, review.point_loss, review.better) == (0.0, 0.0, None)


def test_the_costliest_come_first_and_trifles_not_at_all() -> None:
    assert [review.number for review in biggest_mistakes(_reviews(), 10)] == [3, 2]
    assert [review.number for review in biggest_mistakes(_reviews(), 1)] == [3]


def test_a_decided_game_is_judged_by_points() -> None:
    lost = [_position(0.01, -40.0, 1), _position(0.01, -48.0, 2)]
    assert [review.number for review in biggest_mistakes(review_moves(lost, [(1, 40)]), 10)] == [1]


def test_a_game_has_one_position_more_than_moves() -> None:
    with pytest.raises(ValueError, match="one position more"):
        review_moves(_positions()[:-1], records.moves(_game()))


def test_the_annotated_game_reads_back_with_what_guis_show() -> None:
    vertex = _game().game.vertex
    text = annotate(GAME, _positions(), _reviews(), vertex, "ZhuGo, a net")
    game = sgf.Sgf_game.from_bytes(text)
    nodes = game.get_main_sequence()
    assert [node.get_move() for node in nodes] == [
        node.get_move() for node in sgf.Sgf_game.from_bytes(GAME).get_main_sequence()
    ]
    assert nodes[0].get("C").splitlines()[:2] == ["A game", "B 50.0 %, B+0.0  (50 visits)"]
    assert "Reviewed by ZhuGo, a net." in nodes[0].get("C")
    assert nodes[2].get_raw("SBKV") == b"62.00"
    assert nodes[3].get("V") == -9.0
    assert nodes[2].get("BM") == 1
    assert nodes[3].get("BM") == 2
    assert nodes[3].get("HO") == 1
    assert nodes[3].get("C").splitlines()[0] == "Blunder: -32.0 % win rate, -11.0 points. Better: B8."
    assert nodes[3].get("C").splitlines()[1] == "old"


def test_a_net_without_leads_leaves_points_out(tmp_path: Path) -> None:
    positions = [replace(position, lead=None) for position in _positions()]
    reviews = review_moves(positions, records.moves(_game()))
    assert [review.point_loss for review in reviews] == [None] * 4
    assert [review.number for review in biggest_mistakes(reviews, 10)] == [3, 2]
    nodes = sgf.Sgf_game.from_bytes(
        annotate(GAME, positions, reviews, _game().game.vertex, "ZhuGo")
    ).get_main_sequence()
    assert not any(node.has_property("V") for node in nodes)
    assert nodes[3].get("C").splitlines()[0] == "Blunder: -32.0 % win rate. Better: B8."
    assert nodes[0].get("C").splitlines()[1] == "B 50.0 %  (50 visits)"
    document = review_as_json({}, range(5), positions, reviews, [], _game().game.vertex, summarise(reviews, 9, 9))
    assert document["positions"][0]["lead"] is None
    assert document["moves"][0]["point_loss"] is None
    json.dumps(document, allow_nan=False)
    assert document["summary"]["black"]["mean_point_loss"] is None
    assert list(players_table(summarise(reviews, 9, 9)).columns[3].cells) == ["–", "–"]
    assert list(mistakes_table(reviews, _game().game.vertex).columns[5].cells) == ["–"] * 4
    draw(tmp_path / "graph.png", "A game", range(5), positions, reviews, _game().game.vertex)
    assert (tmp_path / "graph.png").stat().st_size > 1000


def test_a_better_line_is_a_variation_beside_the_move() -> None:
    text = annotate(GAME, _positions(), _reviews(), _game().game.vertex, "ZhuGo")
    parent = sgf.Sgf_game.from_bytes(text).get_main_sequence()[2]
    played, old_variation, better = parent
    assert (played.get_move()[0], old_variation.get_move()[0], better.get_move()[0]) == ("b", "b", "b")
    assert better.get("C").startswith("Better: B8")
    line = [better, better[0], better[0][0]]
    assert [node.get_move() for node in line] == [("b", (7, 1)), ("w", (8, 0)), ("b", None)]


def test_a_comment_in_another_encoding_than_the_file_s_is_no_obstacle() -> None:
    game = "(;CA[UTF-8]SZ[9]C[caf\xe9];B[ee])".encode("latin-1")
    positions = [_position(0.5, 0.0, 40), _position(0.5, 0.0, 20)]
    reviews = review_moves(positions, [(1, 40)])
    text = annotate(game, positions, reviews, _game().game.vertex, "ZhuGo")
    comment = sgf.Sgf_game.from_bytes(text).get_root().get("C").splitlines()
    assert (comment[0], comment[1][:8]) == ("café", "B 50.0 %")


def _page(_review: Review, data: bytes, number: int, by: str) -> bytes:
    return f"{len(data)} {number} {by}".encode()


def test_the_files_of_a_review(tmp_path: Path) -> None:
    review = Review.of(_game(), _positions())
    about = {"file": "game.sgf", "net": "a net"}
    written = write_files(review, GAME, 0, Target(tmp_path / "out", "game"), about, _page)
    assert [path.name for path in written] == ["game.sgf", "game.html", "game.png", "game.json"]
    assert sorted((tmp_path / "out").iterdir()) == sorted(written)
    assert written[1].read_text() == f"{len(GAME)} 0 ZhuGo, a net"
    assert written[2].read_bytes().startswith(b"\x89PNG")
    document = json.loads(written[3].read_text())
    assert document["schema"] == "zhugo-review-1"
    assert document["biggest_mistakes"] == [3, 2]
    assert [move["move"] for move in document["moves"]] == list(VERTICES)
    assert document["moves"][2] == {
        "number": 3,
        "player": "black",
        "move": "C3",
        "win_rate_loss": 0.32,
        "point_loss": 11.0,
        "better": "B8",
    }
    assert document["positions"][0]["candidates"][0]["pv"] == ["E5", "A9", "pass"]


def test_the_table_has_a_row_for_every_mistake() -> None:
    review = Review.of(_game(), _positions())
    assert mistakes_table(review.mistakes, review.vertex).row_count == 2


SEGMENTED = b"(;SZ[9]KM[7];B[ee];W[ec];AB[gg]AW[cc]AE[ee];B[dd])"


def test_moves_are_numbered_over_stones_that_are_set_up() -> None:
    record = go_sgf.parse(SEGMENTED)
    positions = [_position(rate, None, 80) for rate in (0.5, 0.5, 0.3, 0.9, 0.2)]
    review = Review.of(record, positions)
    assert (review.segments, review.numbers) == ([2, 1], [0, 1, 2, 2, 3])
    assert [(one.number, one.player, round(one.rate_loss, 1)) for one in review.moves] == [
        (1, 1, 0),
        (2, -1, 0),
        (3, 1, 0.7),
    ]
    text = annotate(SEGMENTED, positions, review.moves, review.vertex, "ZhuGo", review.segments)
    nodes = sgf.Sgf_game.from_bytes(text).get_main_sequence()
    assert [node.get_raw("SBKV") for node in nodes] == [b"50.00", b"50.00", b"30.00", b"90.00", b"20.00"]
    assert nodes[3].get_setup_stones() == ({(2, 6)}, {(6, 2)}, {(4, 4)})


def test_a_segment_that_begins_beside_its_move_has_no_node_for_its_first_position() -> None:
    game = b"(;SZ[9];B[ee];AW[cc]W[gg];B[dd])"
    positions = [_position(rate, None, 80) for rate in (0.5, 0.4, 0.9, 0.3, 0.2)]
    review = Review.of(go_sgf.parse(game), positions)
    text = annotate(game, positions, review.moves, review.vertex, "ZhuGo", review.segments)
    nodes = go_sgf.trees(text)
    rates = []
    while nodes:
        rates.append(nodes[0].first("SBKV"))
        nodes = nodes[0].children[:1]
    assert rates == ["50.00", "40.00", "30.00", "20.00"]


def test_whatever_it_was_in_it_comes_out_in_utf_8() -> None:
    game = "(;SZ[9]PB[黒番表]C[ソ];B[ee];W[gc])".encode("cp932")
    positions = [_position(0.5, None, 80)] * 3
    review = Review.of(go_sgf.parse(game), positions)
    text = annotate(game, positions, review.moves, review.vertex, "ZhuGo")
    back = sgf.Sgf_game.from_bytes(text)
    assert (back.get_charset(), back.get_player_name("b")) == ("UTF-8", "黒番表")
    assert back.get_root().get("C").startswith("ソ\nB 50.0 %")


def test_a_rectangle_and_a_game_of_a_collection_are_annotated() -> None:
    games = b"(;SZ[9];B[aa])(;SZ[5:7];B[eg];W[aa])"
    positions = [_position(0.5, None, 34)] * 3
    record = go_sgf.parse_all(games)[1]
    assert isinstance(record, GameRecord)
    review = Review.of(record, positions)
    text = annotate(games, positions, review.moves, review.vertex, "ZhuGo", review.segments, 1).decode()
    assert "SZ[5:7]" in text
    assert "LB[eg:A]" in text


def test_names_of_east_asia_are_drawn_without_a_word(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    draw(tmp_path / "graph.png", "柯洁 – 이세돌", range(5), _positions(), _reviews(), _game().game.vertex)
    assert [str(warning.message) for warning in recwarn] == []


def test_the_passes_that_end_a_game_are_judged_by_what_came_before() -> None:
    """Stones that the players hold for dead make a search count otherwise, and expect another answer to a pass."""
    work = Work(go_sgf.parse(b"(;SZ[9]KM[7];B[ee];W[];B[])"), Limits(visits=50))
    played, passed, ended = _position(0.6, 4.0, 10), _position(0.99, 40.0, 11), _position(0.01, -40.0, 12)
    for number, position in enumerate((_position(0.5, 0.0, 40), played, passed)):
        work.take(number, position, is_over=False)
    work.take(3, ended, is_over=True)
    agreed = replace(passed, win_rate=0.6, lead=4.0)
    assert [work.positions[number] for number in (1, 2, 3)] == [played, agreed, replace(agreed, candidates=())]
    reviews = review_moves([work.positions[number] for number in range(4)], records.moves(work.record))
    assert [review.point_loss for review in reviews[1:]] == [0.0, 0.0]
