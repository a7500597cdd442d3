"""How fast and how exact a net is behind each backend, measured part by part so that nothing of it is done twice."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path

import msgspec
import numpy as np

import nets
from daemon.evaluation.devices import real_positions
from daemon.evaluation.devices.accuracy import Accuracy, Compared, compare, evaluate, largest_board, summed
from daemon.evaluation.devices.backend_choice import Choice, exact
from daemon.evaluation.devices.backend_measurements import NetOnHardware
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.open_device import BATCHES, can_have, is_ready, make_ready, open_device
from daemon.gpu_client import Batch, Device
from nets import Evaluations
from nets.facts import features_of, game_of, sizes_of

STARTS = (1, 2, 3, 4)
"""Which positions of the bundled games are looked at; nets are calibrated on others."""

PART = 60
"""Positions of a part, at least: well below a second of work for the slowest net that people search with on a CPU."""

Keep = Callable[[Backend, str, Callable[[], bytes]], bytes]
"""Of a backend, under a name: as it was kept, or made and kept."""


class Measuring:
    """Measures backends of one net beside an exact one."""

    def __init__(
        self,
        net: Path,
        reference: Backend,
        threads: int,
        samples: Callable[[], Sequence[Batch]],
        keep: Keep = lambda _backend, _what, make: make(),
    ) -> None:
        """``samples``: the positions, each batch of one size of board."""
        self._net, self._reference, self._threads, self._samples, self._keep = net, reference, threads, samples, keep
        self._devices: dict[Backend, Device] = {}

    def accuracy(self, backend: Backend) -> Accuracy:
        """Of a backend, over all positions. Raises ``NetError``, ``DeviceError``, or ``GameError`` without any."""
        make_ready(self._net, backend, partial(self._keep, backend))
        parts = [self._compared(backend, number) for number in range(len(self._parts))]
        self._close(backend)
        return summed(parts, 1 if backend.device == "cuda" else self._threads)

    @cached_property
    def _parts(self) -> list[list[Batch]]:
        parts: list[list[Batch]] = [[]]
        for sample in self._samples():
            if sum(map(len, parts[-1])) >= PART:
                parts.append([])
            parts[-1].append(sample)
        return parts

    @cached_property
    def _largest(self) -> int:
        return largest_board([sample for part in self._parts for sample in part])

    def _compared(self, backend: Backend, number: int) -> Compared:
        def make() -> bytes:
            expected, seconds = self._expected(number)
            if backend != self._reference:
                found, seconds = self._evaluated(backend, number)
                return msgspec.json.encode(compare(expected, found, seconds))
            return msgspec.json.encode(compare(expected, expected, seconds))

        return msgspec.json.decode(self._keep(backend, f"compared {number}", make), type=Compared)

    def _expected(self, number: int) -> tuple[list[Evaluations], list[float]]:
        """What the exact backend says of a part."""
        return _unpacked(
            self._keep(self._reference, f"said {number}", lambda: _packed(*self._evaluated(self._reference, number)))
        )

    def _evaluated(self, backend: Backend, number: int) -> tuple[list[Evaluations], list[float]]:
        clock = time.perf_counter if backend.device == "cuda" else time.process_time
        size = BATCHES[backend.device]
        device = self._devices.get(backend)
        if device is None:
            device = self._devices[backend] = open_device(self._net, backend, self._threads, size)
        return evaluate(device, self._parts[number], size, clock, self._largest)

    def _close(self, backend: Backend) -> None:
        if (device := self._devices.pop(backend, None)) is not None:
            device.close()


def measure(net: Path, backends: Sequence[Backend], threads: int, starts: Sequence[int]) -> dict[Backend, Accuracy]:
    """How accurate and how fast each of these backends that the net can have is.

    They are set beside torch in f32. starts: as for ``samples_of``. Raises ``NetError``, ``DeviceError``, or
    ``GameError`` when none of the games is of a size that the net plays.
    """
    measuring = Measuring(net, Backend("torch", "f32"), threads, lambda: samples_of(net, starts))
    return {one: measuring.accuracy(one) for one in can_have(backends, game_of(net))}


def samples_of(net: Path, starts: Sequence[int] = STARTS) -> list[Batch]:
    """Positions to measure a net on, of the bundled games of Go that it plays, or of its own game played at random.

    starts: which of them, see ``real_positions.sample``. Raises ``NetError`` and ``GameError``.
    """
    if game_of(net) == "go":
        smallest, largest = sizes_of(net)
        return real_positions.sample(features_of(net), range(smallest, largest + 1), starts)
    loaded = nets.load(net)
    return [real_positions.played_at_random(loaded.game, loaded.spec, loaded.features)]


def complete(subject: NetOnHardware, backends: Sequence[Backend], threads: int) -> Choice:
    """Measure, and make ready, whatever may be better than what is known to be good: the final choice.

    Raises ``NetError``, ``DeviceError``, or ``GameError`` where there is nothing to measure with.
    """
    measuring = Measuring(subject.net, exact(backends), threads, lambda: samples_of(subject.net), subject.part)
    done: set[Backend] = set()
    while True:
        chosen = subject.choose(backends, lambda one: is_ready(subject.sha256, one))
        ahead = [one for one in chosen.ahead if one not in done]
        if not ahead:
            subject.tidy_up()
            return chosen
        done.add(ahead[0])  # where nothing can be kept it would be ahead for ever
        subject.keep(ahead[0], measuring.accuracy(ahead[0]))


def _packed(evaluations: Sequence[Evaluations], seconds: Sequence[float]) -> bytes:
    file = io.BytesIO()
    arrays = {f"{number} {name}": array for number, one in enumerate(evaluations) for name, array in vars(one).items()}
    np.savez(file, seconds=np.array(seconds), **arrays)
    return file.getvalue()


def _unpacked(content: bytes) -> tuple[list[Evaluations], list[float]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        fields: dict[int, dict[str, np.ndarray]] = {}
        for key in arrays.files:
            if key != "seconds":
                number, name = key.split()
                fields.setdefault(int(number), {})[name] = arrays[key]
        return [Evaluations(**fields[number]) for number in sorted(fields)], arrays["seconds"].tolist()
