"""The rooms of the house, and which may look into which."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

ROOMS = {
    "games": set(),
    "protocol": set(),
    "nets": {"games"},
    "daemon": {"games", "nets", "protocol"},
    "zhugo": {"games", "nets", "protocol", "daemon"},
    "bench": {"games", "nets", "protocol", "daemon", "zhugo"},
}
"""Room -> the other rooms that it may import."""

DOORS = {"zhugo/commands/bench.py": {"bench"}}
"""The one file of a room that may open another: the command that runs the benchmarks."""

CORE = (
    "scheduler",
    "peers",
    "status",
    "bounds",
    "housekeeping",
    "sessions",
    "session",
    "tickets",
    "standing",
    "containment",
    "search_tree",
    "tree_memory",
    "compaction",
    "collisions",
    "metrics",
    "report",
    "invariants",
    "inspection",
    "checkpoint",
    "checkpoint_upgrade",
)
"""The pure core: it imports ``protocol.messages``, itself, and nothing that talks to the outside."""

PURE = {
    "__future__", "collections", "contextlib", "dataclasses", "functools", "hashlib", "itertools", "math", "typing",
    "msgspec", "numba", "numpy",
}  # fmt: skip

MEMORY = {"tree_memory": {"mmap", "pathlib"}}
"""What the core may ask of the system, and where: memory, and how it grants it."""


def imports(path: Path) -> Iterator[str]:
    """The full name of everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_one_way(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        others = {package.partition(".")[0] for package in imports(path)} & ROOMS.keys() - {room}
        allowed = ROOMS[room] | DOORS.get(name, set())
        assert others <= allowed, f"{name} imports {others - allowed}"


def test_the_core_knows_messages_and_itself() -> None:
    for module in CORE:
        for name in imports(ROOT / "daemon" / f"{module}.py"):
            package, _, rest = name.partition(".")
            if package == "protocol":
                known = name.startswith("protocol.messages")
            elif package == "daemon":
                known = rest.partition(".")[0] in CORE
            else:
                known = package in PURE | MEMORY.get(module, set())
            assert known, f"daemon/{module}.py imports {name}"


def test_a_device_knows_what_it_is_asked_and_no_more_of_the_daemon() -> None:
    for path in sorted((ROOT / "daemon" / "devices").glob("*.py")):
        for name in imports(path):
            if name.startswith("daemon."):
                module = name.split(".")[1]
                assert module in ("children", "devices", "gpu_client", "options", "recent"), (
                    f"{path.name} imports {name}"
                )


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("daemon.scheduler", ["torch", "zmq", "games.go", "nets"]),
        ("daemon.serve", ["torch", "nets.net", "matplotlib"]),
        ("daemon.referee", ["torch", "zmq"]),
        ("daemon.replay", ["torch", "zmq"]),
        ("protocol.client", ["torch", "numba", "games", "daemon"]),
        ("games.go.game", ["torch", "zmq", "nets", "protocol"]),
        ("nets", ["torch", "zmq", "protocol", "daemon"]),
        ("daemon.searcher", ["torch", "matplotlib"]),
    ],
)
def test_what_a_module_brings_with_it(module: str, forbidden: list[str]) -> None:
    program = f"import sys, {module}; print(*[name for name in {forbidden!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_ours(room: str) -> None:
    """None of these names is rare; another distribution's package must not take its place."""
    program = f"import {room}; print({room}.__file__ or list({room}.__path__)[0])"
    done = subprocess.run([sys.executable, "-c", program], cwd="/", capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).is_relative_to(ROOT / room)
