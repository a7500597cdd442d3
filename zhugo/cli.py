"""`zhugo`: the commands, each in a module of its own below `zhugo.commands`.

Those modules import what they work with inside their functions, so that `zhugo --help` answers at once.
"""

import signal
import sys

import typer

from zhugo.commands import (
    analysis,
    analyze,
    arena,
    bench,
    genmove,
    gtp,
    katago,
    learn,
    match,
    net,
    play,
    selfplay,
    simulate,
    status,
    trace,
    train,
)

TERMINATED = 128 + signal.SIGTERM
"""Exit code after SIGTERM, as shells count."""

app = typer.Typer(
    name="zhugo",
    help="Search, review and play Go and other games with the zhugo-searchd daemon.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("analyze")(analyze.analyze)
app.command("genmove")(genmove.genmove)
app.command("status")(status.status)
app.command("gtp")(gtp.gtp)
app.command("analysis")(analysis.analysis)
app.command("play")(play.play)
app.command("match")(match.match)
app.command("selfplay")(selfplay.selfplay)
app.command("arena")(arena.arena)
app.command("simulate")(simulate.simulate)
app.command("version")(katago.version)
katago.add_absent(app)
app.add_typer(net.app, name="net")
app.add_typer(train.app, name="train")
app.add_typer(learn.app, name="learn")
app.add_typer(trace.app, name="trace")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run one command. Exit code 2 and one line on stderr for bad input, 130 after Ctrl-C, 143 after SIGTERM."""
    # as Ctrl-C does, so that whatever the command began is ended too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        help_instead = "\n" in error.format_message()
        code = _show_help(error.format_message()) if help_instead else _complain(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:
        # whoever read our output has gone: nothing is left to say, nor anybody to say it to
        sys.stderr.close()
        code = 1
    except Exception as error:
        from zhugo.errors import is_for_the_user, one_line

        if not is_for_the_user(error):
            raise
        code = _complain(one_line(error))
    sys.exit(code)


def _show_help(text: str) -> int:
    """What a group of commands says that was called without one."""
    print(text, file=sys.stderr)
    return 2


def _complain(text: str) -> int:
    print(f"zhugo: {' '.join(text.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
