"""Which stones live at the end of a game, on drawn boards; scores counted by hand, komi 0, and the same as GNU Go's.

Where GNU Go's Chinese score differs it has filled a dame first, which the board as it stands leaves to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sgfmill import boards

from games.go import life
from games.go.game import Go
from games.go.life import Fate, Judgement
from games.go.position import Position
from games.go.rules import NAMED
from tests.unit.go.drawn import Drawn

SEKI = """
. X X X . O X . .
O O O O O O X . .
X X X X X X X . .
. . . . . . . . .
X X X X X X X X X
O O O O O O O O O
. . . . . . . . .
O O O O . O O O O
. . . . . . . . .
"""
"""The three black stones at the top and White's seven share two liberties."""

BENT_FOUR = """
X X . O X . .
X O O O X . X
. O X X X X .
O O X . X . X
X X X . X X X
. X . X . . .
X . X X . X .
"""
"""White can start nothing; Black can, and White takes a bent four in the corner."""

NAKADE = """
. X . O X . .
O O O O X . .
X X X X X . .
. . . . X X X
X X X X X O O
O O O O O O .
. O . . . . O
"""

HANE = """
. O X . X X . . .
O O X X X . . . .
O X O O X . X . .
. X X O X . . . .
X X O O X X X X X
O O O . O O O O O
. . O O O . . . .
. . . . . . O . .
. . . . . . . . .
"""

ENDINGS = {
    # name: (drawing, Japanese, Chinese, a stone of every chain that is dead)
    "seki of two shared liberties": (SEKI, "W+4", "W+7", ""),
    "an eye each, and two shared liberties": (". X X . O .\nX X X . O O", "0", "B+2", ""),
    "an eye against none": (". X . O\nX X . O", "B+7", "B+8", "D2"),
    "no room for two eyes": (". X O . .\n. X O . .\n. X O O O\n. X X X O\n. . . X O", "B+25", "B+25", "C5"),
    "a dead stone in each territory": (
        ". . X O . .\n. O X O . .\n. . X O X .\nX X X O O O\n. X . X O .\n. . X X O .",
        "B+2",
        "B+4",
        "B5 E4",
    ),
    "two dead in a corner": ("O O X . .\n. X X . .\nX X O O O\n. X O . O\nX X O O .", "B+4", "B+3", "A5"),
    "bent four in the corner": (BENT_FOUR, "B+31", "B+49", "D7"),
    "no bent four where there is room": (
        "O O . O . O X\n. O O O O O X\n. . O X X X X\nO O O X . . .\nX X X X . . .\n. . . . . . .\n. . . . . . .",
        "B+15",
        "B+13",
        "",
    ),
    "two one-point eyes each and a row of dame": (
        ". X . X . O .\nX X . X . O O\n. X X X . O .\nX X . X . O O\n. X . X . O .\nX X X X . O O\n. . . X . O .",
        "B+6",
        "B+14",
        "",
    ),
    "one dame": (". X . O .\n. X O O .\n. X X O O\n. . X O .\n. . X O .", "B+3", "B+2", ""),
    "a stone inside three points": (NAKADE, "B+16", "B+17", "D7"),
    "a stone in the middle of three": (
        ". X . O X . .\nO O O O X . .\nX X X X X . .\n. . . . X . .\nX X X X X . .\nO O O O X X X\n. O . O O O O",
        "B+24",
        "B+27",
        "D7",
    ),
    "four in a square": (
        ". . O X . . .\n. . O X . . .\nO O O X . . .\nX X X X . . .\n. . . X . . .\n. . . X . . .\n. . . X . . .",
        "B+44",
        "B+49",
        "C7",
    ),
    "four in a row": (
        ". . . . O X .\nO O O O O X .\nX X X X X X .\n. . . . . . .\n. . . . . . .\n. . . . . . .\n. . . . . . .",
        "B+27",
        "B+29",
        "",
    ),
    "a race, one liberty behind": (
        ". X O X O . .\n. X O X O . .\n. X O X O . .\n. X . X O . .\n. X X . O . .\n. . X X O . .\n. . . X O . .",
        "B+3",
        "B+6",
        "C7",
    ),
    "a cut stone beside a seki-like corner": (HANE, "W+21", "W+23", "B7"),
    "one open point between territories": (". X . O .\n. X . O .\n. X . O .\n. X X O .\n. . . O .", "B+1", "B+1", ""),
    "one open point at the edge": (
        ". . X O . . .\n. . X O . . .\n. . X O . . .\n. . X X O O .\n. . . X O . .\n. . . X O . .\n. . . . O . .",
        "B+1",
        "0",
        "",
    ),
    "nothing": (". . .\n. . .\n. . .", "0", "0", ""),
    "an eye less than all": (". X\nX X", "W+3", "W+3", "B2"),
}

FIRST = {
    # name: (drawing, Chinese when Black moves, and when White does, a stone of each chain that depends on it)
    "a false eye": (
        ". X O X X . .\nX O O O X . .\nO O . O X X X\nX O O X X . .\nX X X . X . .\n. . X X X . .\n. . . . . . .",
        "B+49",
        "B+23",
        {"B7"},
    ),
    "a stone in atari": (". . X O .\n. . X O .\n. X O O .\n. X X O O\n. . X X O", "B+25", "B+5", {"D5"}),
}


def fates(judgement: Judgement, fate: Fate) -> set[str]:
    vertex = judgement.position.game.vertex
    return {vertex(chain.points[0]) for chain in judgement.chains if chain.fate is fate}


def thoughts(points: int) -> list[Sequence[float] | None]:
    """What nets that have no idea may say."""
    return [None, [0.25] * points, [-0.25] * points]


@pytest.mark.parametrize("name", ENDINGS)
def test_endings(name: str) -> None:
    drawing, japanese, chinese, dead = ENDINGS[name]
    for rules, score in (("japanese", japanese), ("chinese", chinese)):
        position = Drawn(drawing, rules=rules).position
        for ownership in thoughts(position.game.points):
            judgement = life.judge(position, ownership)
            assert judgement.score == score
            assert fates(judgement, Fate.DEAD) == set(dead.split())


@pytest.mark.parametrize("name", FIRST)
def test_what_depends_on_who_moves_is_unsure(name: str) -> None:
    drawing, black_first, white_first, chains = FIRST[name]
    for to_play, score in (("black", black_first), ("white", white_first)):
        judgement = life.judge(Drawn(drawing, to_play=to_play).position, None)
        assert judgement.score == score
        assert chains <= {judgement.position.game.vertex(chain.points[0]) for chain in judgement.unsure}
        assert judgement.decided_for(1).lead > judgement.decided_for(-1).lead


def test_the_sides_of_a_seki_are_named() -> None:
    judgement = life.judge(Drawn(SEKI).position, None)
    assert fates(judgement, Fate.SEKI) == {"B9", "F9"}
    assert [chain.sure for chain in judgement.chains[:2]] == [True, True]


def test_a_zone_too_large_to_search_is_decided_by_what_is_thought() -> None:
    drawn = Drawn("\n".join([". . . . . . . . ."] * 4 + [". . . . X . . . ."] + [". . . . . . . . ."] * 4))
    for thought, fate, sure in ((0.9, Fate.ALIVE, True), (0.2, Fate.ALIVE, False), (-0.5, Fate.DEAD, False)):
        (chain,) = life.judge(drawn.position, [thought] * 81).chains
        assert (chain.fate, chain.sure) == (fate, sure)


def turned(drawing: str, symmetry: int, swapped: bool) -> str:
    grid = np.array([row.split() for row in drawing.strip().splitlines()])
    grid = np.rot90(grid, symmetry % 4)
    grid = grid.T if symmetry >= 4 else grid
    text = "\n".join(" ".join(row) for row in grid)
    return text.translate(str.maketrans("XO", "OX")) if swapped else text


FEW_TURNED = ("seki of two shared liberties", "bent four in the corner", "a stone inside three points")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in FEW_TURNED else [pytest.mark.long]) for name in ENDINGS]
)
def test_it_does_not_matter_how_the_board_is_turned(name: str) -> None:
    drawing, japanese, *_ = ENDINGS[name]
    for symmetry in range(8):
        for swapped in (False, True):
            position = Drawn(turned(drawing, symmetry, swapped), rules="japanese").position
            score = japanese.translate(str.maketrans("BW", "WB")) if swapped else japanese
            assert life.judge(position, None).score == score


OPEN = """
. . . . . O .
. O O O O O .
O O X X X O .
X X X . X O O
. X . . X X O
. . . . . X O
. . . . . . O
"""
"""Black's wall is open at the lower right."""


def test_an_open_region_is_whose_wall_is_around_it() -> None:
    for ownership in (None, [0.0] * 49):
        judgement = life.judge(Drawn(OPEN).position, ownership)
        # Black 11 stones and 14 points, White 14 stones and 9, and F1 is nobody's
        assert (judgement.score, judgement.has_open_land) == ("B+2", True)
    # by the letter all 15 points are nobody's
    assert Drawn(OPEN).position.final_score([]) == "W+12"


def test_open_land_goes_to_whom_a_search_gives_it() -> None:
    drawn = Drawn("\n".join([". . X . . . O . ."] * 9))
    assert life.judge(drawn.position, None).lead == 0
    ownership = np.tile([1, 1, 1, 1, 1, -1, -1, -1, -1], 9).tolist()
    # four columns are Black's, three White's; the two where their claims meet are nobody's
    assert life.judge(drawn.position, ownership).lead == 36 - 27


@pytest.mark.parametrize("rules", sorted(NAMED))
def test_the_list_and_the_score_agree_over_random_endings(rules: str) -> None:
    for seed in range(6):
        position = played_out(rules, np.random.default_rng(seed))
        if NAMED[rules].takes_dead_off:
            judgement = life.judge(position, None, nodes=100_000)
        else:
            judgement = life.as_it_stands(position)
        listed = [judgement.points(fate) for fate in Fate]
        assert sorted(p for points in listed for p in points) == np.flatnonzero(position.stones).tolist()
        again = life.with_dead(position, judgement.points(Fate.DEAD)) if NAMED[rules].takes_dead_off else judgement
        assert (again.lead, again.points(Fate.SEKI)) == (judgement.lead, judgement.points(Fate.SEKI))
        taxed = NAMED[rules].tax == "ALL" or (NAMED[rules].tax == "SEKI" and judgement.points(Fate.SEKI))
        if not judgement.has_open_land and not taxed:
            assert judgement.lead == recounted(position, judgement)


def played_out(rules: str, rng: np.random.Generator) -> Position:
    """A game of random moves that fill no own eye, until both pass."""
    size = int(rng.integers(4, 8))
    position = Position(Go.from_spec({"size": size, "komi": 0.5, "rules": rules}))
    for _ in range(2 * size * size):
        moves = [p for p in np.flatnonzero(position.legal()[:-1]).tolist() if not is_eye(position, p)]
        if not moves and position.record[-1:] == [size * size]:
            break
        position.play(int(rng.choice(moves)) if moves else size * size)
    return position


def is_eye(position: Position, point: int) -> bool:
    width, height = position.game.width, position.game.height
    row, col = divmod(point, width)
    near = [(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)]
    beside = [r * width + c for r, c in near if 0 <= r < height and 0 <= c < width]
    return all(position.color_at(p) == position.to_play for p in beside)


BORDERS = {
    # name: (drawing, whether a point is left that both colours reach and do not both touch)
    "a wall between two walls": (". X O .\n. X O .\n. X O .", False),
    "one column of dame": (". X . O .\n. X . O .\n. X . O .", False),
    "two columns of dame": (". X . . O .\n. X . . O .\n. X . . O .", True),
    "a wall that ends before the edge": (". X O .\n. X O .\n. . . .\n. . . .", True),
    "an empty board": (". . .\n. . .\n. . .", True),
}


@pytest.mark.parametrize("name", BORDERS)
def test_borders_are_open_where_more_than_dame_that_both_touch_may_be_left(name: str) -> None:
    drawing, is_open = BORDERS[name]
    assert life.with_dead(Drawn(drawing).position, []).has_open_borders == is_open


def test_dead_stones_open_no_border() -> None:
    drawn = Drawn(". X . O . .\n. X . O . X\n. X . O . .")
    assert life.with_dead(drawn.position, []).has_open_borders
    assert not life.with_dead(drawn.position, [11]).has_open_borders


def recounted(position: Position, judgement: Judgement) -> float:
    """The lead from the lists alone: sgfmill's area, and from that what the rules make of it."""
    rules, size = position.game.rules, position.game.width
    stones = position.stones
    prisoners = position.captures
    dead = judgement.points(Fate.DEAD)
    lost = [sum(stones.reshape(-1)[dead] == color) for color in (1, -1)]
    stones.reshape(-1)[dead] = 0
    board = boards.Board(size)
    colors = {1: "b", -1: "w"}
    black, white = ([(r, c) for r, c in zip(*np.nonzero(stones == color), strict=True)] for color in colors)
    board.apply_setup(black, white, [])
    lead = float(board.area_score())
    if rules.is_territory:
        lead += prisoners[0] + lost[1] - prisoners[1] - lost[0] - (len(black) - len(white))
    if rules.hasButton:
        lead += 0.5 * first_to_pass(position)
    return lead - position.game.score_rules.komi


def first_to_pass(position: Position) -> int:
    record = position.record
    at = record.index(position.game.points) if position.game.points in record else None
    return 0 if at is None else 1 if at % 2 == 0 else -1
