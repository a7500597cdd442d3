"""The device that a searcher works with, chosen by its options and by what is known of the backends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import nets
from daemon.evaluation.devices import gpus
from daemon.evaluation.devices.backend_choice import Choice, exact, plain_words
from daemon.evaluation.devices.backend_measurements import NetOnHardware, hardware_of
from daemon.evaluation.devices.backends import Backend, ThisMachine, candidates
from daemon.evaluation.devices.emulated import EmulatedDevice, Emulation
from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.open_device import batch_request_for, can_have, is_ready, open_device
from daemon.evaluation.devices.switching_device import SwitchingDevice
from daemon.evaluation.devices.symmetries import SymmetricDevice
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.gpu_client import Device, DeviceError
from games import GameError
from nets.facts import game_of
from protocol.messages import BatchRequest

CACHE_MB = 64
"""Some 28,000 positions of 19x19, 100,000 of 9x9."""


def make_device(options: SearcherOptions) -> tuple[Device, BatchRequest]:
    """The device that the options name, and what to ask the master for. Raises ``NetError`` or ``DeviceError``.

    It is there within seconds, unless ``options.choice`` is to wait for the best one.
    """
    if options.device == "emulated":
        emulation = Emulation(options.latency, options.latency_per_leaf, options.outputs)
        number = options.device_number
        queue = Path(options.private) / ("device" if number is None else f"device-{number}")
        device = EmulatedDevice(queue, emulation, options.features, number=number)
        return _in_front(options, device), batch_request_for(options, "emulated")
    net = nets.BUNDLED if options.net is None else Path(options.net)
    game = game_of(net)
    if options.symmetries and game != "go":
        raise DeviceError(f"--symmetries: those of {game} are not known, only Go's")
    if options.device == "cuda" and options.device_number is not None:
        _take_gpu(options.device_number, options.device_numbers)
    backends = can_have(candidates(options.device, options.precision, ThisMachine()), game)
    if "auto" not in (options.device, options.precision):
        return _opened(options, net, Choice(backends[0], "as asked"))
    if game != "go":
        in_f32 = next((one for one in backends if one.precision == "f32"), backends[0])
        chosen = Choice(in_f32, f"{in_f32.precision}, which is exact, for a net that plays {game}")
    elif len(backends) == 1:
        chosen = Choice(backends[0], f"nothing but {backends[0]} to choose from")
    else:
        return _best(options, NetOnHardware.of(net, hardware_of(backends)), backends)
    _tell(options, plain_words(chosen))
    return _opened(options, net, chosen)


def _take_gpu(number: int, numbers: Sequence[int]) -> None:
    gpus.put_first(number, numbers, os.environ)
    if ThisMachine().missing("cuda") is None:
        import torch

        gpus.check_all_there(number, numbers, torch.cuda.device_count())


def _best(options: SearcherOptions, subject: NetOnHardware, backends: Sequence[Backend]) -> tuple[Device, BatchRequest]:
    """The best of several backends as far as it is known, or can be waited for."""
    chosen = subject.choose(backends, lambda one: is_ready(subject.sha256, one))
    if options.choice == "wait" and chosen.ahead:
        chosen = _waited_for(options, subject, backends)
    beside = options.choice == "background" and bool(chosen.ahead)
    more = "; what may be faster is measured in the background" if beside else ""
    _tell(options, plain_words(chosen) + more)
    device, batch_request = _opened(options, subject.net, chosen)
    if not beside:
        return device, batch_request
    from daemon.evaluation.devices.background import BackgroundChoice

    switching = SwitchingDevice(device)
    BackgroundChoice(
        switching,
        chosen,
        subject,
        backends,
        options.threads,
        lambda better: _opened(options, subject.net, better)[0],
        partial(_tell, options),
    )
    return switching, batch_request


def _waited_for(options: SearcherOptions, subject: NetOnHardware, backends: Sequence[Backend]) -> Choice:
    from daemon.evaluation.devices.measurement import complete

    names = ", ".join(map(str, backends))
    what = f"measuring speed and accuracy of the net by {names}, the first time only (a minute or two) …"
    _tell(options, what)
    try:
        return complete(subject, backends, options.threads)
    except GameError as error:
        why = f"{exact(backends)}, which is exact, since nothing can be measured: {error}"
        return Choice(exact(backends), why, trouble=str(error))


def _opened(options: SearcherOptions, net: Path, chosen: Choice) -> tuple[Device, BatchRequest]:
    batch_request = batch_request_for(options, chosen.backend.device)
    full = batch_request.per_tree or batch_request.leaves
    opened = open_device(net, chosen.backend, options.threads, full, chosen.why, options.device_number)
    return _in_front(options, opened), batch_request


def _in_front(options: SearcherOptions, device: Device) -> Device:
    """The device behind what the options put in front of it."""
    if options.symmetries:
        device = SymmetricDevice(device, options.symmetry_seed)
    # An emulated device is there to be busy.
    megabytes = (0 if options.device == "emulated" else CACHE_MB) if options.cache_mb is None else options.cache_mb
    return CachedDevice(device, megabytes << 20) if megabytes else device


def _tell(options: SearcherOptions, line: str) -> None:
    """One searcher speaks for all of a daemon's."""
    if options.first:
        print(line, file=sys.stderr, flush=True)  # noqa: T201
