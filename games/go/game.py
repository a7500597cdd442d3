"""Go as a ``games.game.Game``: what a specification means, and batches of leaves.

A specification is a dict, or the ``spec.GoSpec`` that was read of one: ``size`` (19, or [width, height]; the only key
that must be there), ``komi`` (7.5), ``rules`` ("chinese"; a name or options, see ``rules.parse``), ``black`` and
``white`` (points of set-up stones), ``to_play`` ("black"), ``unchecked`` (0: so many entries at the start of a record,
played under other rules, may break those of ko, superko and suicide; superko remembers them),
``playout_doubling_advantage`` (0.0: how much stronger than White Black is taken to be, see ``spec.GoSpec``),
``players`` ("": those whom a net that imitates people imitates, see ``players``).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games import specs
from games.game import ANY_FEATURES, GameError, IllegalMove, Leaves, Positions, takes_players
from games.go import coords, features, leaf_positions
from games.go.board import (
    BLACK,
    BUTTON_FREE,
    MAX_POINTS,
    NO_BUTTON,
    RECENT,
    WHITE,
    new_boards,
    new_undos,
    reset,
    set_up,
)
from games.go.moves import KO, LEGAL, OCCUPIED, SUICIDE, SUPERKO
from games.go.players import parse as parse_players
from games.go.rules import KO_RULES, Rules, parse
from games.go.scoring import ScoreRules, final_lead, new_score_memory, score_rules
from games.go.spec import GoSpec

OFF_BOARD = -1
OWN_FEATURES = features.WITHOUT_HISTORY
REASONS = {OCCUPIED: "occupied", KO: "ko", SUICIDE: "suicide", SUPERKO: "superko", OFF_BOARD: "off the board"}
"""Why a move is illegal, by the answer of ``moves.check``."""

_LOOKS_BACK = {"leela_zero"}
"""The features that need the stones of many moves ago."""

_NO_PAST_STONES = np.zeros((0, leaf_positions.PAST, MAX_POINTS + 1), np.int8)
_COLORS = {"black": BLACK, "b": BLACK, "white": WHITE, "w": WHITE}


@dataclass(frozen=True)
class Root:
    """A position prepared for ``Go.replay``. Arrays are not to be written to.

    boards: BOARD[3], now, one move ago, two moves ago. past_stones: as in ``replay.Batch``. history: uint64[m], the
    positions of the game so far. pattern: of the last move, see ``patterns``.
    """

    boards: NDArray[Any]
    past_stones: NDArray[np.int8]
    history: NDArray[np.uint64]
    pattern: np.uint64


class Go:
    """One size, one set of rules, one komi and one first position. Immutable but for memory that kernels work in."""

    def __init__(
        self,
        width: int,
        height: int,
        komi: float,
        rules: Rules,
        black: Sequence[int] = (),
        white: Sequence[int] = (),
        to_play: int = BLACK,
        unchecked: int = 0,
        playout_doubling_advantage: float = 0.0,
        players: str = "",
    ) -> None:
        """Raises ``GameError``; sizes, komi and points as ``from_spec`` asks for them."""
        self.unchecked = unchecked
        self.playout_doubling_advantage = float(playout_doubling_advantage)
        self.players, self._players = players, parse_players(players)
        self.width, self.height, self.komi, self.rules, self.to_play = width, height, komi, rules, to_play
        self.black, self.white = tuple(black), tuple(white)
        self.points = width * height
        handicap = len(self.black) if not self.white else -1
        self.score_rules: ScoreRules = score_rules(rules, komi, handicap)
        self._start = self._first_position()
        self._local = threading.local()

    @classmethod
    def from_spec(cls, spec: GoSpec | Mapping[str, Any]) -> Go:
        """The game of a specification, see above. Raises ``GameError`` with one line for everything else."""
        if not isinstance(spec, GoSpec):
            rules = spec.get("rules")
            spec = specs.read({**spec, "rules": rules.as_dict()} if isinstance(rules, Rules) else spec, GoSpec)
        width, height = spec.size if isinstance(spec.size, list) else (spec.size, spec.size)
        if spec.to_play.lower() not in _COLORS:
            raise GameError(f"to_play is black or white, not {specs.short(spec.to_play)}")
        return cls(
            width,
            height,
            _half(spec.komi),
            parse(spec.rules),
            _points(spec.black, "black", width * height),
            _points(spec.white, "white", width * height),
            _COLORS[spec.to_play.lower()],
            spec.unchecked,
            spec.playout_doubling_advantage,
            spec.players,
        )

    def spec(self) -> dict[str, Any]:
        """The specification that ``from_spec`` makes an equal game of."""
        spec: dict[str, Any] = {
            "size": self.width if self.width == self.height else [self.width, self.height],
            "komi": self.komi,
            "rules": self.rules.as_dict(),
            "black": list(self.black),
            "white": list(self.white),
            "to_play": "black" if self.to_play == BLACK else "white",
        }
        if self.unchecked:
            spec["unchecked"] = self.unchecked
        if self.playout_doubling_advantage:
            spec["playout_doubling_advantage"] = self.playout_doubling_advantage
        if self.players:
            spec["players"] = self.players
        return spec

    @property
    def name(self) -> str:
        """What ``games.load`` knows it by."""
        return "go"

    @property
    def own_features(self) -> str:
        """The features that ZhuGo's own nets look at."""
        return OWN_FEATURES

    @property
    def num_moves(self) -> int:
        """All points and the pass."""
        return self.points + 1

    def vertex(self, move: int) -> str:
        """GTP's word for a move."""
        return coords.to_vertex(move, self.width, self.height)

    def first_boards(self) -> NDArray[Any]:
        """BOARD[3] with the first position on all of them, the caller's own."""
        return np.repeat(self._start, 3)

    def root(self, record: Sequence[int]) -> Root:
        """The position after ``record``, prepared for ``replay``. Raises ``IllegalMove``."""
        moves = np.asarray(record, dtype=np.int64)
        outside = np.flatnonzero((moves < 0) | (moves > self.points + 1))
        if len(outside):
            raise IllegalMove(f"move {outside[0] + 1} of the record: {moves[outside[0]]} is no move")
        boards = self.first_boards()
        history = np.zeros(len(moves) + 1, np.uint64)
        past_stones = leaf_positions.new_past_stones()
        played, answer, pattern = leaf_positions.play_record(
            boards, past_stones, moves, self.unchecked, history, new_undos(1)[0]
        )
        if answer != LEGAL:
            color = "black" if boards[leaf_positions.NOW]["to_play"] == BLACK else "white"
            raise IllegalMove(
                f"move {played + 1} of the record: {color} {self.vertex(moves[played])}: {REASONS[answer]}"
            )
        return Root(boards, past_stones, history, np.uint64(pattern))

    def feature_shapes(self, features_name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of one position's planes and of its global inputs. Raises ``GameError`` for others."""
        planes, globals_ = self._encoder(features_name)[1:]
        return (planes, self.height, self.width), (globals_,)

    def replay(
        self, leaves: Leaves, features: str, planes: NDArray[np.float32], global_inputs: NDArray[np.float32]
    ) -> Positions:
        """As ``games.game.Game.replay``. ``planes`` must be contiguous."""
        encode, channels, _ = self._encoder(features)
        n = len(leaves)
        flat = planes[:n].view()
        flat.shape = (n, channels, self.points)
        batch = self._batch(leaves, features)
        verdicts = leaf_positions.new_verdicts(n, self.num_moves)
        if n:
            longest = max(len(root.history) for root in leaves.roots)
            encode(batch, self.score_rules, self._work(longest + len(leaves.moves)), verdicts, flat, global_inputs[:n])
            if takes_players(features):
                self._say_who_plays(verdicts.to_play, global_inputs[:n])
        return Positions(*verdicts)

    def _say_who_plays(self, to_play: NDArray[np.int8], global_inputs: NDArray[np.float32]) -> None:
        from games.go.katago_features import PLAYERS

        for player in (BLACK, WHITE):
            inputs = self._players.inputs(player, self.points)
            global_inputs[to_play == player, PLAYERS : PLAYERS + len(inputs)] = inputs

    def owners(self, root: Root) -> NDArray[np.int8]:
        """As ``games.game.CountedGame.owners``."""
        memory = new_score_memory()
        final_lead(root.boards[leaf_positions.NOW], self.score_rules, memory[0])
        owners: NDArray[np.int8] = memory["owner"][0, : self.points]
        return owners

    def _encoder(self, name: str) -> tuple[Any, int, int]:
        """The kernel of a kind of features, its planes and its global inputs."""
        if name in (OWN_FEATURES, ANY_FEATURES, features.WITH_HISTORY):
            told = RECENT if name == features.WITH_HISTORY else 0
            return partial(features.encode, told=told), features.PLANES + told, features.GLOBALS + told
        if name.startswith("katago_"):
            from games.go import katago_features

            if layout := katago_features.LAYOUTS.get(name):
                encode = partial(katago_features.encode, layout=layout, advantage=self.playout_doubling_advantage)
                return encode, layout.planes, layout.global_inputs
        if name == "leela_zero":
            from games.go import leela_zero_features

            return leela_zero_features.encode, leela_zero_features.PLANES, leela_zero_features.GLOBALS
        known = "zhugo, zhugo_history, katago_v3 to katago_v7, leela_zero"
        raise GameError(f"the net is not for Go: it looks at {name!r}, and Go has {known}")

    def _batch(self, leaves: Leaves, features: str) -> leaf_positions.Batch:
        roots = leaves.roots
        history_start = np.cumsum([0, *(len(root.history) for root in roots)])
        if len(roots) == 1:
            boards, history = roots[0].boards[None], roots[0].history
        else:
            boards = self._gathered(roots, 3 if features.startswith("katago_") else 1)
            history = np.concatenate([root.history for root in roots])
        past_stones = np.stack([root.past_stones for root in roots]) if features in _LOOKS_BACK else _NO_PAST_STONES
        patterns = np.array([root.pattern for root in roots], np.uint64)
        # Copies, for arrays that came over the wire are read-only, and to numba that is another type: another kernel.
        offsets, moves = np.array(leaves.offsets), np.array(leaves.moves)
        return leaf_positions.Batch(
            boards, past_stones, history, history_start, patterns, leaves.root_of, offsets, moves
        )

    def _gathered(self, roots: Sequence[Root], count: int) -> NDArray[Any]:
        """BOARD[k, 3], of which the first ``count`` are copied: a board is large, and few features look back.

        The memory is used again and again: fresh pages cost more than the copies.
        """
        gathered: NDArray[Any] | None = getattr(self._local, "gathered", None)
        if gathered is None or len(gathered) < len(roots):
            gathered = new_boards(3 * len(roots)).reshape(-1, 3)
            self._local.gathered = gathered
        for row, root in zip(gathered, roots, strict=False):
            row[:count].view(np.uint8)[:] = root.boards[:count].view(np.uint8)
        return gathered

    def _work(self, past: int) -> leaf_positions.Work:
        work: leaf_positions.Work | None = getattr(self._local, "work", None)
        if work is None or len(work.past) < past:
            work = leaf_positions.new_work(2 * past + 512)
            self._local.work = work
        return work

    def _first_position(self) -> NDArray[Any]:
        start = new_boards(1)
        board = start[0]
        reset(board, self.width, self.height, KO_RULES[self.rules.ko], int(self.rules.suicide))
        board["button"] = BUTTON_FREE if self.rules.hasButton else NO_BUTTON
        stones = np.zeros(self.points, np.int8)
        stones[list(self.black)] = BLACK
        if stones[list(self.white)].any():
            raise GameError("a point has a black and a white set-up stone")
        stones[list(self.white)] = WHITE
        if not set_up(board, stones, self.to_play, new_undos(1)[0]):
            raise GameError("a set-up chain has no liberty")
        return start


def _half(komi: float) -> float:
    if (2 * komi) % 1 != 0:
        raise GameError(f"komi is a whole or half number, not {komi:g}")
    return komi


def _points(given: Sequence[int], key: str, points: int) -> tuple[int, ...]:
    if any(point >= points for point in given):
        raise GameError(f"{key} is a list of points of the board")
    if len(set(given)) != len(given):
        raise GameError(f"{key} names a point twice")
    return tuple(given)
