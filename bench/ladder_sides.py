"""The players of a ladder: their command lines for equal terms, and what they say of their settings."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bench.katago import ANSWER_SECONDS, Setup
from zhugo.commands.gtp import gtp
from zhugo.shared.errors import UserError, one_line
from zhugo.shared.options import DaemonOptions
from zhugo.strength.match.sides import Side

PLAYING = ("games", "nets", "protocol", "daemon", "zhugo/bridges/gtp", "zhugo/shared", "zhugo/commands/gtp.py")
"""What of a build has a say in how it plays."""
ENDLESS_VISITS, ENDLESS_SECONDS = 1 << 50, 1e20
"""KataGo's own words for no limit."""
SHOWN = (
    "maxVisits", "maxTime", "numSearchThreads", "chosenMoveTemperature", "chosenMoveTemperatureEarly",
    "chosenMoveTemperatureHalflife", "useLcbForSelection", "useGraphSearch", "useUncertainty", "subtreeValueBiasFactor",
    "cpuctExploration", "rootNumSymmetriesToSample", "wideRootNoise", "ponderingEnabled", "allowResignation",
)  # fmt: skip
"""The parameters of KataGo that are told beside the result."""
NOT_OURS = {"connect", "session", "reconnect", "net", "config", "override_config", "model", "human_model"}
"""Options of ``zhugo gtp`` that the ladder itself gives, or that have no use in it."""
SAME_VISITS = {"earlyEnd": "false", "rootPruneUselessMoves": "false"}
"""Parameters of this build with which a search has as many visits as the other side's; other builds may not know them.

Else it ends early, or does not count what a kept tree has, for that may lie under moves that are now left out.
"""
_FLAGS = {"true": True, "false": False}
_UNUSED = re.compile(r"Unused key '([^']+)'")


@dataclass(frozen=True)
class Effort:
    """What both sides may spend on a move: visits, those of a kept tree included, or seconds. resign: see ``Plan``."""

    visits: int | None
    seconds: float | None
    threads: int
    resign: float

    def __str__(self) -> str:
        return f"{self.visits} visits a move" if self.visits is not None else f"{self.seconds:g} s a move"


@dataclass(frozen=True)
class Ours:
    """A ``zhugo gtp``: what its daemon is started with, and what the bridge is. program: () for this build's own."""

    daemon: Mapping[str, str]
    bridge: Mapping[str, str]
    overrides: Mapping[str, str]
    net: Path | None
    program: tuple[str, ...] = (sys.executable, "-P", "-m", "zhugo.cli")

    def side(self, label: str, address: str | None) -> Side:
        """The player; ``address``: of a daemon that it shares, None for one of its own."""
        options = dict(self.bridge) if address is not None else {**self.daemon, **self.bridge}
        words = _words(options)
        if address is not None:
            words += ["--connect", address]
        elif self.net is not None:
            words += ["--net", str(self.net)]
        if self.overrides:
            words += ["--override-config", ",".join(f"{name}={value}" for name, value in self.overrides.items())]
        return Side(label, (*self.program, "gtp", *words))

    def for_daemon(self) -> list[str]:
        """Arguments of ``zhugo-searchd``."""
        return _words(self.daemon)

    def described(self) -> dict[str, Any]:
        """For the journal."""
        return {**self.daemon, **self.bridge, **self.overrides}


def settings_of(what: str, texts: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE words, of the option ``what``. Raises ``UserError``."""
    settings = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise UserError(f"{what}: no KEY=VALUE: {text[:60]!r}")
        if "," in name or "," in value:
            raise UserError(f"{what}: one KEY=VALUE at a time, without commas: {text[:60]!r}")
        settings[name] = value
    return settings


def ours(effort: Effort, net: Path | None, settings: Mapping[str, str], program: str | None = None) -> Ours:
    """Our side under these terms; ``settings``: options of ``zhugo gtp``, or parameters by KataGo's names.

    ``program``: that of another build. Raises ``UserError`` for a setting that this build does not have.
    """
    in_daemon = {field.name for field in fields(DaemonOptions)}
    known = set(inspect.signature(gtp).parameters) | in_daemon
    # at equal visits one searcher with one leaf of a tree at a time: the sequential search that KataGo's one thread is
    sequential = {"searchers": "1", "batch": "1"} if effort.visits is not None else {}
    daemon: dict[str, str] = {"precision": "f32", "device_choice": "wait", **sequential}
    bridge = {"visits": str(effort.visits)} if effort.visits is not None else {"time": f"{effort.seconds:g}"}
    if effort.resign:
        bridge |= {"resign_below": f"{effort.resign:g}"}
    overrides = dict(SAME_VISITS) if effort.visits is not None and program is None else {}
    for key, value in settings.items():
        name = key.replace("-", "_")
        if name in NOT_OURS:
            raise UserError(f"--ours {key}: the ladder gives this itself")
        if name in in_daemon:
            daemon[name] = value
        elif name in known:
            bridge[name] = value
        else:
            overrides[key] = value
    if daemon.get("device") == "emulated":
        del daemon["precision"]
    if program is None:
        _check(overrides)
        return Ours(daemon, bridge, overrides, net)
    found = shutil.which(program)
    if found is None:
        raise UserError(f"there is no zhugo at {program}")
    return Ours(daemon, bridge, overrides, net, (found,))


def katago_side(setup: Setup, effort: Effort, rules: str, settings: Mapping[str, str], config: Path) -> Side:
    """KataGo's GTP engine; ``config``: the file that it reads, empty when the person has none."""
    values: dict[str, object] = {
        "rules": rules,
        "numSearchThreads": effort.threads,
        "maxVisits": ENDLESS_VISITS if effort.visits is None else effort.visits,
        "maxPlayouts": ENDLESS_VISITS,
        "maxTime": ENDLESS_SECONDS if effort.seconds is None else effort.seconds,
        "ponderingEnabled": "false",
        "allowResignation": str(bool(effort.resign)).lower(),
        "resignThreshold": f"{2 * effort.resign - 1:g}" if effort.resign else "-1",
        "logAllGTPCommunication": "false",
        "logSearchInfo": "false",
    }
    if setup.config is None:
        values |= {"nnCacheSizePowerOfTwo": 17, "nnMutexPoolSizePowerOfTwo": 14}  # a whole match in little memory
    values |= settings
    overrides = ",".join(f"{name}={value}" for name, value in values.items())
    arguments = ("gtp", "-model", str(setup.net), "-config", str(config), "-override-config", overrides)
    return Side("KataGo", (shutil.which(setup.program) or setup.program, *arguments))


def ask_katago(side: Side, asked: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Its version and parameters. Raises ``UserError`` when it does not start, or does not know any of ``asked``."""
    commands = "version\nkata-get-params\nquit\n"
    try:
        done = subprocess.run(
            side.argv, input=commands, capture_output=True, text=True, errors="replace", timeout=ANSWER_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"cannot start KataGo: {one_line(error)}") from None
    if done.returncode != 0:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise UserError(f"KataGo does not start: {said[-1] if said else f'exit code {done.returncode}'}")
    unknown = [name for name in _UNUSED.findall(done.stderr) if name in asked]
    if unknown:
        raise UserError(f"--theirs: KataGo has no setting named {', '.join(unknown)}")
    answers = [line[1:].strip() for line in done.stdout.splitlines() if line.startswith("=")]
    try:
        parameters = json.loads(answers[1])
    except (ValueError, IndexError):
        parameters = {}  # an older one
    return (answers[0] if answers else "unknown"), parameters


def build(root: Path) -> str:
    """What plays of the build in a folder, as a hash of its source: games of two builds are not one match."""
    digest = hashlib.sha256()
    for part in PLAYING:
        path = root / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(f"{file.relative_to(root)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def folder_of(program: Path) -> Path | None:
    """Where the build lies that a ``zhugo`` script of pip's starts; None when it does not say."""
    try:
        with program.open("rb") as file:
            line = file.readline(4096).decode(errors="replace")
        if not line.startswith("#!") or "python" not in line:
            return None
        ask = [*line[2:].split(), "-P", "-c", "import zhugo; print(zhugo.__path__[0])"]
        done = subprocess.run(ask, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(done.stdout.strip()).parent if done.returncode == 0 and done.stdout.strip() else None


def _check(overrides: Mapping[str, str]) -> None:
    from zhugo.bridges.gtp.configuration import understood
    from zhugo.shared.katago_config import read

    unused = understood(read([], [f"{name}={value}" for name, value in overrides.items()])).unused
    if unused:
        raise UserError(f"--ours: zhugo gtp has no setting named {', '.join(unused)}")


def _words(options: Mapping[str, str]) -> list[str]:
    """Options of a command line; a flag that is true has no value."""
    words = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        flag = _FLAGS.get(value.lower())
        words += [option, value] if flag is None else [option] if flag else []
    return words
