"""The page's modules without a browser: the position at a node, what is looked at, where the tree is drawn."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from games.go.game import Go
from games.go.position import Position
from tests.clients.scripts import run
from tests.daemons import ROOT
from zhugo.web import messages as m
from zhugo.web.openspiel import messages as openspiel

PAGE = ROOT / "zhugo" / "web" / "page"


def game(nodes: list[dict[str, Any]], width: int = 5, height: int = 5) -> dict[str, Any]:
    """A ``Game`` of these nodes, whose parents and children are filled in from each other."""
    for node in nodes:
        node["children"] = [other["node"] for other in nodes if other.get("parent") == node["node"]]
    facts = {"game": "g", "title": "", "rules": "chinese", "komi": 7, "handicap": 0, "about": {}, "notes": []}
    return {"type": "game", **facts, "width": width, "height": height, "root": 0, "nodes": nodes}


def line(moves: list[tuple[int, int]]) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = [{"node": 0}]
    return nodes + [{"node": at, "parent": at - 1, "move": move} for at, move in enumerate(moves, 1)]


PLACES = """(await (async () => {
    const record = new it.GameRecord(given);
    return given.nodes.map(({ node }) => {
        const { stones, toPlay, number, byBlack, byWhite } = record.place(node);
        return { stones: [...stones], toPlay, number, byBlack, byWhite };
    });
})())"""


@pytest.mark.parametrize("size", [5, [4, 7]], ids=["square", "rectangle"])
def test_positions_are_those_of_the_rules(tmp_path: Path, size: Any) -> None:
    go = Go.from_spec({"size": size, "komi": 0.5, "rules": {"ko": "SIMPLE", "suicide": True}})
    some = random.Random(3)
    position = Position(go)
    expected, moves = [position.stones.reshape(-1).tolist()], []
    for _ in range(90):
        legal = [move for move in range(go.points) if position.why_illegal(move) is None]
        move = some.choice(legal) if legal else go.points
        moves.append((position.to_play, move))
        position.play(move)
        expected.append(position.stones.reshape(-1).tolist())
        if position.is_over:
            break
    places = run(tmp_path, "page/record.js", PLACES, game(line(moves), go.width, go.height), PAGE)
    assert [place["stones"] for place in places] == expected
    assert [place["number"] for place in places] == list(range(len(moves) + 1))
    taken = places[-1]["byBlack"] + places[-1]["byWhite"]
    stones = sum(1 for _, move in moves if move < go.points)
    assert taken == stones - sum(map(abs, expected[-1]))
    assert taken > 5


def test_stones_are_set_up_and_taken_away_in_the_middle_of_a_game(tmp_path: Path) -> None:
    nodes: list[dict[str, Any]] = [
        {"node": 0, "black": [6, 7], "white": [12], "to_play": -1},
        {"node": 1, "parent": 0, "move": [-1, 0]},
        {"node": 2, "parent": 1, "empty": [6], "black": [24], "to_play": -1},
        {"node": 3, "parent": 2, "move": [-1, 6]},
    ]
    places = run(tmp_path, "page/record.js", PLACES, game(nodes), PAGE)
    on = [{point: stone for point, stone in enumerate(place["stones"]) if stone} for place in places]
    assert on[0] == {6: 1, 7: 1, 12: -1}
    assert on[2] == {0: -1, 7: 1, 12: -1, 24: 1}
    assert on[3] == {0: -1, 6: -1, 7: 1, 12: -1, 24: 1}
    assert [place["toPlay"] for place in places] == [-1, 1, -1, 1]


def test_what_is_surely_legal(tmp_path: Path) -> None:
    """Black may not take back the ko at point 6 at once, nor fill 24, which has no liberty; where rules differ the
    server is asked.

    . # O . .
    # O . O .
    . # O . .
    . . . . O
    . . . O .
    """
    nodes = [
        {"node": 0, "black": [1, 5, 11], "white": [2, 6, 8, 12, 19, 23], "to_play": 1},
        {"node": 1, "parent": 0, "move": [1, 7]},
        {"node": 2, "parent": 1, "move": [-1, 6]},
    ]
    program = """(await (async () => {
        const record = new it.GameRecord(given);
        return [[0, 7], [1, 6], [0, 24], [0, 1], [0, 25], [0, 26], [2, 7], [2, 0]]
            .map(([node, point]) => record.isSurelyLegal(node, point));
    })())"""
    found = run(tmp_path, "page/record.js", program, game(nodes), PAGE)
    assert found == [True, False, False, False, True, False, False, True]


LOOKING = """(await (async () => {
    const sent = [];
    const looking = new it.Looking((message) => { sent.push(message); return true; });
    looking.open(given);
    const found = [];
    const note = () => found.push(looking.node);
    const at = (node) => looking.arrive({ type: "at", game: "g", node, viewer: null });
    const led = (node) => looking.arrive({ type: "at", game: "g", node, viewer: 7 });
    const change = (nodes, removed = []) =>
        looking.change({ type: "game_changed", game: "g", nodes, removed, about: null });
    %s
    return { found, sent: sent.map(({ type, node, point }) => [type, node, point ?? null]) };
})())"""


def looking(folder: Path, program: str) -> dict[str, Any]:
    given = game(line([(1, 0), (-1, 1), (1, 2), (-1, 3)]))
    return dict(run(folder, "page/looking.js", LOOKING % program, given, PAGE))


def test_a_row_of_keys_is_not_turned_back_by_what_the_server_says_late(tmp_path: Path) -> None:
    done = looking(
        tmp_path,
        "for (const node of [1, 2, 3]) looking.go(node); at(1); note(); at(2); note(); at(3); note(); led(0); note();",
    )
    assert done["found"] == [3, 3, 3, 0]
    assert done["sent"] == [["go", 1, None], ["go", 2, None], ["go", 3, None]]


def test_a_move_shows_at_once_and_gets_its_number_later(tmp_path: Path) -> None:
    done = looking(
        tmp_path,
        """looking.play(9); note(); looking.play(8); note();
        change([{ node: 0, children: [1, 5] }, { node: 5, parent: 0, move: [1, 9] }]); note(); at(5); note();
        change([{ node: 5, parent: 0, move: [1, 9], children: [6] }, { node: 6, parent: 5, move: [-1, 8] }]); at(6);
        note();""",
    )
    assert done["found"] == [-1, -1, -1, -1, 6]
    assert done["sent"] == [["play_move", 0, 9], ["play_move", 5, 8]]


def test_a_move_that_is_refused_is_taken_off_again(tmp_path: Path) -> None:
    done = looking(
        tmp_path,
        """looking.play(9); looking.play(8); looking.fail("play_move"); note();
        found.push(looking.record.children(0), looking.record.place(0).stones[9]); looking.go(1); note();""",
    )
    assert done["found"] == [0, [1], 0, 1]
    assert done["sent"] == [["play_move", 0, 9], ["go", 1, None]]


def test_a_move_that_is_there_is_gone_to_and_one_that_may_be_illegal_waits_for_the_server(tmp_path: Path) -> None:
    done = looking(tmp_path, "looking.play(0); note(); looking.play(0); note(); at(1); note();")
    assert done["found"] == [1, 1, 1]
    assert done["sent"] == [["play_move", 0, 0], ["play_move", 1, 0]]


def test_a_node_that_is_gone_is_left(tmp_path: Path) -> None:
    done = looking(
        tmp_path, "looking.go(4); at(4); change([{ node: 1, parent: 0, move: [1, 0] }], [2, 3, 4]); at(1); note();"
    )
    assert done["found"] == [1]


def test_a_broken_connection_takes_back_what_was_not_confirmed(tmp_path: Path) -> None:
    assert looking(tmp_path, "looking.play(9); looking.break(); note(); at(2); note();")["found"] == [0, 2]


def test_variations_lie_below_each_other_and_never_upon_each_other(tmp_path: Path) -> None:
    """1-2-3-4, with 5-6-7 for 2, 8 for 6, and 9 for 4."""
    parents = {1: 0, 2: 1, 3: 2, 4: 3, 5: 1, 6: 5, 7: 6, 8: 5, 9: 3}
    nodes = [{"node": 0}, *({"node": node, "parent": parent, "move": [1, node]} for node, parent in parents.items())]
    program = "[...it.layOut({ root: 0, children: (node) => given.nodes[node].children }).spots.values()]"
    spots = run(tmp_path, "page/layout.js", program, game(nodes), PAGE)
    drawn = {spot["node"]: (spot["column"], spot["row"]) for spot in spots}
    assert [drawn[node] for node in range(5)] == [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]
    assert drawn[9] == (4, 1)
    assert [drawn[node][0] for node in (5, 6, 7, 8)] == [2, 3, 4, 3]
    assert drawn[5][1] == drawn[6][1] == drawn[7][1] > 1
    assert drawn[8][1] > drawn[5][1]


def test_thousands_of_nodes_are_laid_out_apart(tmp_path: Path) -> None:
    some = random.Random(1)
    nodes = [{"node": 0}]
    for node in range(1, 4000):
        parent = node - 1 if some.random() < 0.9 else some.randrange(node)
        nodes.append({"node": node, "parent": parent, "move": [1, 1]})
    program = """(await (async () => {
        const { spots, columns, rows } = it.layOut({ root: 0, children: (node) => given.nodes[node].children });
        const all = [...spots.values()];
        const isInside = all.every(({ column, row }) => column < columns && row < rows);
        return [all.length, new Set(all.map(({ column, row }) => `${column},${row}`)).size, isInside];
    })())"""
    assert run(tmp_path, "page/layout.js", program, game(nodes), PAGE) == [4000, 4000, True]


def candidate(move: int, visits: int, rate: float, loss: float | None) -> dict[str, Any]:
    return {
        "move": move, "visits": visits, "black_win_rate": rate, "black_lead": 1.26, "prior": 0.2, "loss": loss, "pv": []
    }  # fmt: skip


def test_candidates_say_what_is_asked_for_and_few_visits_say_nothing(tmp_path: Path) -> None:
    found = [candidate(3, 600, 0.543, 0.0), candidate(4, 395, 0.5, 1.24), candidate(5, 5, 0.4, 7.0)]
    program = """given.map(([label, perspective, toPlay, candidates]) =>
        it.discs(candidates, toPlay, { label, perspective, least: 1 })
            .map(({ kind, text, small }) => [kind, text, small]))"""
    without = [{**each, "loss": None} for each in found]
    given = [
        ("rate", "black", 1, found),
        ("rate", "mover", -1, found),
        ("loss", "mover", 1, found),
        ("lead", "white", 1, found),
        ("visits", "mover", 1, found),
        ("loss", "mover", 1, without),
    ]
    assert run(tmp_path, "page/candidates.js", program, given, PAGE) == [
        [["best", "54.3", "600"], ["loss-1", "50.0", "395"]],
        [["best", "45.7", "600"], ["loss-1", "50.0", "395"]],
        [["best", "0.0", "600"], ["loss-1", "−1.2", "395"]],
        [["best", "−1.3", "600"], ["loss-1", "−1.3", "395"]],
        [["best", "600", ""], ["loss-1", "395", ""]],
        [["best", "54.3", "600"], ["loss-2", "50.0", "395"]],
    ]


def test_settings_of_another_kind_are_not_taken(tmp_path: Path) -> None:
    kept = ['{"wood": false, "least": "much", "other": 1}', "nonsense", "[]", "null", None]
    program = "given.map((text) => it.settingsFrom(text)).map(({ wood, least, other }) => [wood, least, other ?? null])"
    assert run(tmp_path, "page/settings.js", program, kept, PAGE) == [[False, 1, None], *[[True, 1, None]] * 4]


def test_a_file_goes_to_the_server_byte_by_byte(tmp_path: Path) -> None:
    data = [*range(256)] * 300
    program = "Buffer.from(it.base64(new Uint8Array(given)), 'base64').equals(Buffer.from(given))"
    assert run(tmp_path, "page/files.js", program, data, PAGE) is True


GO_KINDS = (*m.Told.__args__, m.Node, m.Candidate, m.GameName, m.Viewer, m.ClockLeft, m.Count, m.Judged, m.Phase)
OPENSPIEL_KINDS = (
    openspiel.Welcome, openspiel.Position, openspiel.Analysis, openspiel.Line, openspiel.DotsView, openspiel.NamedMove,
    openspiel.WordsView, openspiel.Played, openspiel.Candidate,
)  # fmt: skip


@pytest.mark.parametrize(
    ("script", "kinds", "asked_for"),
    [("messages.js", GO_KINDS, m.Asked), ("openspiel-messages.js", OPENSPIEL_KINDS, openspiel.Asked)],
    ids=["Go", "OpenSpiel"],
)
def test_the_page_and_the_server_name_their_messages_alike(script: str, kinds: tuple[Any, ...], asked_for: Any) -> None:
    text = (PAGE / script).read_text()
    for kind in kinds:
        names = {field.encode_name for field in msgspec.structs.fields(kind)}
        long = re.search(rf"@typedef \{{object\}} {kind.__name__}\n(.*?)\*/", text, re.DOTALL)
        short = re.search(rf"@typedef \{{\{{(.*?)\}}\}} {kind.__name__} ", text)
        if long:
            stated = set(re.findall(r"@property \{.*\} \[?(\w+)\]?", long[1]))
        else:
            assert short, kind.__name__
            stated = set(re.findall(r"(\w+)\??: ", short[1]))
        assert stated - {"type", "kind"} == names, kind.__name__
    for asked in asked_for.__args__:
        tag = asked.__struct_config__.tag
        (stated_text,) = re.findall(rf'{{type: "{tag}"(.*)}}\n', text)
        stated = set(re.findall(r"(\w+)\??: ", stated_text))
        assert stated == {field.encode_name for field in msgspec.structs.fields(asked)}, tag


def test_every_word_is_in_every_language_and_needed() -> None:
    rows: dict[str, list[str]] = {}
    for file in PAGE.glob("words-*.js"):
        for key, row in re.findall(r'^  (?:"((?:[^"\\]|\\.)*)"|(?:\w+)): \[(.*)\],$', file.read_text(), re.MULTILINE):
            assert key not in rows, f"{key} stands in two tables"
            rows[key] = re.findall(r'"((?:[^"\\]|\\.)*)"', row)
    scripts = "".join(file.read_text() for file in PAGE.glob("*.js") if not file.name.startswith("words"))
    used = set(re.findall(r'word\(\s*"([^"]+)"', scripts))
    assert used - rows.keys() == set()
    assert {key for key, row in rows.items() if len(row) != 4 or not all(row)} == set()
    for key, row in rows.items():
        places = sorted(re.findall(r"\{\w+\}", key))
        assert [sorted(re.findall(r"\{\w+\}", each)) for each in row] == [places] * 4, key
    server = "".join(file.read_text() for file in PAGE.parent.rglob("*.py"))
    assert {key for key in rows if f'"{key}"' not in scripts + server} == set()
