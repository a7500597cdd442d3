"""What becomes of each request and each batch, as spans of OpenTelemetry. Loaded only where they are asked for."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from daemon.core.peers import Peer
from daemon.process.journaled_core import Taken
from daemon.process.options import OptionError
from protocol import messages as m

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
except ImportError as error:
    raise OptionError(f"--otlp needs pip install 'zhugo[telemetry]': {error}") from error

MOST_OPEN = 1 << 16
"""Requests, and batches, that are waited for at a time; beyond it the oldest are forgotten."""


@dataclass(frozen=True)
class _Open:
    """What a span will say. ``began``: nanoseconds of the wall clock."""

    name: str
    began: int
    attributes: dict[str, str | int | float]


class Spans:
    """A span for each request of a client, from its arrival to its answer, and one for each batch of a searcher."""

    def __init__(self, processor: SpanProcessor, version: str = "") -> None:
        resource = Resource.create({"service.name": "zhugo-searchd", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("zhugo")
        self._requests: OrderedDict[tuple[bytes, int], _Open] = OrderedDict()
        self._batches: OrderedDict[tuple[bytes, int], _Open] = OrderedDict()

    @classmethod
    def to(cls, url: str, version: str = "") -> Spans:
        """Sent to this collector by a thread of its own; what it does not take is lost."""
        return cls(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)), version)

    def took(self, sender: bytes, taken: Taken, seconds: float, peers: Mapping[bytes, Peer]) -> None:
        """The core took this event, in so many seconds."""
        now, message = time.time_ns(), taken.message
        began = now - int(seconds * 1e9)
        request = getattr(message, "request", None)
        if isinstance(message, m.Update | m.PackedUpdate | m.Failed):
            self._end(self._batches, (sender, message.grant), now, type(message).__name__)
        elif message is not None and request is not None and (peer := peers.get(sender)) is not None:
            told: dict[str, str | int | float] = {"zhugo.client": peer.hello.name, "zhugo.core_seconds": seconds}
            if (session := getattr(message, "session", None)) is not None:
                told["zhugo.session"] = session
            self._open(self._requests, (sender, request), _Open(type(message).__name__, began, told))
        for receiver, answer in taken.answers:
            if isinstance(answer, m.Grant):
                name = "" if (peer := peers.get(receiver)) is None else peer.hello.name
                of_batch: dict[str, str | int | float] = {
                    "zhugo.searcher": name,
                    "zhugo.leaves": len(answer.offsets) - 1,
                    "zhugo.sessions": len(answer.parts),
                }
                self._open(self._batches, (receiver, answer.grant), _Open("batch", now, of_batch))
            elif (number := getattr(answer, "request", None)) is not None and getattr(answer, "final", True):
                self._end(self._requests, (receiver, number), now, _described(answer))

    def close(self) -> None:
        """Send what is not sent yet."""
        self._provider.shutdown()

    def _open(self, where: OrderedDict[tuple[bytes, int], _Open], key: tuple[bytes, int], span: _Open) -> None:
        where[key] = span
        if len(where) > MOST_OPEN:
            where.popitem(last=False)

    def _end(self, where: OrderedDict[tuple[bytes, int], _Open], key: tuple[bytes, int], now: int, answer: str) -> None:
        if (found := where.pop(key, None)) is not None:
            attributes = found.attributes | {"zhugo.answer": answer}
            self._tracer.start_span(found.name, start_time=found.began, attributes=attributes).end(now)


def _described(answer: m.Outbound) -> str:
    """How a request was answered: the kind of the answer, and why a search ended."""
    kind = type(answer).__name__
    return f"{kind}: {answer.reason}" if isinstance(answer, m.Report | m.Refused) else kind
