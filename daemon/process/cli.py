"""The command line of ``zhugo-searchd``."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Any

import typer

from daemon.core.bounds import Bounds
from daemon.evaluation.machine import memory
from daemon.process.config_file import as_config, read_config
from daemon.process.log import LogFormat, LogLevel, log
from daemon.process.options import MAX_ENCODERS, MAX_SEARCHERS, OptionError, Options, ResumeFrom
from daemon.process.syncing import Fsync
from daemon.schedules.service import ScheduleName, searchers_for
from protocol.choices import AUTO, DEVICES, DeviceChoice, Devices, Outputs, Precision, Speculate
from protocol.messages import MAX_LEAVES, MAX_RECORD, PROTOCOL_VERSION

BOUNDS = Bounds()

BOUNDED, SERVICE, EXPERT = "Bounds", "Service", "Expert"
"""Panels of the help, behind what is needed every day: what clients may make it keep and do; what an operator needs;
what few need.
"""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zhugo-searchd {version_of('zhugo')}, protocol {PROTOCOL_VERSION}")
        raise typer.Exit


def _devices(text: str | Devices) -> Devices:
    try:
        return text if isinstance(text, Devices) else Devices.parse(text)  # the default comes here, too
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def searchd(
    context: typer.Context,
    address: Annotated[
        list[str] | None,
        typer.Option(
            help="Listen here too: ipc:///path or tcp://host:port; may be given again.", show_default="private"
        ),
    ] = None,
    net: Annotated[Path | None, typer.Option(help="The net to evaluate with.", show_default="the bundled one")] = None,
    device: Annotated[
        Devices,
        typer.Option(
            parser=_devices,
            metavar=DEVICES,
            help="What evaluates positions; auto: the best that is there; cuda:0,1: searchers get these GPUs in turn.",
        ),
    ] = AUTO,
    searchers: Annotated[
        int | None,
        typer.Option(
            min=0, max=MAX_SEARCHERS, help="Own searchers; others may join.", show_default="2, and 2 for each GPU"
        ),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="Record every event in this file, which is the journal, too.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Restore every tree from this trace and go on with it; clients have a minute to come back."),
    ] = None,
    config: Annotated[  # noqa: ARG001 - its callback is what acts
        Path | None,
        typer.Option(
            callback=read_config,
            is_eager=True,
            help="Options that are not given here stand in this file, of TOML, by their long names.",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print all options as such a file and end.", rich_help_panel=SERVICE)
    ] = False,
    journal: Annotated[
        Path | None,
        typer.Option(
            help="Go on with this trace, or begin it where there is none: for services.", rich_help_panel=SERVICE
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback is what acts
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Let in at tcp addresses who has a key that this folder knows; zhugo keys makes them.",
            show_default="no key is demanded",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            help="Listen without keys where other machines can connect and do everything.",
            rich_help_panel=SERVICE,
        ),
    ] = False,
    memory_mb: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1 << 30,
            help="Memory of all trees, in MiB.",
            show_default="half of the machine's",
            rich_help_panel=BOUNDED,
        ),
    ] = None,
    max_peers: Annotated[
        int, typer.Option(min=1, max=1 << 16, help="Clients, and as many searchers.", rich_help_panel=BOUNDED)
    ] = BOUNDS.peers,
    max_sessions: Annotated[
        int, typer.Option(min=1, max=100_000, help="Sessions in all.", rich_help_panel=BOUNDED)
    ] = BOUNDS.sessions,
    max_moves: Annotated[
        int, typer.Option(min=1, max=MAX_RECORD, help="Moves of a record.", rich_help_panel=BOUNDED)
    ] = BOUNDS.moves,
    client_sessions: Annotated[
        int, typer.Option(min=1, max=1 << 20, help="Sessions of one client.", rich_help_panel=BOUNDED)
    ] = BOUNDS.client_sessions,
    client_searches: Annotated[
        int, typer.Option(min=1, max=1 << 20, help="Searches of one client at a time.", rich_help_panel=BOUNDED)
    ] = BOUNDS.searches,
    client_watches: Annotated[
        int, typer.Option(min=1, max=1 << 20, help="Watches of one client.", rich_help_panel=BOUNDED)
    ] = BOUNDS.watches,
    client_reports: Annotated[
        float, typer.Option(min=1.0, max=1e6, help="Live reports to one client, a second.", rich_help_panel=BOUNDED)
    ] = BOUNDS.reports,
    keep_seconds: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1e9,
            help="A session is not closed to make room within so many seconds of its last use.",
            rich_help_panel=BOUNDED,
        ),
    ] = BOUNDS.keep,
    reader_mb: Annotated[
        float,
        typer.Option(
            min=0.1, max=1e6, help="What may wait for a peer that does not read, in MiB.", rich_help_panel=BOUNDED
        ),
    ] = 32.0,
    max_searches: Annotated[
        int,
        typer.Option(
            min=0,
            max=1 << 20,
            help="Searches that go on at a time, of all clients; others wait for their turn.",
            show_default="any number",
            rich_help_panel=SERVICE,
        ),
    ] = 0,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where sessions that nobody uses go to make room, and come back from; without it they are closed.",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    store_mb: Annotated[
        int, typer.Option(min=1, max=1 << 30, help="All stored sessions, in MiB.", rich_help_panel=SERVICE)
    ] = 4096,
    keep_stored: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1e9,
            metavar="SECONDS",
            help="A session whose owner has a key and left without closing it stays stored for so long.",
            rich_help_panel=SERVICE,
        ),
    ] = 86_400.0,
    fsync: Annotated[
        Fsync,
        typer.Option(
            help="When the trace is on the disk, for a power cut: before clients are told; every second; never by "
            "itself.",
            rich_help_panel=SERVICE,
        ),
    ] = "never",
    drain: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1e6,
            metavar="SECONDS",
            help="On SIGTERM begin no search any more, and let those that run go on for so long.",
            rich_help_panel=SERVICE,
        ),
    ] = 0.0,
    http: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Serve /metrics, /healthz and /readyz there; PORT alone: for this machine.",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    otlp: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Send spans of OpenTelemetry there, of requests and batches.", rich_help_panel=SERVICE
        ),
    ] = None,
    log_format: Annotated[
        LogFormat,
        typer.Option("--log", help="Lines for people, or an object of JSON a line.", rich_help_panel=SERVICE),
    ] = "text",
    log_level: Annotated[
        LogLevel, typer.Option(help="Log nothing less important than this.", rich_help_panel=SERVICE)
    ] = "info",
    precision: Annotated[
        Precision,
        typer.Option(
            help="In what arithmetic the net is evaluated; auto: the fastest that is accurate enough.",
            rich_help_panel=EXPERT,
        ),
    ] = "auto",
    device_choice: Annotated[
        DeviceChoice,
        typer.Option(
            help="When to measure which arithmetic suits a new net: beside the search, or while the search waits; "
            "known: never; take what is known.",
            rich_help_panel=EXPERT,
        ),
    ] = "background",
    batch: Annotated[
        int | None,
        typer.Option(
            min=1, max=MAX_LEAVES, help="Largest batch.", show_default="fits the device", rich_help_panel=EXPERT
        ),
    ] = None,
    per_tree: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_LEAVES,
            help="Positions of one tree in a batch, at most; 1 with one searcher: every tree is searched in sequence.",
            show_default="fits the device",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1024,
            help="Threads of each searcher.",
            show_default="cores / searchers",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    speculate: Annotated[
        Speculate,
        typer.Option(help="Fill batches with leaves that may be wanted later.", rich_help_panel=EXPERT),
    ] = "auto",
    cache_mb: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1 << 20,
            help="Evaluations that each searcher remembers, in MiB.",
            show_default="64",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    symmetries: Annotated[
        bool,
        typer.Option(
            "--symmetries", help="Turn and mirror positions at random before the net.", rich_help_panel=EXPERT
        ),
    ] = False,
    symmetry_seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="What they are drawn from.", rich_help_panel=EXPERT)
    ] = 0,
    trace_mb: Annotated[
        float,
        typer.Option(
            min=0.01,
            max=1e9,
            help="Go on in FILE.2, FILE.3 … whenever so many MiB are recorded.",
            rich_help_panel=EXPERT,
        ),
    ] = 512.0,
    trace_keep: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Keep so many of these files, the newest.",
            show_default="2 with --journal, else all",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    restart_seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=1e6,
            help="Go on in another of these files, too, when a restart would replay for longer.",
            show_default="10 with --journal, else any",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    trace_required: Annotated[
        bool,
        typer.Option(
            "--trace-required", help="End when it cannot be written, as on a full disk.", rich_help_panel=EXPERT
        ),
    ] = False,
    resume_from: Annotated[
        ResumeFrom,
        typer.Option(
            help="Its end, or the last whole state in it, for what another version wrote; the rest is lost.",
            rich_help_panel=EXPERT,
        ),
    ] = "end",
    lease: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=1e6,
            help="Seconds of silence after which a searcher is given up.",
            rich_help_panel=EXPERT,
        ),
    ] = 30.0,
    grant: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=1e6,
            help="Seconds that a searcher has for every batch before others get it, or five times what such took.",
            rich_help_panel=EXPERT,
        ),
    ] = 5.0,
    recheck: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Share of the results of searchers elsewhere that others evaluate too, to see that they are right.",
            rich_help_panel=SERVICE,
        ),
    ] = 0.01,
    ray: Annotated[
        str | None,
        typer.Option(help="Place the searchers on the Ray cluster at this address.", rich_help_panel=SERVICE),
    ] = None,
    ray_key: Annotated[
        Path | None,
        typer.Option(help="The file of the key that they show; it travels to them.", rich_help_panel=SERVICE),
    ] = None,
    gpus_per_searcher: Annotated[
        float, typer.Option(min=0.0, max=64.0, help="Of a GPU, for each of them.", rich_help_panel=SERVICE)
    ] = 0.0,
    min_searchers: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MAX_SEARCHERS,
            help="So many at least, while there is little to do.",
            show_default="--searchers",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    max_searchers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_SEARCHERS,
            help="So many at most, while there is much to do.",
            show_default="--searchers",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    latency_ms: Annotated[
        float,
        typer.Option(min=0.0, max=1e6, help="Emulated device: time a batch takes.", rich_help_panel=EXPERT),
    ] = 5.0,
    leaf_us: Annotated[
        float,
        typer.Option(min=0.0, max=1e9, help="Emulated device: and each leaf of it.", rich_help_panel=EXPERT),
    ] = 0.0,
    outputs: Annotated[Outputs, typer.Option(help="Emulated device: what it says.", rich_help_panel=EXPERT)] = "hashed",
    schedule: Annotated[
        ScheduleName,
        typer.Option(help="How searchers share the work; auto: measured at the start.", rich_help_panel=EXPERT),
    ] = "double-buffer",
    encoders: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_ENCODERS,
            help="Processes that encode for each searcher, where the schedule has such.",
            show_default="the cores",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    encode_ms: Annotated[
        float,
        typer.Option(
            min=0.0, max=1e4, help="Make every encoding take so much longer, for trials.", rich_help_panel=EXPERT
        ),
    ] = 0.0,
    parent_pid: Annotated[
        int | None, typer.Option(min=1, help="End when this process ends.", rich_help_panel=EXPERT)
    ] = None,
) -> Options:
    """Search game trees for clients: analysis, GTP bridges, self-play. Ends on Ctrl-C, SIGTERM, or when told to."""
    if print_config:
        typer.echo(as_config(context), nl=False)
        raise typer.Exit
    return Options(
        addresses=tuple(address or ()),
        searchers=searchers_for(schedule, device.searchers) if searchers is None else searchers,
        net=net,
        device=device.name,
        device_numbers=device.numbers,
        precision=precision,
        device_choice=device_choice,
        latency=latency_ms / 1e3,
        latency_per_leaf=leaf_us / 1e6,
        outputs=outputs,
        batch=batch,
        per_tree=per_tree,
        speculate=speculate,
        threads=threads,
        trace=trace,
        trace_bytes=round(trace_mb * (1 << 20)),
        trace_keep=trace_keep,
        restart_seconds=restart_seconds,
        trace_required=trace_required,
        resume=resume,
        resume_from=resume_from,
        journal=journal,
        parent=parent_pid,
        lease=lease,
        recheck=recheck,
        ray=ray,
        ray_key=ray_key,
        gpus_per_searcher=gpus_per_searcher,
        min_searchers=min_searchers,
        max_searchers=max_searchers,
        grant=grant,
        cache_mb=cache_mb,
        symmetries=symmetries,
        symmetry_seed=symmetry_seed,
        bounds=Bounds(
            peers=max_peers,
            sessions=max_sessions,
            client_sessions=client_sessions,
            searches=client_searches,
            watches=client_watches,
            moves=max_moves,
            reports=client_reports,
            tree_bytes=memory() // 2 if memory_mb is None else memory_mb << 20,
            keep=keep_seconds,
            running_searches=max_searches,
            store_bytes=0 if store is None else store_mb << 20,
            keep_stored=0.0 if store is None else keep_stored,
        ),
        reader_bytes=round(reader_mb * (1 << 20)),
        fsync=fsync,
        store=store,
        drain=drain,
        http=http,
        otlp=otlp,
        schedule=schedule,
        encoders=encoders,
        encode_seconds=encode_ms / 1e3,
        log_format=log_format,
        log_level=log_level,
        keys=keys,
        insecure=insecure,
    )


def make_command() -> Any:
    """The program as a whole: what its arguments ask for."""
    app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command()(searchd)
    command = typer.main.get_command(app)
    for parameter in command.params:
        if parameter.name in ("install_completion", "show_completion"):
            parameter.rich_help_panel = EXPERT  # type: ignore[attr-defined]
    return command


def options_of_command_line() -> Options | int:
    """What the person asks for; or the exit code where that was only help, or a mistake, which gets one line."""
    try:
        return _asked()
    except OptionError as error:
        log("bad_options", str(error), level="error")
        return 2


def read_again() -> Options:
    """What the same command line asks for now, its file read again. Raises ``OptionError``."""
    asked = _asked()
    if not isinstance(asked, Options):
        raise OptionError("the command line asks for no daemon any more")
    return asked


def _asked() -> Options | int:
    try:
        asked: Options | int = make_command()(standalone_mode=False)
    except typer.TyperException as error:
        raise OptionError(error.format_message()) from error
    return asked
