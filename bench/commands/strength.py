"""How well it plays, counts and searches."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from bench.commands.group import AsJson, app, show, tell
from zhugo.shared.options import EXPERT


@app.command("blitz")
def blitz(
    engine: Annotated[str, typer.Option(help="Whose clock is kept, as a side of a match.")] = "bundled@100000",
    opponent: Annotated[str, typer.Option(help="Its opponent, whose clock is not.")] = "gnugo --mode gtp --level 0",
    games: Annotated[int, typer.Option(min=1, help="How many games; the time systems take turns.")] = 8,
    size: Annotated[int, typer.Option(min=2, max=19, help="Board size.")] = 9,
    cold: Annotated[
        int, typer.Option(min=0, help="Every so many games the engine is started with the clock running; 0: never.")
    ] = 4,
    system: Annotated[
        list[str] | None,
        typer.Option(
            help="A time system, as kata-time_settings has it; several.", show_default="byoyomi 1 1 3, and others"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Number of the first game.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Short games by a referee's clock: how many are lost on time, and how close it was. Exit code 1 if any is lost."""
    from bench.blitz import SYSTEMS, Blitz, measure

    asked = Blitz(engine, opponent, size, games, cold, tuple(system or SYSTEMS), seed)
    row = measure(asked, lambda line: typer.echo(line, err=True))
    show(row, as_json)
    if row["lost"]:
        raise typer.Exit(1)


@app.command("scores")
def scores(
    records: Annotated[list[Path], typer.Argument(help="Records, or folders of them: their last positions count.")],
    engine: Annotated[str, typer.Option(help="Ours, as a side of a match.")] = "bundled@100",
    gnugo: Annotated[str, typer.Option(help="GNU Go; none: it is not asked.")] = "gnugo --mode gtp",
    katago: Annotated[str, typer.Option(help="KataGo, as a GTP command line; none: it is not asked.")] = "none",
    rules: Annotated[list[str] | None, typer.Option(help="Rules.", show_default="chinese, japanese")] = None,
    as_json: AsJson = False,
) -> None:
    """The scores that this engine, GNU Go and KataGo give to the last positions of records, and where they differ."""
    from bench.scores import Engines, measure

    engines = Engines(engine, *(None if text == "none" else text for text in (gnugo, katago)))
    row = measure(records, rules or ["chinese", "japanese"], engines, lambda line: typer.echo(line, err=True))
    if not as_json:  # a board and lists of stones are too much for a table
        row["differing"] = [
            {key: one[key] for key in one if key not in ("dead", "counted", "board")} for one in row["differing"]
        ]
    show(row, as_json)


@app.command("optimal")
def optimal(
    game: Annotated[str, typer.Option(help="connect_four(rows=4,columns=5), dots_and_boxes(num_rows=2,num_cols=2), …")],
    net: Annotated[Path | None, typer.Option(help="The net.")] = None,
    run: Annotated[
        Path | None, typer.Option(help="In place of a net: a run of zhugo learn, whose last is taken.")
    ] = None,
    visits: Annotated[int, typer.Option(min=2, help="Visits of every search.")] = 200,
    positions: Annotated[int, typer.Option(min=1, help="Positions that are sampled.")] = 1000,
    most_moves: Annotated[
        int | None, typer.Option(min=1, help="Only positions with at most so many legal moves.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sample.")] = 1,
    every: Annotated[
        int | None, typer.Option(min=1, help="With --run: the nets of every so many iterations, not the last alone.")
    ] = None,
    games: Annotated[
        int,
        typer.Option(
            min=2,
            help="With --every, of dots_and_boxes: games against a player without mistakes, of each length.",
        ),
    ] = 40,
    picture: Annotated[
        Path | None, typer.Option(help="With --every: draw what was found over time, as an SVG file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How often a net chooses an optimal move, beside an exact solution: its search, and its policy alone.

    With --every: over the time of a run, and what its nets give away in games.
    """
    from bench.optimal import last_net, measure
    from zhugo.shared.errors import UserError

    if (net is None) == (run is None):
        raise UserError("--net or --run, one of them")
    if every is not None:
        from bench.learned import Asked, draw, rows

        if run is None:
            raise UserError("--every: it is for the nets of a --run")
        found = list(rows(game, run, Asked(visits, positions, games, every, most_moves, seed), tell))
        if picture is not None:
            draw(found, f"{game}, {visits} visits", picture)
        if not as_json:  # all of it is too wide for a table
            columns = ("net", "minutes", "search_optimal", "policy_optimal", "given_away", "blunders")
            found = [{name: row[name] for name in columns if name in row} for row in found]
        show({"nets": found}, as_json)
        return
    if picture is not None:
        raise UserError("--picture: it is drawn over time; say how often with --every")
    file = net or last_net(run or Path())
    show(measure(game, file, visits, positions, most_moves, seed), as_json)


@app.command("selfplay-ways")
def selfplay_ways(
    folder: Annotated[Path, typer.Argument(help="Where runs and contests are kept; the same command goes on.")],
    preset: Annotated[str, typer.Option(help="What is learned, and how: a preset of zhugo learn.")] = (
        "proof-connect-four"
    ),
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting of the preset, as zhugo learn has it.")
    ] = None,
    way: Annotated[
        list[str] | None,
        typer.Option(
            help="A way to compare with plain self-play; several.",
            show_default="forced-playouts, policy-surprise, both, gumbel",
        ),
    ] = None,
    evaluations: Annotated[int, typer.Option(min=1000, help="Of the net, in the self-play of each run.")] = 400_000,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Runs of each way.")] = 2,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes that play.")] = 1,
    as_json: AsJson = False,
) -> None:
    """What each way of self-play is worth: runs of learning at equal evaluations, then games between their nets.

    Other programs have precedence. Elo is over plain self-play: no forced playouts, equal weights, PUCT at the root.
    """
    from bench.selfplay_ways import Ablation, chosen, measure
    from zhugo.learning.loop.preset import read

    os.nice(19)
    ablation = Ablation(read(preset, changes or (), tell), chosen(way or ()), evaluations, seeds, workers)
    folder.mkdir(parents=True, exist_ok=True)
    show(measure(folder, ablation, tell), as_json)


@app.command("policies")
def policies(
    as_json: AsJson = False,
    out: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path("out/policies"),
    effort: Annotated[
        Literal["default rule", "quick", "full"],
        typer.Option(help="Which settings are compared, and on how many trees."),
    ] = "quick",
    net: Annotated[Path | None, typer.Option(help="The net; the bundled one when not given.")] = None,
    positions: Annotated[int | None, typer.Option(min=1, max=500, help="Positions of real games.")] = None,
) -> None:
    """What each collision policy does to the search and to the batches, with and without speculation."""
    from bench.policies import measure

    show(measure(out, effort, net, positions), as_json)


@app.command("strength")
def strength(
    games: Annotated[int, typer.Option(min=2, help="How many games.")] = 20,
    size: Annotated[int, typer.Option(min=7, max=19, help="Board size.")] = 9,
    visits: Annotated[int, typer.Option(min=2, help="Visits a move, for either side.")] = 100,
    batch: Annotated[int, typer.Option(min=1, max=4096, help="Batch of the parallel side.")] = 4,
    cap: Annotated[float, typer.Option(min=0.0, max=1.0, help="Its k: pseudo-visits for each visit at most.")] = 0.2,
    net: Annotated[Path | None, typer.Option(help="The net; the bundled one when not given.")] = None,
    first: Annotated[int, typer.Option(min=0, help="Seed of the first opening.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that play.", show_default="one a core")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Games between two searchers and a sequential search, at equal visits: Elo with its error."""
    import os

    from bench.policies import Setting
    from bench.strength import Terms, measure

    terms = Terms(net, size, Setting(k=cap, batch=batch, visits=visits, searchers=2))
    show(measure(terms, games, first, jobs or os.cpu_count() or 1, tell), as_json)


Parts = Annotated[
    list[str] | None, typer.Option("--part", help="A part, by its name in the table; several.", show_default="all")
]


@app.command("parts")
def parts(
    part: Parts = None,
    games: Annotated[int, typer.Option(min=2, help="How many games for each part.")] = 100,
    size: Annotated[int, typer.Option(min=7, max=19, help="Board size.")] = 9,
    visits: Annotated[int, typer.Option(min=2, help="Visits a move, for either side.")] = 100,
    net: Annotated[Path | None, typer.Option(help="The net; the bundled one when not given.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that play.", show_default="one a core")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What each part of the search gives: games against the search without it, at equal visits."""
    import os

    from bench.parts import compared

    rows = compared(net, size, visits, games, jobs or os.cpu_count() or 1, _parts(part), tell)
    show({"parts": list(rows)}, as_json)


def _parts(wanted: list[str] | None) -> list[str]:
    from bench.parts import EVERYTHING, PARTS

    known = [*PARTS, EVERYTHING]
    if unknown := set(wanted or []) - set(known):
        raise typer.BadParameter(f"no part is called {sorted(unknown)[0]!r}; there are: {', '.join(known)}")
    return wanted or known


@app.command("agreement")
def agreement(
    part: Parts = None,
    positions: Annotated[int, typer.Option(min=2, max=1000, help="Positions of real games.")] = 100,
    size: Annotated[Literal[9, 13, 19], typer.Option(help="Board size.")] = 9,
    visits: Annotated[int, typer.Option(min=2, help="Visits of a short search.")] = 200,
    reference: Annotated[int, typer.Option(min=100, help="Visits of the long one.")] = 20_000,
    net: Annotated[Path | None, typer.Option(help="The net; the bundled one when not given.")] = None,
    katago: Annotated[
        str | None, typer.Option(help="KataGo's program: its moves, too, with the net of --net.", show_default="none")
    ] = None,
    katago_config: Annotated[
        Path | None, typer.Option(help="A configuration for it; its own defaults when not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What each part of the search gives: short searches without it beside a long one, by moves and points."""
    from bench.agreement import measure
    from bench.katago import KataGo, Setup
    from zhugo.shared.errors import UserError

    asked = net, size, visits, reference, positions, _parts(part), tell
    if katago is None:
        show({"searches": list(measure(*asked))}, as_json)
        return
    if net is None:
        raise UserError("bench agreement --katago needs --net: a net of KataGo's, with which both search")
    setup = Setup(katago, net, katago_config)
    setup.check()
    with KataGo(setup, size, threads=1) as beside:
        show({"searches": list(measure(*asked, beside))}, as_json)


@app.command("tune")
def tune(
    setting: Annotated[
        list[str] | None, typer.Option(help="A setting of searches to tune; several.", show_default="all that may be")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="How many settings to try.")] = 100,
    positions: Annotated[int, typer.Option(min=4, max=1000, help="Positions of real games; half are kept back.")] = 200,
    size: Annotated[Literal[9, 13, 19], typer.Option(help="Board size.")] = 9,
    visits: Annotated[int, typer.Option(min=2, help="Visits of a short search.")] = 200,
    reference: Annotated[int, typer.Option(min=100, help="Visits of a long one.")] = 5000,
    net: Annotated[Path | None, typer.Option(help="The net; the bundled one when not given.")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Keep the trials in this file; the same command goes on from it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The search's settings tuned by Optuna on what short searches lose beside long ones, and what that gives."""
    from bench.tuning import RANGES, measure
    from zhugo.shared.errors import UserError

    if unknown := set(setting or []) - set(RANGES):
        raise UserError(f"--setting {sorted(unknown)[0]}: not one of {', '.join(RANGES)}")
    names = setting or list(RANGES)
    show({"settings": list(measure(net, size, visits, reference, positions, names, trials, journal, tell))}, as_json)


@app.command("ladder")
def ladder(
    *,
    against: Annotated[
        str,
        typer.Option(
            help="katago; zhugo, this build with the settings of --theirs; zhugo:PROGRAM, another build; or a GTP "
            "command line in quotes, in which {visits}, {seconds} and {threads} stand for the terms."
        ),
    ] = "katago",
    visits: Annotated[
        int | None, typer.Option(min=2, help="Visits a move, for either side.", show_default="200")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.01, help="In place of visits: seconds a move, for either side.")
    ] = None,
    games: Annotated[int, typer.Option(min=2, help="How many games; with a test, at most.")] = 40,
    size: Annotated[int, typer.Option(min=2, max=19, help="Board size.")] = 9,
    komi: Annotated[float, typer.Option(help="Komi.")] = 7.0,
    rules: Annotated[str, typer.Option(help="Rules.")] = "chinese",
    net: Annotated[Path | None, typer.Option(help="The net of both sides, one of KataGo's.")] = None,
    katago: Annotated[str, typer.Option(help="KataGo's program.")] = "katago",
    katago_config: Annotated[
        Path | None,
        typer.Option(help="A configuration for KataGo; its own defaults when not given.", rich_help_panel=EXPERT),
    ] = None,
    ours: Annotated[
        list[str] | None,
        typer.Option(help="KEY=VALUE: an option of zhugo gtp, or a parameter by KataGo's name; several."),
    ] = None,
    theirs: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE: a setting of the opponent, by the same names; several.")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1024,
            help="KataGo's search threads.",
            show_default="1; by the clock, one a core",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    elo0: Annotated[float | None, typer.Option(help="A sequential test ends the match: of this Elo ...")] = None,
    elo1: Annotated[float | None, typer.Option(help="... against this larger one.")] = None,
    alpha: Annotated[
        float,
        typer.Option(min=1e-6, max=0.5, help="Chance to take --elo1 where --elo0 is true.", rich_help_panel=EXPERT),
    ] = 0.05,
    beta: Annotated[
        float,
        typer.Option(min=1e-6, max=0.5, help="Chance to take --elo0 where --elo1 is true.", rich_help_panel=EXPERT),
    ] = 0.05,
    resign: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=0.5,
            help="Either side resigns when its win rate stays below this; 0: never.",
            rich_help_panel=EXPERT,
        ),
    ] = 0.0,
    referee: Annotated[
        str | None,
        typer.Option(
            help="Who says what is dead where the sides differ: katago, a side as zhugo match has it, or none.",
            show_default="katago, where it plays",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    opening_moves: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=60,
            help="Moves that are drawn from the bundled net; each opening is played twice.",
            show_default="4; on large boards, 8",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the openings.", rich_help_panel=EXPERT)] = 0,
    max_moves: Annotated[
        int | None,
        typer.Option(
            min=1, help="Moves after which there is no result.", show_default="3 a point", rich_help_panel=EXPERT
        ),
    ] = None,
    at_once: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Games at a time.", show_default="2 a core; by the clock, 1", rich_help_panel=EXPERT
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Keep records and a journal here; the same command goes on where it stopped.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Games against KataGo or another build at equal visits or equal time, in pairs: Elo with its error."""
    from rich.console import Console

    from bench.ladder import KATAGO, Plan, measure
    from bench.ladder_pairs import Test
    from bench.ladder_sides import Effort
    from daemon.evaluation.machine import cores
    from games.go.game import Go
    from zhugo.shared.errors import UserError
    from zhugo.strength.match.game import MOVES_PER_POINT

    if visits is not None and seconds is not None:
        raise UserError("--visits or --seconds, one of them")
    if (elo0 is None) != (elo1 is None):
        raise UserError("a sequential test has both --elo0 and --elo1")
    if net is None and KATAGO in (against, referee):
        raise UserError("bench ladder needs --net: a net of KataGo's, with which both search")
    spec = {"size": size, "komi": komi, "rules": rules}
    Go.from_spec(spec)
    timed = seconds is not None
    effort = Effort(None if timed else visits or 200, seconds, threads or (cores() if timed else 1), resign)
    moves = (8 if size > 13 else min(4, size * size // 4)) if opening_moves is None else opening_moves
    if moves > size * size // 4:
        raise UserError(f"--opening-moves: {moves} are too many for a board of {size}x{size}")
    plan = Plan(
        effort=effort,
        spec=spec,
        games=games,
        opening_moves=moves,
        seed=seed,
        max_moves=max_moves or MOVES_PER_POINT * size * size,
        at_once=at_once or (1 if timed else 2 * cores()),
        net=net,
        katago=katago,
        katago_config=katago_config,
        against=against,
        referee=referee or (KATAGO if against == KATAGO else "bundled@100"),
        ours=ours or (),
        theirs=theirs or (),
        test=None if elo0 is None or elo1 is None else Test(elo0, elo1, alpha, beta),
        out=out,
    )
    console = Console(stderr=True)
    show(measure(plan, lambda what: console.print(what, highlight=False, markup=False)), as_json)
