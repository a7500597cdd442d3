"""OpenVINO on the CPU, whose own threads evaluate while the searcher's loop stays free."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from daemon.evaluation.devices.openvino_library import core, openvino, supported
from daemon.evaluation.devices.openvino_model import Model
from daemon.evaluation.lru_cache import LruCache
from daemon.gpu_client import Batch, Result
from nets import RawOutputs, decode
from protocol.messages import NetInfo

KEPT_BOARDS = 3
"""Sizes of board for which compiled models are kept; there are two for each, with their own copies of the weights."""

_ANY = -1
"""Instead of the number of positions: however many."""


class OpenVinoDevice:
    """One net on the CPU with ``threads`` threads, compiled for each size of board that comes along."""

    def __init__(self, model: Model, precision: str, threads: int, full: int, why: str = "") -> None:
        """``model``: already in bytes when ``precision`` is int8. ``full``: the size of most batches.

        For that one the model is compiled with its shape fixed, which saves a little time on every batch; and for any
        other at the same time, so that no search waits for it later.
        """
        self._model = model
        self._full = full
        self._settings = _settings(supported(model.rest or precision), threads)
        self._compiled: LruCache[tuple[int, int], dict[int, _Compiled]] = LruCache(KEPT_BOARDS)
        device = f"OpenVINO on the CPU, {precision}, {threads} thread{'s' if threads > 1 else ''}"
        self._info = NetInfo(model.name, model.sha256, model.features, device, why)

    @property
    def info(self) -> NetInfo:
        return self._info

    def submit(self, batch: Batch) -> _Running:
        n, _, height, width = batch.planes.shape
        self._model.check(height, width)
        compiled = self._compiled.get(
            (height, width), lambda: {size: self._compile(size, height, width) for size in (_ANY, self._full)}
        )
        return _Running(compiled.get(n, compiled[_ANY]), batch)

    def close(self) -> None:
        """Nothing is held that the garbage collector does not know."""

    def _compile(self, n: int, height: int, width: int) -> _Compiled:
        model = self._model.read()
        planes, global_inputs = model.inputs
        model.reshape(
            {
                planes: [n, planes.partial_shape[1].get_length(), height, width],
                global_inputs: [n, global_inputs.partial_shape[1].get_length()],
            }
        )
        return _Compiled(core().compile_model(model, "CPU", self._settings))


class _Compiled:
    """A compiled model and its requests that nobody uses at the moment."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._fixed = all(port.partial_shape.is_static for port in model.inputs)
        self._idle: list[_Request] = []

    def take(self) -> _Request:
        if self._idle:
            return self._idle.pop()
        request = self._model.create_infer_request()
        return _FixedRequest(request) if self._fixed else _Request(request)

    def give_back(self, request: _Request) -> None:
        self._idle.append(request)


class _Request:
    """A request for batches of any size, which reads the batch's own arrays."""

    def __init__(self, request: Any) -> None:
        self.own = request

    def start(self, batch: Batch) -> None:
        tensor = openvino().Tensor
        for index, array in enumerate((batch.planes, batch.global_inputs)):
            self.own.set_input_tensor(index, tensor(array, shared_memory=True))
        self.own.start_async()

    def outputs(self) -> RawOutputs:
        """What came out, overwritten by the next batch."""
        return RawOutputs(*(tensor.data for tensor in self.own.output_tensors))


class _FixedRequest(_Request):
    """A request for batches of one size, whose arrays are made once: a tensor takes longer to make than to fill."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self._inputs = [tensor.data for tensor in request.input_tensors]
        self._outputs = RawOutputs(*(tensor.data for tensor in request.output_tensors))

    def start(self, batch: Batch) -> None:
        for own, array in zip(self._inputs, (batch.planes, batch.global_inputs), strict=True):
            np.copyto(own, array)
        self.own.start_async()

    def outputs(self) -> RawOutputs:
        return self._outputs


class _Running:
    """A batch on its way through OpenVINO."""

    def __init__(self, compiled: _Compiled, batch: Batch) -> None:
        self._compiled = compiled
        self._batch = batch
        self._request = compiled.take()
        self._result: Result | None = None
        self._begin = time.monotonic()
        self._request.start(batch)

    def result(self, timeout: float | None = None) -> Result:
        if self._result is None:
            own = self._request.own
            if timeout is None:
                own.wait()
            elif not own.wait_for(max(1, int(timeout * 1000))):
                raise TimeoutError
            end = self._begin + own.latency / 1000.0
            self._result = Result(decode(self._request.outputs(), self._batch.positions), self._begin, end)
            self._compiled.give_back(self._request)
        return self._result


def _settings(precision: str, threads: int) -> dict[str, Any]:
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        # Searchers must not be pinned to the same cores, which they cannot know of each other.
        "ENABLE_CPU_PINNING": False,
    }
