"""What encoding and the device take here, for the choice of a schedule: in a process of its own, as a searcher's is.

Run as ``python -m daemon.evaluation.schedule_probe OPTIONS``; says ``Taken`` as JSON on standard output.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import msgspec
import numpy as np
from msgspec import Struct

from daemon.evaluation.child_process import command, environment
from daemon.evaluation.devices.searcher_device import make_device
from daemon.evaluation.encoder import Encoder
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.gpu_client import DeviceError
from protocol.messages import Grant, GrantPart

RUNS = 3
SIZE = 19


class Taken(Struct, frozen=True):
    """Seconds of an encoding of 19x19, and of a ``batch`` on the device."""

    encode: float
    latency: float
    batch: int


def probe(options: SearcherOptions) -> Taken:
    """Ask a process. Raises ``DeviceError`` with its last line where it cannot say."""
    words = command("daemon.evaluation.schedule_probe", msgspec.json.encode(options).decode())
    done = subprocess.run(
        words, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DeviceError((done.stderr.strip().splitlines() or ["the probe of the device failed"])[-1])
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Taken)


def measure(options: SearcherOptions) -> Taken:
    """By this process."""
    device, batch_request = make_device(options)
    encoder, leaves = Encoder(device.info.features), batch_request.leaves
    grant = Grant(
        0,
        "go",
        SIZE * SIZE + 1,
        [GrantPart(0, 0, {"size": SIZE}, [], False)],
        np.arange(leaves + 1, dtype=np.int32),
        np.arange(leaves, dtype=np.uint16),
    )
    encodings, batches = [], []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        encoded = encoder.encode(grant)
        encodings.append((time.perf_counter() - began) / leaves)
        assert encoded.batch is not None
        result = device.submit(encoded.batch).result()
        batches.append(result.end - result.begin)
    # the first of each loads and compiles
    encode = statistics.median(encodings[1:]) + options.encode_seconds
    return Taken(encode, statistics.median(batches[1:]), leaves)


def main() -> None:
    """See the module."""
    print(msgspec.json.encode(measure(msgspec.json.decode(sys.argv[1], type=SearcherOptions))).decode())  # noqa: T201


if __name__ == "__main__":
    main()
