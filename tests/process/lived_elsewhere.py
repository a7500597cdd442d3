"""Lives through the traces of its arguments and says what came out, as JSON: for settings of another machine."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from numba.core.dispatcher import Dispatcher

from daemon.core import backup, collisions, search_report, search_tree, selection
from daemon.process.referee import referee_of
from daemon.replay.replay import again, first_core
from protocol.trace import TraceReader

FUSED = re.compile(r"\bvfn?m(?:add|sub)\w*")
"""A multiplication and an addition that are rounded once: not what a machine without them computes."""


def lived(path: Path) -> dict[str, Any]:
    """The first difference, and a digest of every tree behind every event."""
    reader = TraceReader(path)
    core = first_core(reader, referee_of(reader.header))
    digest, differences = hashlib.blake2b(digest_size=16), []
    for _, record in reader:
        differences.append(again(core, record))
        digest.update(repr(core.digests()).encode())
    return {"difference": str(next(filter(None, differences), None)), "digest": digest.hexdigest()}


def fused() -> list[str]:
    """Kernels of the core that hold such instructions. Raises ``AssertionError`` if none was compiled here."""
    kernels = {
        name: "".join(kernel.inspect_asm().values())
        for module in (search_tree, selection, backup, collisions, search_report)
        for name, kernel in vars(module).items()
        if isinstance(kernel, Dispatcher)
    }
    assert len(kernels["_select_paths"]) > 10_000, "a kernel that came from the disk cannot be looked at"
    return [name for name, code in kernels.items() if FUSED.search(code)]


if __name__ == "__main__":
    traces = {path.name: lived(path) for path in map(Path, sys.argv[1:])}
    json.dump({"traces": traces, "fused": fused()}, sys.stdout)
