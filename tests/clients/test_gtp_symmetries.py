"""How ``kata-raw-nn`` turns the board, by KataGo's numbers; KataGo 1.17.2 with the same net gave the same ones."""

from __future__ import annotations

import pytest

from zhugo.bridges.gtp.net_commands import _order

TURNED = {
    0: "abc def ghi",
    1: "ghi def abc",
    2: "cba fed ihg",
    3: "ihg fed cba",
    4: "adg beh cfi",
    5: "gda heb ifc",
    6: "cfi beh adg",
    7: "ifc heb gda",
}


@pytest.mark.parametrize(("symmetry", "turned"), TURNED.items())
def test_a_square(symmetry: int, turned: str) -> None:
    assert "".join("abcdefghi"[point] for point in _order(3, 3, symmetry)) == turned.replace(" ", "")


@pytest.mark.parametrize(("symmetry", "turned"), {0: "abc def", 1: "def abc", 2: "cba fed", 3: "fed cba"}.items())
def test_a_rectangle_is_never_transposed(symmetry: int, turned: str) -> None:
    for number in (symmetry, symmetry + 4):
        assert "".join("abcdef"[point] for point in _order(3, 2, number)) == turned.replace(" ", "")
