"""What self-play plays, and how: all that a person may set. Read from TOML or options, and checked when it is made."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

import games
from games import Game, GameError
from protocol.bounded import MAX_MOVES
from protocol.choices import DeviceName, Precision
from protocol.messages import SearchSettings
from zhugo.shared.errors import UserError

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Visits = Annotated[int, Meta(ge=2, le=2**31)]
"""Two at least: the first goes to the position itself, and only the others say something of its moves."""
Count = Annotated[int, Meta(ge=0, le=2**31)]

SHORTEST_CUT = 200
"""Where nothing is said, no game is cut off before so many moves."""


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to play a game against oneself.

    What: ``game`` and ``spec`` as ``games.load`` takes them; ``net``, its file (the bundled one when None), and on what
    it is evaluated: ``latency_ms`` is what a batch takes on an emulated device, ``cache_mb`` holds evaluations that a
    worker remembers. ``seed``: game ``number`` of this seed has the same opening and the same random numbers on every
    worker.

    Searches: a share ``full_share`` of them is *full*, to ``visits`` visits of the root with Dirichlet noise, and a
    policy target; its root's priors are taken as P ** (1 / ``root_temperature``). The others are *fast*, to
    ``fast_visits`` visits without noise (playout-cap randomisation; Wu 2019, "Accelerating Self-Play Learning in Go",
    3.1). ``noise_concentration`` is shared by the legal moves. ``forced_playouts``: in full searches a visited child of
    weight less than sqrt(``forced_playouts`` * P * w) is searched before others, and what that alone brought is taken
    out of the policy target again (3.2 there); 0 for not. ``root_selection`` ``gumbel``: the first moves of all
    searches are chosen by sequential halving over ``gumbel_moves`` moves, without other noise, temperature or force;
    the policy target is the improved policy, and the move played is the search's own choice, or drawn from the target
    where the tree that was kept had all visits (Danihelka et al. 2022, "Policy improvement by planning with Gumbel").
    ``keep_tree``: a search begins with what earlier ones left below its position, which counts among its visits.

    Weights: a share ``surprise_weight`` of the weight that the full searches of a game have together is shared among
    them by surprise, the divergence KL(policy target || the net's policy); the rest evenly (policy surprise weighting;
    KataGo, docs/KataGoMethods.md). Fast searches weigh 1.

    Moves: drawn from p ** (1 / t), p the policy target, where t falls from ``temperature`` to ``late_temperature``, by
    half of the difference every ``temperature_halflife`` moves (the square root of the number of moves when None).

    Openings: up to ``random_plies`` moves, as many as chance will have it, drawn from the legal ones; before them, one
    of the records in the file ``openings``, if there is one.

    Ends: a player resigns whose last ``resign_after`` positions, the opponent's between them included, all had a search
    value of ``resign_value`` or worse for that player; but a share ``play_on`` of the games goes on to its end, so that
    it is known how often that is wrong. 0 moves: nobody resigns. ``max_moves`` cuts a game off (when None: twice as
    many as there are different moves, and at least 200).

    Work: a worker plays ``games_at_once`` games, with up to ``leaves`` leaves of each tree in flight.
    """

    game: str
    spec: dict[str, Any]
    net: str | None = None
    device: DeviceName = "auto"
    precision: Precision = "auto"
    latency_ms: Annotated[float, Meta(ge=0.0, le=1e6)] = 0.0
    cache_mb: Annotated[int, Meta(ge=0, le=1 << 20)] = 0
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    visits: Visits = 200
    fast_visits: Visits = 40
    full_share: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.25
    exploration: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0
    fpu_reduction: Annotated[float, Meta(ge=0.0, le=2.0)] = 0.2
    root_temperature: Annotated[float, Meta(ge=0.01, le=100.0)] = 1.0
    noise_weight: Share = 0.25
    noise_concentration: Annotated[float, Meta(gt=0.0, le=1e4)] = 10.83
    forced_playouts: Annotated[float, Meta(ge=0.0, le=100.0)] = 2.0
    root_selection: Literal["puct", "gumbel"] = "puct"
    gumbel_moves: Annotated[int, Meta(ge=1, le=MAX_MOVES)] = 16
    surprise_weight: Share = 0.5
    keep_tree: bool = True
    temperature: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0
    late_temperature: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.2
    temperature_halflife: Annotated[float, Meta(gt=0.0, le=1e4)] | None = None
    random_plies: Annotated[int, Meta(ge=0, le=1000)] = 0
    openings: str | None = None
    resign_value: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.95
    resign_after: Count = 6
    play_on: Share = 0.1
    max_moves: Annotated[int, Meta(ge=1, le=20_000)] | None = None
    games_at_once: Annotated[int, Meta(ge=1, le=10_000)] = 64
    leaves: Annotated[int, Meta(ge=1, le=64)] = 2

    def temperature_at(self, ply: int, num_moves: int) -> float:
        """With how much chance the move after ``ply`` moves is drawn."""
        halflife = self.temperature_halflife or math.sqrt(num_moves)
        return float(self.late_temperature + (self.temperature - self.late_temperature) * 0.5 ** (ply / halflife))

    def longest(self, num_moves: int) -> int:
        """Moves after which a game is cut off."""
        return self.max_moves or max(SHORTEST_CUT, 2 * num_moves)

    def settings(self, *, full: bool) -> SearchSettings:
        """How a full or a fast search goes, but for its seed and its memory."""
        if self.root_selection == "gumbel":
            return SearchSettings(
                exploration=self.exploration,
                fpu_reduction=self.fpu_reduction,
                root_selection="gumbel",
                gumbel_moves=self.gumbel_moves,
                choice="visits",
                policy=True,
            )
        return SearchSettings(
            exploration=self.exploration,
            fpu_reduction=self.fpu_reduction,
            root_temperature=self.root_temperature if full else 1.0,
            noise_weight=self.noise_weight if full else 0.0,
            noise_concentration=self.noise_concentration,
            forced_playouts=self.forced_playouts if full else 0.0,
            choice="pruned" if full and self.forced_playouts else "visits",
        )


def read_openings(path: Path, game: Game) -> list[list[int]]:
    """The records in a file: a line each, moves as numbers of the game's move space; # begins a comment.

    Raises ``UserError`` with the line's number for what is none of the game, or when there is none at all.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"openings {path}: {getattr(error, 'strerror', None) or 'not a text'}") from None
    records = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            record = [int(word) for word in words]
            game.root(record)
        except GameError as error:
            raise UserError(f"openings {path}, line {number}: {error}") from None
        except ValueError:
            raise UserError(f"openings {path}, line {number}: moves are numbers") from None
        records.append(record)
    if not records:
        raise UserError(f"openings {path}: there are none")
    return records


def game_of(plan: Plan) -> Game:
    """The game that is played. Raises ``GameError``."""
    return games.load(plan.game, plan.spec)
