"""A searcher behind a slow link: how busy its device is, by the link's delay and the batches in flight.

The daemon and the searcher run in network namespaces of their own, joined by a pair of virtual interfaces on which
``tc netem`` delays and loses packets. Where the kernel has none of that a relay in this process can delay what passes;
it loses nothing.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from protocol import messages as m
from protocol.client import Client
from protocol.errors import ProtocolError
from zhugo.shared.errors import UserError

DELAYS_MS, LOSSES, IN_FLIGHT = (1.0, 20.0, 80.0), (0.0, 0.01), (1, 2, 4, 8)
SESSIONS, BOARD, BATCH, DEVICE_MS = 16, 9, 16, 20.0
PATIENCE = 120.0
_PORT = 47_555
_HERE, _THERE = "10.213.7.1", "10.213.7.2"


@dataclass(frozen=True)
class Link:
    """``delay_ms``: of a round trip; half of it on each way. ``loss``: the share of packets that is lost."""

    delay_ms: float
    loss: float = 0.0


@dataclass(frozen=True)
class Row:
    """What one searcher made of a link."""

    delay_ms: float
    loss: float
    in_flight: int
    device_busy: float
    leaves_per_second: float


class Namespaces:
    """Two of them, joined; for root, on a kernel that has them and netem. A context manager. Raises ``UserError``."""

    def __init__(self) -> None:
        self._names = [f"zhugo-links-{end}" for end in ("a", "b")]

    @property
    def daemon(self) -> list[str]:
        """What stands before the daemon's command line."""
        return ["ip", "netns", "exec", self._names[0]]

    @property
    def searcher(self) -> list[str]:
        """What stands before the searcher's."""
        return ["ip", "netns", "exec", self._names[1]]

    def address(self) -> str:
        """Where the daemon listens."""
        return f"tcp://{_HERE}:{_PORT}"

    @contextmanager
    def through(self, link: Link) -> Iterator[str]:
        """The link is so within the block; the address that the searcher connects to."""
        for name, device in zip(self._names, ("zhugo-va", "zhugo-vb"), strict=True):
            how = ["delay", f"{link.delay_ms / 2:g}ms", *(["loss", f"{link.loss:.2%}"] if link.loss else [])]
            _run("ip", "netns", "exec", name, "tc", "qdisc", "replace", "dev", device, "root", "netem", *how)
        yield self.address()

    def __enter__(self) -> Namespaces:
        try:
            for name in self._names:
                _run("ip", "netns", "add", name)
            _run("ip", "link", "add", "zhugo-va", "type", "veth", "peer", "name", "zhugo-vb")
            for name, device, place in zip(self._names, ("zhugo-va", "zhugo-vb"), (_HERE, _THERE), strict=True):
                _run("ip", "link", "set", device, "netns", name)
                inside = ("ip", "netns", "exec", name, "ip")
                _run(*inside, "addr", "add", f"{place}/24", "dev", device)
                _run(*inside, "link", "set", device, "up")
                _run(*inside, "link", "set", "lo", "up")
            with self.through(Link(1.0)):
                pass
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._names:  # the interfaces go with them
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(f"there is no {command[0]} here: install iproute2, or use --relay") from None
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise UserError(
            f"no slow link can be made here ({' '.join(command)}: {said}); --relay delays without the kernel"
        )


class Relay:
    """In place of namespaces: a relay that delays what passes it by half of the delay, each way. A context manager."""

    daemon: Sequence[str] = ()
    searcher: Sequence[str] = ()

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay")

    def address(self) -> str:
        """Where the daemon listens."""
        return f"tcp://127.0.0.1:{_PORT}"

    @contextmanager
    def through(self, link: Link) -> Iterator[str]:
        """See ``Namespaces``."""
        if link.loss:
            raise UserError("--relay loses nothing; leave losses out")
        server = asyncio.run_coroutine_threadsafe(self._listen(link.delay_ms / 2e3), self._loop).result(PATIENCE)
        try:
            yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            self._loop.call_soon_threadsafe(server.close)

    async def _listen(self, delay: float) -> asyncio.Server:
        async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there = await asyncio.open_connection("127.0.0.1", _PORT)
            await asyncio.gather(_delayed(reader, there[1], delay), _delayed(there[0], writer, delay))

        return await asyncio.start_server(met, "127.0.0.1", 0)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _delayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Everything from one to the other, so much later."""
    on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def arrive() -> None:
        while (item := await on_the_way.get())[1]:
            await asyncio.sleep(item[0] - loop.time())
            writer.write(item[1])
        writer.close()

    arriving = asyncio.ensure_future(arrive())
    data = b"x"
    while data:
        try:
            data = await reader.read(1 << 16)
        except OSError:
            data = b""
        on_the_way.put_nowait((loop.time() + delay, data))
    await arriving


def measure(
    seconds: float = 4.0,
    delays: Sequence[float] = DELAYS_MS,
    losses: Sequence[float] = LOSSES,
    in_flight: Sequence[int] = IN_FLIGHT,
    relay: bool = False,
) -> dict[str, Any]:
    """A row for each delay, loss and number of batches in flight. Raises ``UserError`` where no link can be made."""
    rows = []
    with ExitStack() as stack:
        place = stack.enter_context(Relay()) if relay else stack.enter_context(Namespaces())
        own = f"ipc://{stack.enter_context(tempfile.TemporaryDirectory(prefix='zl-'))}/d"
        options = ("--address", own, "--address", place.address(), "--searchers", "0", "--device", "emulated")
        stack.enter_context(_process(*place.daemon, *_python("daemon.tree_master"), *options, "--insecure"))
        with Client.connect(own, "links", PATIENCE) as client:
            for number in range(SESSIONS):
                opened = client.open(f"tree {number}", "go", {"size": BOARD})
                opened.search(m.Limits())
            for delay in delays:
                for loss in [0.0] if relay else losses:
                    for count in in_flight:
                        rows.append(_one(client, place, Link(delay, loss), count, seconds))
    return {
        "link": "relay" if relay else "netem",
        "device_ms_a_batch": DEVICE_MS,
        "batch": BATCH,
        "sessions": SESSIONS,
        "board": BOARD,
        "rows": [asdict(row) for row in rows],
    }


def _one(client: Client, place: Namespaces | Relay, link: Link, count: int, seconds: float) -> Row:
    emulated = ("--device", "emulated", "--latency-ms", f"{DEVICE_MS:g}", "--batch", str(BATCH))
    with place.through(link) as address:
        command = (*place.searcher, *_python("daemon.remote.program"), "--connect", address, *emulated)
        with _process(*command, "--in-flight", str(count), "--name", "far"):
            _until(lambda: len(client.status().searchers) == count)
            first = client.status()
            _until(lambda: client.status().batches > first.batches + 4 * count)
            before, began = client.status(), time.monotonic()
            time.sleep(seconds)
            after, took = client.status(), time.monotonic() - began
    _until(lambda: not client.status().searchers)
    busy = min(1.0, (after.device_seconds - before.device_seconds) / took)
    return Row(link.delay_ms, link.loss, count, busy, (after.leaves - before.leaves) / took)


def _until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise ProtocolError(f"the searcher does not do its work within {PATIENCE:g} s")
        time.sleep(0.05)


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


@contextmanager
def _process(*command: str) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def draw(figures: dict[str, Any], path: Path) -> None:
    """Device busy against the delay, a line for each number of batches in flight; dashed with loss."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    colors = plt.get_cmap("viridis")
    counts = sorted({row["in_flight"] for row in figures["rows"]})
    for loss in sorted({row["loss"] for row in figures["rows"]}):
        for place, count in enumerate(counts):
            rows = [row for row in figures["rows"] if (row["in_flight"], row["loss"]) == (count, loss)]
            axes.plot(
                [row["delay_ms"] for row in rows],
                [100.0 * row["device_busy"] for row in rows],
                "o--" if loss else "o-",
                color=colors(place / max(1, len(counts) - 1)),
                label=f"{count} in flight" + (f", {loss:.0%} lost" if loss else ""),
            )
    axes.set(xscale="log", xlabel="round trip of the link, ms", ylabel="device busy, %", ylim=(0, 105))
    axes.set_title(f"{figures['device_ms_a_batch']:g} ms a batch of {figures['batch']}, link: {figures['link']}")
    axes.legend()
    figure.savefig(path)
    plt.close(figure)
