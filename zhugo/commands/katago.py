"""KataGo's commands, for programs that take zhugo for KataGo: ``version``, and what to use instead of the others."""

from collections.abc import Callable

import typer

ABSENT = {
    "benchmark": "zhugo bench pipeline says how fast it is; nothing needs tuning by hand",
    "genconfig": "no configuration is needed; zhugo gtp takes one of KataGo's all the same, see docs/gtp.md",
    "tuner": "nothing needs tuning: what suits the machine is measured in the background",
    "contribute": "zhugo takes no part in KataGo's distributed training",
    "gatekeeper": "zhugo arena compares nets, zhugo learn has gates of its own",
    "evalsgf": "zhugo analyze reviews records",
    "genbook": "zhugo makes no opening books",
}
"""KataGo's subcommands that have no counterpart of the same name, and what to do instead."""


def version() -> None:
    """Print the version."""
    from importlib.metadata import version as version_of

    print(f"ZhuGo {version_of('zhugo')}")


def print_version(wanted: bool) -> None:
    """What ``--version`` does."""
    if wanted:
        version()
        raise typer.Exit


def add_absent(app: typer.Typer) -> None:
    """Have the command line say what there is instead of KataGo's other subcommands; its help does not show them."""
    anything = {"allow_extra_args": True, "ignore_unknown_options": True}
    for name in ABSENT:
        app.command(name, hidden=True, context_settings=anything, add_help_option=False)(_refusal(name))


def _refusal(name: str) -> Callable[[], None]:
    def refuse() -> None:
        from zhugo.shared.errors import UserError

        raise UserError(f"{name} is a command of KataGo's alone: {ABSENT[name]}")

    return refuse
