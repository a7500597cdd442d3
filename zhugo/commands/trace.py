"""`zhugo trace`: what a daemon recorded, replayed and explained."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from zhugo.debugger.reading.recording import Recording
    from zhugo.debugger.reading.schedule import ScheduledMessage
    from zhugo.debugger.reducing.shrink import Shrinking

app = typer.Typer(
    help="Look into what --trace recorded: every decision of a search, at any moment.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="The trace.")]
Session = Annotated[str | None, typer.Option(help="The session.", show_default="the first that searches")]
Until = Annotated[int | None, typer.Option(min=0, help="Stop behind this event.")]


@app.callback()
def trace() -> None:
    """Look into what --trace recorded: every decision of a search, at any moment."""


@app.command("info")
def info(
    file: File, *, json: Annotated[bool, typer.Option("--json", help="Print facts for programs.")] = False
) -> None:
    """Say what made a trace: versions, configuration, options, seeds and nets; and how much of it there is."""
    import msgspec
    from rich.console import Console

    from daemon.replay.replay import require_protocol
    from zhugo.debugger.explaining.info import info as facts_of
    from zhugo.shared.figures import tables

    recording = _load(file)
    facts = facts_of(recording)
    if json:
        print(msgspec.json.encode(facts).decode())
    else:
        Console(highlight=False).print(*tables(facts))
    _warn(recording)
    require_protocol(recording.path, recording.header)


@app.command("replay")
def replay(
    file: File,
    *,
    until: Until = None,
    stop_at: Annotated[
        list[str] | None,
        typer.Option("--break", help="Stop where node=MOVES, session=NAME or event=KIND (join with &)."),
    ] = None,
    check: Annotated[bool, typer.Option(help="Check what must always hold behind every event.")] = False,
    speed: Annotated[
        float | None, typer.Option(min=0.001, max=1e6, help="Show it, so many times as fast as it was (1: as it was).")
    ] = None,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Step through it by hand.")] = False,
) -> None:
    """Feed the recorded messages to a fresh core: exit code 0 only if it says and ends the same, else 1."""
    from rich.console import Console

    from daemon.process.referee import referee_of
    from zhugo.debugger.reading.breakpoints import condition
    from zhugo.debugger.showing.console import Prompt
    from zhugo.debugger.showing.playback import play

    recording, console = _load(file), Console(highlight=False)
    stops = [condition(text) for text in stop_at or []]
    if interactive:
        prompt = Prompt(recording, referee_of(recording.header), console, stops)
        prompt.obey_all(_typed([] if until is None else [f"to {until}"]))
        _warn(recording)
        return
    same = play(recording, referee_of(recording.header), console, until, stops, check, speed)
    _warn(recording)
    raise typer.Exit(0 if same else 1)


@app.command("verify")
def verify(
    file: File, *, json: Annotated[bool, typer.Option("--json", help="Print the findings for programs.")] = False
) -> None:
    """Read every record and replay it all: exit code 0 if the trace is good to its end, else 2, and how far it is."""
    import msgspec

    from daemon.process.referee import referee_of
    from daemon.replay.verify import verify as look
    from zhugo.shared.errors import UserError

    found = look(file, referee_of)
    if json:
        print(msgspec.json.encode(found).decode())
        raise typer.Exit(0 if found.is_good else 2)
    for part in found.parts:
        torn = f", {part.torn} torn at its end" if part.torn else ""
        good = f"{part.good:,} of {part.bytes:,} bytes good{torn}"
        print(f"{part.file}: {good}; {part.events:,} events, to {part.time:.3f} s")
    if not found.is_good:
        raise UserError(found.problem)
    print(f"good: {found.events:,} events replay to the same answers; trees compared {found.digests} times")


@app.command("story")
def story(
    file: File,
    node: Annotated[str, typer.Argument(help="Its number, or moves from the first searched position: C3,D4 or root.")],
    *,
    session: Session = None,
    from_start: Annotated[bool, typer.Option(help="Moves count from the start of the game.")] = False,
    until: Until = None,
) -> None:
    """Tell everything that ever happened to one node: by whom, when, and the PUCT numbers that led there."""
    from rich.console import Console

    from daemon.process.referee import referee_of
    from zhugo.debugger.explaining.story import story as tell
    from zhugo.debugger.explaining.story import target
    from zhugo.debugger.showing.tables import story_table

    recording = _load(file)
    referee = referee_of(recording.header)
    target_node = target(recording, referee, node, session, from_start)
    Console(highlight=False).print(story_table(tell(recording, referee, target_node, until)))
    _warn(recording)


@app.command("timeline")
def timeline(
    file: File,
    *,
    since: Annotated[float, typer.Option("--from", help="Milliseconds since the first event.")] = 0.0,
    until: Annotated[float | None, typer.Option("--to", help="The same.", show_default="the end")] = None,
    perfetto: Annotated[Path | None, typer.Option(help="Write Chrome trace events here, for Perfetto.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw it here, for a page of text.")] = None,
) -> None:
    """Show what master, searchers and device did, side by side, draw it, or write it for Perfetto."""
    from rich.console import Console

    from daemon.process.referee import referee_of
    from zhugo.debugger.explaining.timeline import timeline
    from zhugo.debugger.showing.perfetto import chrome_trace
    from zhugo.debugger.showing.timeline_picture import timeline_picture
    from zhugo.debugger.showing.timeline_table import timeline_table

    recording = _load(file)
    found = timeline(recording, referee_of(recording.header))
    begin, end = since / 1000, found.length if until is None else until / 1000
    if perfetto is not None:
        _write(perfetto, chrome_trace(recording, found))
        print(f"wrote {perfetto}; open it at ui.perfetto.dev")
    if svg is not None:
        _write(svg, timeline_picture(found, begin, end).encode())
        print(f"wrote {svg}")
    if perfetto is None and svg is None:
        Console(highlight=False).print(timeline_table(found, begin, end))
    _warn(recording)


@app.command("view")
def view(
    file: File,
    *,
    out: Annotated[Path | None, typer.Option(help="Write the page here.", show_default="FILE.html")] = None,
) -> None:
    """Write the whole search as one page for a browser: timeline, board and tree at any moment."""
    from daemon.process.referee import referee_of
    from zhugo.debugger.showing.view.page import page

    recording = _load(file)
    target = file.with_name(f"{file.name}.html") if out is None else out
    _write(target, page(recording, referee_of(recording.header)).encode())
    print(f"wrote {target}; open it in a browser")
    _warn(recording)


@app.command("stats")
def stats(
    file: File, *, json: Annotated[bool, typer.Option("--json", help="Print figures for programs.")] = False
) -> None:
    """Say how busy the device was, the cause of every idle gap, and what the search did."""
    import msgspec
    from rich.console import Console

    from daemon.process.referee import referee_of
    from zhugo.debugger.explaining.stats import stats as figures_of
    from zhugo.debugger.explaining.timeline import timeline
    from zhugo.shared.figures import tables

    recording = _load(file)
    figures = figures_of(timeline(recording, referee_of(recording.header)))
    if json:
        print(msgspec.json.encode(figures).decode())
    else:
        Console(highlight=False).print(*tables(figures))
    _warn(recording)


@app.command("diff")
def diff(
    a: Annotated[Path, typer.Argument(help="A trace.")],
    b: Annotated[Path, typer.Argument(help="Another of the same search.")],
    *,
    session: Session = None,
    search: Annotated[int, typer.Option(min=1, help="Which search of it, in order.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print figures for programs.")] = False,
) -> None:
    """Say where two traces of the same search part and what that did to the root; exit code 0 if nowhere, else 1."""
    import msgspec
    from rich.console import Console

    from daemon.process.referee import referee_of
    from zhugo.debugger.explaining.search import searched
    from zhugo.debugger.explaining.search_diff import diff as compare
    from zhugo.debugger.showing.search_diff_tables import told

    recordings = [_load(file) for file in (a, b)]
    found = compare(*(searched(one, referee_of(one.header), session, search) for one in recordings))
    if json:
        print(msgspec.json.encode(found).decode())
    else:
        console = Console(highlight=False)
        for part in told(found):
            console.print(part, soft_wrap=True)
    for recording in recordings:
        _warn(recording)
    raise typer.Exit(0 if found["same"] else 1)


@app.command("shrink")
def shrink(
    file: File,
    *,
    out: Annotated[Path, typer.Option(help="Write the small trace here.")],
    stop_at: Annotated[
        list[str] | None,
        typer.Option("--break", help="What must still happen: node=MOVES, session=NAME or event=KIND (join with &)."),
    ] = None,
) -> None:
    """Make a failing recording small: leave out every message without which the core still fails."""
    from rich.console import Console

    from daemon.process.referee import referee_of
    from zhugo.debugger.reading.breakpoints import condition
    from zhugo.debugger.reducing.shrink import Shrinking
    from zhugo.debugger.showing.playback import play
    from zhugo.shared.errors import UserError

    if out.exists() and file.exists() and out.samefile(file):
        raise UserError("--out is the trace itself")
    stops = [condition(text) for text in stop_at or []]
    recording = _load(file)
    console, referee = Console(highlight=False), referee_of(recording.header)
    shrinking = Shrinking(recording, referee, stops)
    small = _shrunk(shrinking, console, out)
    shrinking.write(small, out)
    print(f"from {len(recording.entries):,} events to {len(small)}, in {shrinking.runs:,} runs; wrote {out}")
    play(_load(out), referee, console, stops=stops, check=True)
    _warn(recording)


def _shrunk(shrinking: Shrinking, console: Console, out: Path) -> list[ScheduledMessage]:
    """The smallest recording that was found, also after Ctrl-C."""
    small: list[ScheduledMessage] = []
    with console.status("looking for what fails") as status:
        try:
            for smaller in shrinking.smaller():
                if not small:
                    shrinking.write(smaller, out)  # a place that cannot be written to is found out now
                small = smaller
                status.update(f"{len(small):,} events fail, after {shrinking.runs:,} runs; Ctrl-C takes these")
        except KeyboardInterrupt:
            if not small:
                raise
    return small


def _load(file: Path) -> Recording:
    from zhugo.debugger.reading.recording import Recording

    return Recording.load(file)


def _write(path: Path, data: bytes) -> None:
    from zhugo.shared.errors import UserError

    try:
        path.write_bytes(data)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def _typed(first: list[str]) -> Iterator[str]:
    """The lines that a person types, with a prompt if it is one."""
    from zhugo.debugger.showing.console import PROMPT

    yield from first
    prompt = PROMPT if sys.stdin.isatty() else ""
    while True:
        try:
            yield input(prompt)
        except EOFError:
            return


def _warn(recording: Recording) -> None:
    """Say what is wrong with the file behind what could be read of it; exit code 2 for damage."""
    from zhugo.shared.errors import UserError

    if recording.torn is not None:
        print(f"the last record, at byte {recording.torn}, was cut short by the daemon's death")
    if recording.damage is not None:
        raise UserError(f"{recording.damage}; the {len(recording.entries)} records before it are above")
