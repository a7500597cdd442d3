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

DOORS = {"zhugo/app.py": {"bench"}}
"""The one file of a room that may open another: the outermost program, which has the benchmarks' commands too."""

FLOORS = {
    "core": set(),
    "schedules": set(),
    "replay": {"core"},
    "evaluation": {"gpu_client", "schedules"},
    "process": {"core", "replay", "evaluation", "gpu_client", "schedules"},
    "gpu_client": set(),
    "searcher": {"evaluation", "process", "gpu_client", "schedules"},
    "tree_master": {"core", "replay", "evaluation", "process", "gpu_client", "remote", "schedules"},
    "remote": {"evaluation", "process", "gpu_client", "searcher"},
}
"""What of the daemon may import what else of it."""

PURE = {
    "__future__", "collections", "contextlib", "dataclasses", "functools", "hashlib", "heapq", "itertools", "math",
    "typing", "msgspec", "numba", "numpy",
}  # fmt: skip

SYSTEM = {"tree_memory": {"mmap", "pathlib"}, "__init__": {"pathlib"}}
"""What the core may ask of the system, and where: memory and how it grants it, and where compiled kernels lie."""


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


def inside_daemon(name: str) -> str:
    return name.split(".")[1] if name.startswith("daemon.") else ""


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_inside_the_daemon_run_one_way(floor: str) -> None:
    place = ROOT / "daemon" / floor
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
        others = {inside_daemon(name) for name in imports(path)} - {floor, ""}
        assert others <= FLOORS[floor], f"{path.relative_to(ROOT)} imports {others - FLOORS[floor]}"


PROGRAMS = {
    "shared": set(),
    "bridges": {"shared"},
    "review": {"shared", "pages"},
    "debugger": {"shared", "pages"},
    "strength": {"shared"},
    "learning": {"shared", "strength"},
    "api": {"shared", "review"},
    "pages": {"shared"},
    "web": {"shared", "pages", "review", "bridges", "debugger"},
}
"""What a kind of program may import of the others."""


@pytest.mark.parametrize("floor", PROGRAMS)
def test_imports_between_programs_run_one_way(floor: str) -> None:
    for path in sorted((ROOT / "zhugo" / floor).rglob("*.py")):
        inside = {name.split(".")[1] for name in imports(path) if name.startswith("zhugo.")}
        others = inside - {floor}
        assert others <= PROGRAMS[floor], f"{path.relative_to(ROOT)} imports {others - PROGRAMS[floor]}"


DEBUGGER = {
    "reading": set(),
    "explaining": {"reading"},
    "showing": {"reading", "explaining"},
    "reducing": {"reading", "explaining"},
}


@pytest.mark.parametrize("floor", DEBUGGER)
def test_imports_inside_the_debugger_run_one_way(floor: str) -> None:
    for path in sorted((ROOT / "zhugo" / "debugger" / floor).rglob("*.py")):
        inside = [name.split(".")[2] for name in imports(path) if name.startswith("zhugo.debugger.")]
        others = set(inside) - {floor}
        assert others <= DEBUGGER[floor], f"{path.relative_to(ROOT)} imports {others - DEBUGGER[floor]}"


def test_the_daemon_has_no_other_rooms() -> None:
    there = {
        path.stem for path in (ROOT / "daemon").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert there - {"__init__"} == FLOORS.keys()


def test_the_core_knows_messages_and_itself() -> None:
    for path in sorted((ROOT / "daemon" / "core").glob("*.py")):
        for name in imports(path):
            package = name.partition(".")[0]
            if package == "protocol":
                known = name.startswith(("protocol.messages", "protocol.principals", "protocol.packing"))
            elif package == "games":
                known = path.stem == "__init__" and name.startswith("games.kernel_cache")
            else:
                known = package in PURE | SYSTEM.get(path.stem, set()) | {"daemon"}
            assert known, f"daemon/core/{path.name} imports {name}"


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("daemon.core.scheduler", ["torch", "zmq", "games.go", "nets"]),
        ("daemon.tree_master", ["torch", "nets.net", "matplotlib"]),
        ("daemon.process.referee", ["torch", "zmq"]),
        ("daemon.replay.replay", ["torch", "zmq"]),
        ("protocol.client", ["torch", "numba", "games", "daemon"]),
        ("games.go.game", ["torch", "zmq", "nets", "protocol"]),
        ("nets", ["torch", "zmq", "protocol", "daemon"]),
        ("daemon.searcher", ["torch", "matplotlib"]),
        ("daemon.remote.program", ["torch", "matplotlib"]),
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
