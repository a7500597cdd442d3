"""This engine against KataGo, another build, or any GTP program, on equal terms: games in pairs, and what they say.

It is a match (``zhugo.strength.match``) whose players, referee and count are settled here. At equal visits several
games are played at a time. Our side is then one daemon for all of them, with one searcher whose batches hold one leaf
of a tree. So as many positions are evaluated together as games wait for us, and each tree is searched in sequence.
KataGo has a GTP process for each game. Its analysis engine, which would share batches, drops the tree after every query
(cpp/command/analysis.cpp, clearSearch), draws no move, and ignores the history before the root.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.katago import Setup
from bench.ladder_pairs import Test, outcomes, pairs_of
from bench.ladder_sides import SHOWN, Effort, Ours, ask_katago, build, folder_of, katago_side, ours, settings_of
from daemon.evaluation.machine import cores
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import served
from zhugo.strength.elo import elo_of_pairs
from zhugo.strength.match.game import Terms
from zhugo.strength.match.match import Match
from zhugo.strength.match.series import play_match
from zhugo.strength.match.show import describe
from zhugo.strength.match.sides import Side, parse
from zhugo.strength.match.tally import GameLine, Tally

ANSWER_SECONDS = 900.0
"""For one move: only a program that hangs takes longer, on a busy machine too."""
ROOT = Path(__file__).parents[1]
KATAGO, ZHUGO, NONE = "katago", "zhugo", "none"


@dataclass(frozen=True)
class Plan:
    """What was asked for. ``against``, ``referee``: see the command. ``ours``, ``theirs``: KEY=VALUE texts.

    ``games`` at most, an even number. ``test`` ends the match early; None: all games are played.
    """

    effort: Effort
    spec: Mapping[str, Any]
    games: int
    opening_moves: int
    seed: int
    max_moves: int
    at_once: int
    net: Path | None
    katago: str = KATAGO
    katago_config: Path | None = None
    against: str = KATAGO
    referee: str = KATAGO
    ours: Sequence[str] = ()
    theirs: Sequence[str] = ()
    test: Test | None = None
    out: Path | None = None

    def check(self) -> None:
        """Raise ``UserError`` for what can be seen to be wrong before anything starts."""
        if self.games % 2:
            raise UserError(f"--games: pairs of games make an even number, not {self.games}")
        if self.effort.visits is None and self.at_once > 1:
            raise UserError("--at-once: by the clock games are played one at a time, each engine with all cores")
        if self.test is not None:
            self.test.check()
        if KATAGO in (self.against, self.referee):
            self.setup().check()

    def setup(self) -> Setup:
        """How KataGo is started. Raises ``UserError`` without a net."""
        if self.net is None:
            raise UserError("KataGo needs --net, a net of its own")
        return Setup(self.katago, self.net, self.katago_config)


def measure(plan: Plan, tell: Callable[[str], None]) -> dict[str, Any]:
    """Play what is not played yet; the figures of all games, each of which ``tell`` hears of. Raises ``UserError``."""
    plan.check()
    code = build(ROOT)
    with _players(plan, tell) as match:

        def on_game(number: int, games: Sequence[GameLine]) -> None:
            line = next(game for game in games if game.number == number)
            tell(f"{describe(match, line)}\n  {_standing(plan, games)}")

        games = play_match(match, on_game, lambda games: _is_decided(plan, games))
    if build(ROOT) != code:
        tell("the code of this build was changed meanwhile: programs that were started since are another build")
    return {**_figures(plan, games), "players": match.about}


def _is_decided(plan: Plan, games: Sequence[GameLine]) -> bool:
    return plan.test is not None and plan.test.verdict(pairs_of(games)) != "open"


def _standing(plan: Plan, games: Sequence[GameLine]) -> str:
    pairs = pairs_of(games)
    difference = elo_of_pairs(pairs)
    text = f"{Tally.of(games).score} in {len(games)} of {plan.games} games, {len(pairs)} whole pairs"
    text += "" if difference is None else f": Elo {difference}"
    if plan.test is None:
        return text
    low, high = plan.test.bounds
    return f"{text}, log likelihood ratio {plan.test.ratio(pairs):+.2f} in [{low:.2f}, {high:.2f}]"


def _figures(plan: Plan, games: Sequence[GameLine]) -> dict[str, Any]:
    tally, pairs = Tally.of(games), pairs_of(games)
    difference = elo_of_pairs(pairs)
    opening = plan.opening_moves
    moves = sum(max(0, game.moves - opening) for game in games) / 2
    thought = [sum(game.seconds[side] for game in games) for side in (0, 1)]
    return {
        "games": tally.games,
        "won": tally.wins,
        "drawn": tally.draws,
        "lost": tally.losses,
        "no_result": tally.no_result,
        "won_as_black": tally.wins_as_black,
        "won_as_white": tally.wins_as_white,
        "forfeits": list(tally.forfeits),
        "scored_by_referee": sum(game.how == "arbiter" for game in games),
        "moves_a_game": tally.mean_moves,
        "our_seconds_a_move": thought[0] / moves if moves else None,
        "their_seconds_a_move": thought[1] / moves if moves else None,
        "pairs": len(pairs),
        "result": "no pair is whole" if difference is None else f"Elo {difference} at 95 %, over pairs",
        **({} if difference is None else asdict(difference)),
        "points_of_pairs": [outcomes(pairs)],
        **({} if plan.test is None else {"test": [plan.test.figures(pairs)]}),
    }


@contextmanager
def _players(plan: Plan, tell: Callable[[str], None]) -> Iterator[Match]:
    """The match, with what its players need for as long as it lasts."""
    with ExitStack() as stack:
        config = plan.katago_config
        if config is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhugo-ladder-")))
            config = folder / "all-by-default.cfg"
            config.write_text("# all by default\n", encoding="utf-8")
        theirs = settings_of("--theirs", plan.theirs)
        mine = ours(plan.effort, plan.net, settings_of("--ours", plan.ours))
        about: dict[str, Any] = {
            "limit": str(plan.effort),
            "resignation": f"both below {plan.effort.resign:g}" if plan.effort.resign else "none",
            "net": _sha256(plan.net),
            "zhugo": {**mine.described(), "build": build(ROOT)},
            "cores": cores(),
            "threads of the opponent": plan.effort.threads,
        }
        second, said = _opponent(plan, theirs, config, stack, tell)
        referee = _referee(plan, config)
        first = mine.side(ZHUGO, _shared(plan, mine, stack))
        yield Match(
            sides=(first, second),
            games=plan.games,
            terms=Terms(dict(plan.spec), ANSWER_SECONDS, plan.max_moves),
            opening_moves=plan.opening_moves,
            seed=plan.seed,
            referee=referee,
            out=plan.out,
            parallel=plan.at_once,
            about={**about, **said},
        )


def _opponent(
    plan: Plan, theirs: Mapping[str, str], config: Path, stack: ExitStack, tell: Callable[[str], None]
) -> tuple[Side, dict[str, Any]]:
    """Who plays the other side, and what there is to say of its settings."""
    if plan.against == KATAGO:
        side = katago_side(plan.setup(), plan.effort, str(plan.spec["rules"]), theirs, config)
        version, parameters = ask_katago(side, theirs)
        told = {name: parameters[name] for name in SHOWN if name in parameters}
        tell(f"KataGo {version}: " + ", ".join(f"{name} {value}" for name, value in told.items()))
        whole = hashlib.sha256(json.dumps([parameters, theirs], sort_keys=True).encode()).hexdigest()[:16]
        return replace(side, text=f"KataGo {version}"), {"KataGo": {**told, **theirs, "all settings": whole}}
    kind, _, program = plan.against.partition(":")
    if kind == ZHUGO:
        other = ours(plan.effort, plan.net, theirs, program or None)
        folder = folder_of(Path(other.program[0])) if program else ROOT
        address = None if program else _shared(plan, other, stack)
        label = "other zhugo"
        return other.side(label, address), {label: {**other.described(), "build": folder and build(folder)}}
    if theirs:
        raise UserError("--theirs is for KataGo or zhugo: of another program the command line of --against says it all")
    words = {"{visits}": plan.effort.visits, "{seconds}": plan.effort.seconds, "{threads}": plan.effort.threads}
    text = plan.against
    for word, value in words.items():
        if word in text and value is None:
            raise UserError(f"--against has {word}, which this ladder does not limit")
        text = text.replace(word, str(value))
    return parse(text), {}


def _sha256(net: Path | None) -> str:
    try:
        return "the bundled one" if net is None else hashlib.sha256(net.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"net {net}: {error.strerror}") from None


def _referee(plan: Plan, config: Path) -> Side | None:
    if plan.referee == NONE:
        return None
    if plan.referee != KATAGO:
        return parse(plan.referee)
    effort = Effort(100, None, 1, 0.0)  # it only says who owns what
    return replace(katago_side(plan.setup(), effort, str(plan.spec["rules"]), {}, config), text="KataGo's ownership")


def _shared(plan: Plan, side: Ours, stack: ExitStack) -> str | None:
    """The address of a daemon for all games at a time; None for a single game, whose player has its own."""
    if plan.at_once == 1:
        return None
    of_a_tree = side.daemon["batch"]
    batch = str(plan.at_once * int(of_a_tree)) if of_a_tree.isdigit() else of_a_tree
    threads = max(1, cores() // 2)  # the opponents' processes have the others
    more = ["--batch", batch, "--per-tree", of_a_tree, "--threads", str(threads)]
    return stack.enter_context(served(DaemonOptions(net=side.net), "ladder", *side.for_daemon(), *more))
