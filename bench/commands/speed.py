"""How fast the parts are, and the whole."""

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.group import AsJson, app, show
from protocol.choices import DeviceName, Precision
from zhugo.shared.options import EXPERT, DaemonOptions, takes_daemon


@app.command("encode")
def encode(
    game: Annotated[str | None, typer.Option(help="A game of OpenSpiel, such as connect_four, in place of Go.")] = None,
    as_json: AsJson = False,
) -> None:
    """Microseconds to make one leaf ready for the net: of Go on 19x19, for each kind of features; of other games."""
    from bench.encode import measure, measure_game

    if game is not None:
        show({"game": game, "us": measure_game(game)}, as_json)
    else:
        show({"zhugo_us": measure("zhugo"), "katago_v7_us": measure("katago_v7")}, as_json)


@app.command("tree")
def tree(as_json: AsJson = False) -> None:
    """The tree alone, without processes: visits per second on one core, bytes per visit."""
    from bench.tree import measure

    show(measure(), as_json)


@app.command("master")
def master(
    tree: Annotated[
        list[int] | None,
        typer.Option(
            min=1000,
            help="Visits of a tree that is grown and dropped, with a trace and without.",
            show_default="100000, 1000000",
        ),
    ] = None,
    size: Annotated[int, typer.Option(min=2, max=19, help="Its board size.")] = 19,
    as_json: AsJson = False,
) -> None:
    """The master over ZeroMQ with searchers that answer at once: visits/s, round trip, the longest single event."""
    from bench.handles import measure as measure_events
    from bench.master import measure

    rows = measure_events(tree or (100_000, 1_000_000), size)
    if not as_json:  # event by event is too much for a table
        rows = [{name: value for name, value in row.items() if name != "by_event"} for row in rows]
    show({**measure(), "longest_event": rows}, as_json)


@app.command("curve")
def curve(as_json: AsJson = False) -> None:
    """What it costs to demand keys: the master's server over loopback, plain and encrypted."""
    from bench.curve import measure

    show({"rows": measure()}, as_json)


@app.command("pipeline")
@takes_daemon
def pipeline(
    *,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long to measure.")] = 10.0,
    warm_up: Annotated[float, typer.Option(min=0.0, help="How long to search before that.")] = 3.0,
    sessions: Annotated[int, typer.Option(min=1, max=1000, help="Trees that are searched at a time.")] = 16,
    size: Annotated[int, typer.Option(min=2, max=19, help="Board size.")] = 19,
    as_json: AsJson = False,
    daemon: DaemonOptions,
) -> None:
    """How busy the device is under a whole daemon, and what the searchers wait for."""
    from bench.pipeline import Load, measure

    show(measure(daemon.settled(), Load(sessions, size, seconds, warm_up)), as_json)


@app.command("web")
@takes_daemon
def web(
    *,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each of the two searches, each round.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often they take turns.")] = 5,
    size: Annotated[int, typer.Option(min=2, max=19, help="Board size.")] = 19,
    as_json: AsJson = False,
    daemon: DaemonOptions,
) -> None:
    """What a page of the board in the browser costs the search that it looks at."""
    from bench.web import measure

    show(measure(daemon.settled(), size, seconds, rounds), as_json)


@app.command("trace")
@takes_daemon
def trace(
    *,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each run is measured.")] = 10.0,
    warm_up: Annotated[float, typer.Option(min=0.0, help="How long it searches before that.")] = 3.0,
    sessions: Annotated[int, typer.Option(min=1, max=1000, help="Trees that are searched at a time.")] = 16,
    size: Annotated[int, typer.Option(min=2, max=19, help="Board size.")] = 19,
    rounds: Annotated[int, typer.Option(min=1, help="Pairs of runs, with and without a trace.")] = 5,
    as_json: AsJson = False,
    daemon: DaemonOptions,
) -> None:
    """What --trace costs: visits per second and the master's time for a visit, with and without."""
    from bench.pipeline import Load
    from bench.trace import measure
    from zhugo.shared.errors import UserError

    if daemon.connect is not None or daemon.trace is not None:
        raise UserError("bench trace starts its own daemons, with traces of their own: not with --connect or --trace")
    show(measure(daemon.settled(), Load(sessions, size, seconds, warm_up), rounds), as_json)


@app.command("analysis")
@takes_daemon
def analysis(
    *,
    moves: Annotated[int, typer.Option(min=1, max=200, help="Moves of the game that is reviewed.")] = 200,
    visits: Annotated[int, typer.Option(min=2, help="Visits for each position.")] = 100,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long the pipeline is measured.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each has its turn; medians are shown.")] = 3,
    as_json: AsJson = False,
    daemon: DaemonOptions,
) -> None:
    """A game reviewed through zhugo analysis, beside what the pipeline makes of the same device."""
    from bench.analysis import Review, measure
    from bench.pipeline import Load

    show(measure(daemon.settled(), Review(moves, visits), Load(seconds=seconds), rounds), as_json)


@app.command("net")
def net(
    file: Annotated[Path | None, typer.Argument(help="The net; the bundled one when not given.")] = None,
    size: Annotated[
        list[int] | None, typer.Option(help="Of the board, again and again; 9, 13 and 19 unless given.")
    ] = None,
    batch: Annotated[list[int] | None, typer.Option(help="Positions at a time; 1, 4 and 16 unless given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Evaluations per second and core of a net alone behind every backend, by board size and batch."""
    from bench.net import BATCHES, SIZES, measure

    show(measure(file, size or SIZES, batch or BATCHES), as_json)


@app.command("versus")
@takes_daemon
def versus(
    *,
    katago: Annotated[str, typer.Option(help="KataGo's program.")] = "katago",
    katago_config: Annotated[
        Path | None, typer.Option(help="A configuration for KataGo; its own defaults when not given.")
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option(help="Thread counts of KataGo, with commas.", show_default="1, and 1, 2 and 4 for a core"),
    ] = None,
    size: Annotated[list[int] | None, typer.Option(help="Board size, 19 or 9.", show_default="both")] = None,
    positions: Annotated[int, typer.Option(min=1, max=50, help="Positions of real games for each size.")] = 5,
    visits: Annotated[int, typer.Option(min=2, help="Visits for each.")] = 400,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Positions searched at a time, as a review does.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="How often each engine has its turn; medians are shown.")] = 3,
    as_json: AsJson = False,
    daemon: DaemonOptions,
) -> None:
    """Visits per second beside KataGo, on the same positions with the net of --net and on the same cores."""
    from rich.console import Console

    from bench.katago import Setup
    from bench.versus import GAMES, Work, measure
    from zhugo.shared.errors import UserError

    if daemon.net is None:
        raise UserError("bench versus needs --net: a net of KataGo's, with which both search")
    if unknown := [one for one in size or () if one not in GAMES]:
        raise UserError(f"--size: there are positions for 19 and 9, not {unknown[0]}")
    try:
        counts = [int(count) for count in threads.split(",")] if threads else []
    except ValueError:
        raise UserError(f"--threads: {threads!r} are no numbers with commas between") from None
    if any(not 1 <= count <= 1024 for count in counts):
        raise UserError("--threads: counts go from 1 to 1024")
    work = Work(size or tuple(GAMES), positions, visits, rounds, at_once)
    # plain lines: a bar that moves would take time from what is measured
    console = Console(stderr=True)
    setup = Setup(katago, daemon.net, katago_config)
    show(measure(setup, daemon.settled(), work, counts, lambda what: console.print(what, highlight=False)), as_json)


@app.command("selfplay")
def selfplay(
    *,
    game: Annotated[str, typer.Option(help="What is played, as zhugo selfplay has it.")] = "connect_four",
    size: Annotated[int | None, typer.Option(min=2, max=19, help="Board size, of Go.")] = None,
    net: Annotated[Path | None, typer.Option(help="The net; for Go, the bundled one when not given.")] = None,
    device: Annotated[DeviceName, typer.Option(help="What evaluates positions.")] = "auto",
    precision: Annotated[Precision, typer.Option(help="In what arithmetic.")] = "auto",
    visits: Annotated[int, typer.Option(min=2, help="Visits of every search.")] = 100,
    workers: Annotated[
        str | None,
        typer.Option(help="Numbers of workers, with commas.", show_default="1, 2, 4 ... up to the cores"),
    ] = None,
    games_at_once: Annotated[
        int, typer.Option(min=1, max=10_000, help="Games of a worker at a time.", rich_help_panel=EXPERT)
    ] = 64,
    leaves: Annotated[
        int, typer.Option(min=1, max=64, help="Leaves of a tree in flight, at most.", rich_help_panel=EXPERT)
    ] = 2,
    cache_mb: Annotated[
        int, typer.Option(min=0, help="Evaluations that a worker remembers, in MiB.", rich_help_panel=EXPERT)
    ] = 64,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each way is measured.")] = 20.0,
    warm_up: Annotated[float, typer.Option(min=0.0, help="How long it plays before that.")] = 5.0,
    gpu_batch_us: Annotated[
        float, typer.Option(min=1.0, help="Of the simulated GPUs: time of a batch.", rich_help_panel=EXPERT)
    ] = 250.0,
    gpu_leaf_us: Annotated[
        float, typer.Option(min=0.0, help="And of each of its leaves on top.", rich_help_panel=EXPERT)
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Self-play by workers, beside one evaluation at a time and OpenSpiel's AlphaZero; simulated on larger machines."""
    from rich.console import Console

    from bench.selfplay import GpuTimes, Terms, measure, worker_counts
    from zhugo.learning.selfplay.command import make_plan
    from zhugo.learning.selfplay.pool import gpus

    given = {
        "net": None if net is None else str(net),
        "device": device,
        "precision": precision,
        "visits": visits,
        "full_share": 1.0,
        "forced_playouts": 0.0,
        "surprise_weight": 0.0,
        "keep_tree": False,
        "resign_after": 0,
        "cache_mb": cache_mb,
        "games_at_once": games_at_once,
        "leaves": leaves,
    }
    plan = make_plan(game, size, None, given)
    there = range(gpus()) if device in ("auto", "cuda") else ()
    times = GpuTimes(gpu_batch_us * 1e-6, gpu_leaf_us * 1e-6)
    terms = Terms(plan, worker_counts(workers), seconds, warm_up, times, there)
    console = Console(stderr=True)
    show(measure(terms, lambda what: console.print(what, highlight=False)), as_json)


@app.command("wire")
def wire(
    positions: Annotated[int, typer.Option(min=1, max=100, help="Positions that are searched.")] = 4,
    visits: Annotated[int, typer.Option(min=16, help="Visits of each search.")] = 400,
    as_json: AsJson = False,
) -> None:
    """What results cost on the wire: bytes a leaf, time error of some ways to pack them, what a search makes of it."""
    from bench.wire import measure

    show(measure(positions, visits), as_json)


@app.command("links")
def links(
    picture: Annotated[Path | None, typer.Option(help="Draw it in this file, SVG or PNG.")] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long to measure each.")] = 4.0,
    relay: Annotated[
        bool,
        typer.Option("--relay", help="Delay in a relay, without loss: where there is no netem, or no root."),
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Two delays, one and four batches in flight.")] = False,
    as_json: AsJson = False,
) -> None:
    """How busy the device of a searcher behind a slow link is, by delay, loss and batches in flight."""
    from bench.links import DELAYS_MS, IN_FLIGHT, draw, measure

    few = {"delays": DELAYS_MS[:2], "losses": (0.0,), "in_flight": (1, 4)} if quick else {"in_flight": IN_FLIGHT}
    figures = measure(seconds, relay=relay, **few)
    if picture is not None:
        draw(figures, picture)
    show(figures, as_json)
