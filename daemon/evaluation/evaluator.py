"""What a searcher does with a grant: encode its leaves, submit them, and make the update of what comes back."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.queued_device import QueuedDevice
from daemon.evaluation.devices.switching_device import SwitchingDevice
from daemon.evaluation.encoder import Encoded, Encoder, LeafEncoder
from daemon.gpu_client import Device, Pending, Result
from games import takes_optimism
from nets import half_prior_bits
from protocol import messages as m

_NOBODY_ASKED = _ALL_UNSAID = np.zeros((0, 0), np.float32)
_NONE_SEEN = np.zeros((0, 2), np.float32)

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True)
class Begun:
    """A grant whose leaves are with the device, if any of them need it; times on the monotonic clock.

    ``asked``: when its work was asked for.
    """

    grant: m.Grant
    encoded: Encoded
    pending: Pending[Result] | None
    asked: float
    begun: float
    submitted: float


class Evaluator:
    """Grants in, updates out, on one device. At most one grant may be between ``begin`` and ``finish``."""

    def __init__(self, device: Device, batch_request: m.BatchRequest, encoder: LeafEncoder | None = None) -> None:
        """``batch_request``: what every answer asks for next. ``encoder``: if not one of this process alone."""
        self.device = device
        self.batch_request = replace(batch_request, optimistic=takes_optimism(device.info.features))
        self._told = device.info
        self._encoder: LeafEncoder = encoder or Encoder(device.info.features)

    def begin(self, grant: m.Grant, asked: float) -> Begun:
        """Encode and submit; returns at once. Raises whatever game or device trip over."""
        begun = time.monotonic()
        encoded = self._encoder.encode(grant)
        submitted = time.monotonic()
        pending = None if encoded.batch is None else self.device.submit(encoded.batch)
        return Begun(grant, encoded, pending, asked, begun, submitted)

    def finish(self, begun: Begun, result: Result | None) -> m.Update:
        """What to tell the master; ``result``: of what is pending, None where nothing is."""
        positions, live = begun.encoded.positions, begun.encoded.live
        value, lead = positions.result, positions.lead
        priors = np.full(positions.legal.shape, m.ILLEGAL_PRIOR, np.uint16)
        ownership = _NOBODY_ASKED
        scores_seen = errors_seen = _NONE_SEEN
        began, ended, cached = begun.submitted, begun.submitted, 0
        if result is not None and begun.encoded.batch is not None:
            seen, began, ended, cached = result.evaluations, result.begin, result.end, result.cached
            value, lead = _with_rows(value, live, seen.value), _with_rows(lead, live, seen.lead)
            priors = _with_rows(priors, live, half_prior_bits(seen.priors, begun.encoded.batch.positions.legal))
            scores_seen, errors_seen = seen.score, seen.errors
            if seen.ownership.shape[1] and any(part.ownership for part in begun.grant.parts):
                none = np.zeros((len(value), seen.ownership.shape[1]), np.float32)
                ownership = _with_rows(none, live, seen.ownership)
        self._encoder.done(True)
        phases = m.Phases(begun.asked, begun.begun, begun.submitted, began, ended, time.monotonic())
        terminal = positions.terminal.view(np.uint8)
        return m.Update(
            begun.grant.grant,
            phases,
            positions.to_play,
            terminal,
            value,
            lead,
            priors,
            ownership,
            self.batch_request,
            cached,
            _pairs(positions.lead, live, scores_seen),
            _pairs(np.zeros(len(value), np.float32), live, errors_seen),
            positions.patterns,
            positions.keys,
        )

    def news(self) -> m.DeviceChanged | None:
        """What to tell the master of the device when it has become another one since it was last asked."""
        info = self.device.info
        if info == self._told:
            return None
        self._told = info
        return m.DeviceChanged(info)

    def greeted(self) -> None:
        """A master has welcomed us, maybe another one than before."""
        self._encoder.forget_positions()

    def clear_evaluations(self) -> None:
        """Evaluate anew what was evaluated before, if anything of it is remembered."""
        if isinstance(self.device, CachedDevice | SwitchingDevice | QueuedDevice):
            self.device.clear_evaluations()

    def failed(self, grant: m.Grant, error: Exception) -> m.Failed:
        """What to tell the master of a grant that cannot be evaluated."""
        self._encoder.done(False)
        lines = str(error).splitlines() or [type(error).__name__]
        return m.Failed(grant.grant, lines[0][:1000], self.batch_request)


def _with_rows(of_all: NDArray[_T], rows: NDArray[np.int64], new: NDArray[_T]) -> NDArray[_T]:
    """``of_all``, in which the ascending ``rows`` are replaced by those of ``new``."""
    if len(rows) == len(of_all):
        return np.ascontiguousarray(new)
    of_all = of_all.copy()
    of_all[rows] = new
    return of_all


def _pairs(at_end: NDArray[np.float32], live: NDArray[np.int64], seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """The score or the errors of all leaves as an ``Update`` has them, from those that were seen of the live ones.

    Where the game is over a pair is ``at_end``, of which there is one for every leaf, and 0; NaN where that is.
    """
    pairs = seen
    if len(live) < len(at_end):
        pairs = np.stack((at_end, np.where(np.isnan(at_end), at_end, np.float32(0.0))), axis=1)
        pairs[live] = seen
    is_unsaid = len(pairs) == 0 or (math.isnan(pairs[0, 0]) and bool(np.isnan(pairs).all()))
    return _ALL_UNSAID if is_unsaid else pairs
