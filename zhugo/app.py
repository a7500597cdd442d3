"""The commands of `zhugo`, each in a module of its own below `zhugo.commands`.

Those modules import what they work with inside their functions, so that `zhugo --help` answers at once.
"""

import signal
import sys
from typing import Annotated

import typer

from bench.commands import app as bench
from zhugo.commands import (
    analysis,
    analyze,
    arena,
    genmove,
    gtp,
    katago,
    keys,
    learn,
    match,
    net,
    play,
    selfplay,
    shutdown,
    simulate,
    status,
    trace,
    train,
    web,
)
from zhugo.shared.interrupts import Interrupts, exit_code
from zhugo.shared.options import INSIDE, LEARNING

app = typer.Typer(
    name="zhugo",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    suggest_commands=True,
)


@app.callback()
def zhugo(
    version: Annotated[
        bool, typer.Option("--version", callback=katago.print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Search, review and play Go and other games with the zhugo-searchd daemon."""


app.command("analyze")(analyze.analyze)
app.command("gtp")(gtp.gtp)
app.command("analysis")(analysis.analysis)
app.command("play")(play.play)
app.command("web")(web.web)
app.command("genmove")(genmove.genmove)
app.command("match")(match.match)
app.add_typer(net.app, name="net")
app.command("status")(status.status)
app.add_typer(keys.app, name="keys")
app.command("shutdown")(shutdown.shutdown)
app.command("version")(katago.version)
katago.add_absent(app)
app.add_typer(learn.app, name="learn", rich_help_panel=LEARNING)
app.command("selfplay", rich_help_panel=LEARNING)(selfplay.selfplay)
app.add_typer(train.app, name="train", rich_help_panel=LEARNING)
app.command("arena", rich_help_panel=LEARNING)(arena.arena)
app.add_typer(trace.app, name="trace", rich_help_panel=INSIDE)
app.command("simulate", rich_help_panel=INSIDE)(simulate.simulate)
app.add_typer(bench, name="bench", rich_help_panel=INSIDE)


def run() -> tuple[int, bool]:
    """Run one command: its exit code, and whether a signal ended it. What goes wrong is told on stderr.

    2 for bad input, 130 after Ctrl-C, 143 after SIGTERM.
    """
    interrupts = Interrupts()
    try:
        with interrupts:
            code = app(standalone_mode=False) or 0
        return (exit_code(interrupts.came), True) if interrupts.waits and interrupts.came else (code, False)
    except (KeyboardInterrupt, typer.Abort):
        return exit_code(interrupts.came or signal.SIGINT), True
    except BaseException as error:
        if interrupts.came is not None and _on_the_way_out(error):
            return exit_code(interrupts.came), True
        return _told(error), False


def _on_the_way_out(error: BaseException | None) -> bool:
    """Whether it failed while it was being ended by a signal."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            return True
        error = error.__context__
    return False


def _told(error: BaseException) -> int:
    """Tell the person what is the person's; the exit code. Raises what is not."""
    match error:
        case typer.TyperException():
            text = error.format_message()
            return _complain(text) if text else 2  # a group of commands without one has shown its help
        case BrokenPipeError():
            # the reader of our output has gone: there is nobody to tell
            sys.stderr.close()
            return 1
        case Exception():
            from zhugo.shared.errors import is_for_the_user, one_line

            if is_for_the_user(error):
                return _complain(one_line(error))
    raise error


def _complain(text: str) -> int:
    print(f"zhugo: {' '.join(text.split())}", file=sys.stderr)
    return 2
