"""A searcher: the loop select → encode → submit → update, in a process of its own.

It holds a net and no tree. While the device works on its batch another searcher encodes the next one; that is all there
is to the double-buffer step. Started by the master as ``python -m daemon.searcher OPTIONS`` with a pipe as standard
input, whose end means that the master is dead. A process that starts one for a daemon elsewhere keeps that pipe open:
such a searcher waits for a daemon that goes away, and greets it again. Exits with 2 and one line on stderr when it
cannot work as asked.
"""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

import games
import nets
from daemon.evaluation.devices import winograd_kernels, winograd_steps
from daemon.evaluation.devices.gathering_device import GatheringDevice
from daemon.evaluation.devices.searcher_device import make_device
from daemon.evaluation.encoder import Encoder, LeafEncoder, SlowerEncoder
from daemon.evaluation.encoder_pool import EncoderPool
from daemon.evaluation.evaluator import Evaluator
from daemon.evaluation.searcher_options import FATAL, FATAL_CODE, SearcherOptions
from daemon.evaluation.walkers import names_of, walk
from daemon.gpu_client import Device, DeviceError, Pending, Result
from daemon.process.compiling import compiling
from daemon.schedules.service import course_for, walkers_for
from games import GameError
from nets import NetError
from protocol import messages as m
from protocol.addresses import takes_connections
from protocol.errors import ConnectionLost, ProtocolError, RefusedError, WrongDaemon
from protocol.packing import packed
from protocol.sockets import Dealer
from protocol.transport import Transport

FIRST_HEARTBEAT = 1.0

SOON = 1.0
"""Seconds in which no grant is revoked; who took longer looks whether his was."""

LAST_MOMENT = 2.0
"""Seconds between hearing that the connection is lost and giving up hope that the master's death explains it."""

REMOVE_TRIES = 20

RECONNECT_SECONDS, RECONNECT_POLL = 600.0, 0.5
"""How long a searcher of somebody else's daemon waits for it to be there again, and how often it looks."""


@dataclass(frozen=True)
class Circumstances:
    """Those of a searcher that no master started.

    ``machine``: whose clock its times are of, as ``Hello`` has it. ``ends``: whether to finish what is held, say
    goodbye and work no more; looked at whenever the transport has nothing. ``welcomed`` is called when a master has
    taken it. ``packs``: results go out as ``PackedUpdate``.
    """

    machine: str = ""
    packs: bool = False
    ends: Callable[[], bool] = lambda: False
    welcomed: Callable[[], None] = lambda: None


class Searcher:
    """The loop over any transport and device."""

    def __init__(
        self,
        transport: Transport,
        device: Device,
        batch_request: m.BatchRequest,
        name: str,
        circumstances: Circumstances | None = None,
        encoder: LeafEncoder | None = None,
    ) -> None:
        self._around = circumstances or Circumstances()
        self._transport = transport
        self._evaluator = Evaluator(device, batch_request, encoder)
        token = secrets.token_hex(16)  # by which the master knows that what we held is lost
        self._hello = m.Hello(
            m.PROTOCOL_VERSION, "searcher", name, os.getpid(), device.info, token, self._around.machine
        )
        self._welcomed = False  # over the connection that it has now
        self._greeting = False
        self._unread: deque[m.AnyMessage] = deque()
        self._heartbeat = FIRST_HEARTBEAT
        self._last_sent = time.monotonic()
        self._asked = self._last_sent
        """When the master was asked for the work that is waited for."""

    def go_over(self, transport: Transport) -> None:
        """Work over another connection the next time, for the last one is lost."""
        self._transport, self._welcomed = transport, False
        self._unread.clear()

    def run(self) -> None:
        """Work until the master says ``Retire``. Raises ``ConnectionLost`` when it is gone.

        Raises ``RefusedError`` when it does not take the hello with which a connection begins.
        """
        self._greet()
        while True:
            message = self._unread.popleft() if self._unread else self._transport.receive(self._until_heartbeat())
            match message:
                case None if self._around.ends():
                    self._send(m.Goodbye())
                    return
                case None:
                    self._tell_news()
                    self._live()
                case m.Refused() if self._greeting and not self._welcomed:
                    raise RefusedError(message.reason)
                case m.Revoked():
                    continue  # of a result that was sent by then: the batch request with it is taken
                case m.Grant() | m.Refused() | m.NotGreeted() if self._greeting:
                    continue  # from before our hello, which released whatever we held
                case m.Welcome():
                    self._greeting, self._welcomed = False, True
                    self._around.welcomed()
                    self._evaluator.greeted()
                    self._heartbeat = message.heartbeat
                    self._send(m.Select(self._evaluator.batch_request))
                    self._asked = self._last_sent
                case m.Grant():
                    self._tell_news()
                    answer = self._answer(message)
                    if time.monotonic() - self._asked > SOON and self._is_revoked(message.grant):
                        answer = m.Failed(message.grant, "it took too long", self._evaluator.batch_request)
                    if self._around.packs and isinstance(answer, m.Update):
                        answer = packed(answer)
                    self._send(msgspec.structs.replace(answer, batch_request=None) if self._around.ends() else answer)
                    self._asked = self._last_sent
                case m.Refused() | m.NotGreeted():
                    # The master gave up on us: silent for too long. What we held is lost; begin again, once however
                    # many of our messages were refused: a second hello would release what the first one brought.
                    self._greet()
                case m.ClearEvaluations():
                    self._evaluator.clear_evaluations()
                case m.Retire():
                    self._send(m.Goodbye())
                    return
                case _:
                    raise ConnectionLost(f"the master sent a {type(message).__name__}, which is not for searchers")

    def _greet(self) -> None:
        self._greeting = True
        self._send(msgspec.structs.replace(self._hello, net=self._evaluator.device.info))

    def _tell_news(self) -> None:
        if (news := self._evaluator.news()) is not None:
            self._send(news)

    def _answer(self, grant: m.Grant) -> m.Update | m.PackedUpdate | m.Failed:
        try:
            begun = self._evaluator.begin(grant, self._asked)
            return self._evaluator.finish(begun, None if begun.pending is None else self._wait(begun.pending))
        except ConnectionLost:
            raise
        except Exception as error:  # whatever the net or the game trips over concerns this grant alone
            return self._evaluator.failed(grant, error)

    def _is_revoked(self, grant: int) -> bool:
        """Whether the master wants this one's result no more. What else has come stays unread."""
        while (message := self._transport.receive(0.0)) is not None:
            self._unread.append(message)
        return any(isinstance(message, m.Revoked) and message.grant == grant for message in self._unread)

    def _wait(self, pending: Pending[Result]) -> Result:
        while True:
            try:
                return pending.result(self._until_heartbeat())
            except TimeoutError:
                self._live()

    def _send(self, message: m.Inbound) -> None:
        self._transport.send(message)
        self._last_sent = time.monotonic()

    def _live(self) -> None:
        """A sign of life when one is due."""
        if self._until_heartbeat() <= 0.0:
            self._send(m.Heartbeat())

    def _until_heartbeat(self) -> float:
        return max(0.0, self._last_sent + self._heartbeat - time.monotonic())


def warm_up(info: m.NetInfo) -> None:
    """Load or compile what a searcher needs, the kernels of Go only where the device is for Go."""
    if info.device.startswith(winograd_kernels.DEVICE):
        with compiling("convolutions", 7, Path(winograd_kernels.__file__)):
            winograd_steps.warm_up()
    with compiling("what reads a net's outputs", 3, Path(nets.__file__)):
        none, nothing = np.zeros(0, np.float32), np.zeros((0, 1), np.bool_)
        nobody = games.Positions(np.zeros(0, np.int8), np.zeros(0, np.bool_), none, none, nothing)
        nets.decode(nets.RawOutputs(np.zeros((0, 1), np.float32), none), nobody)
    try:
        games.load("go", {"size": 9}).feature_shapes(info.features)
    except GameError:
        return
    with compiling("the Go kernels", 35, Path(games.__file__)):
        grant = m.Grant(
            0, "go", 82, [m.GrantPart(0, -1, {"size": 9}, [], False)], np.zeros(2, np.int32), np.zeros(0, np.uint16)
        )
        Encoder(info.features).encode(grant)


def make_encoder(options: SearcherOptions, features: str, batch: int) -> LeafEncoder:
    """What encodes for a searcher: itself, or the processes that its schedule wants."""
    course = course_for(options.schedule, options.encoders, batch)
    if course is not None:
        return EncoderPool(features, course, options.encode_seconds)
    return SlowerEncoder(features, options.encode_seconds) if options.encode_seconds else Encoder(features)


def work_in_batches() -> None:
    """Have the system know that this process computes for long at a time, so that it takes no core from the master.

    What this thread starts later has it too. Of ten pairs of runs of b6c96 on 9x9, two searchers on two cores, nine
    made more visits a second with it, 15 % by the median; on 19x19 there was no difference.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):  # not everyone may
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def die_with_master(private: Path) -> threading.Thread:
    """From now on the end of standard input ends this process, and removes what a killed master left behind.

    Returns the thread that does so. Code that notices the master's death otherwise gives it a moment.
    """

    def wait() -> None:
        while os.read(0, 64):  # not sys.stdin: its lock would be held when the interpreter ends
            pass
        remove(private)
        os._exit(1)

    watch = threading.Thread(target=wait, name="watch over the master", daemon=True)
    watch.start()
    return watch


def remove(private: Path) -> None:
    """Remove a daemon's private directory, into which another of its processes may write until that is gone."""
    for _ in range(REMOVE_TRIES):
        shutil.rmtree(private, ignore_errors=True)
        if not private.exists():
            return


def _works(searcher: Searcher) -> bool:
    """Have it work: whether it was told to retire. False when the connection is lost."""
    try:
        searcher.run()
    except WrongDaemon:
        raise
    except ConnectionLost as error:
        with suppress(OSError):  # where the master is dead nobody reads it
            print(f"{error}; waiting for it to come back", file=sys.stderr)  # noqa: T201
        return False
    return True


def _find_again(address: str) -> Dealer:
    """A connection to the daemon there, once somebody listens again. Raises ``ConnectionLost``."""
    deadline = time.monotonic() + RECONNECT_SECONDS
    while not takes_connections(address):
        if time.monotonic() > deadline:
            raise ConnectionLost(f"the daemon at {address} did not come back within {RECONNECT_SECONDS:g} s")
        time.sleep(RECONNECT_POLL)
    return Dealer(address)


def main() -> None:
    """See the module."""
    options = msgspec.json.decode(sys.argv[1], type=SearcherOptions)
    work_in_batches()
    watch = die_with_master(Path(options.private))
    try:
        device, batch_request = make_device(options)
        if options.sha256 not in ("", device.info.sha256):
            raise NetError(f"net {options.net}: the file holds another net than when the daemon began")
        warm_up(device.info)
        gc.freeze()  # what is loaded by now stays: looking for garbage in it takes 50 ms, in the middle of a search
        count = walkers_for(options.schedule, options.batch)
        if count > 1:
            device = GatheringDevice(device)

        def work(name: str) -> None:
            encoder = make_encoder(options, device.info.features, batch_request.leaves)
            transport = Dealer(options.address)
            searcher = Searcher(transport, device, batch_request, name, encoder=encoder)
            while not _works(searcher):
                watch.join(LAST_MOMENT)  # the death of its master ends a searcher here
                transport.abandon()
                transport = _find_again(options.address)
                searcher.go_over(transport)
            transport.close()

        if count > 1:
            walk(names_of(options.name, count), work)
        else:
            work(options.name)
    except (NetError, GameError, DeviceError) as error:
        print(f"{FATAL}{error}", file=sys.stderr)  # noqa: T201
        sys.exit(FATAL_CODE)
    except ProtocolError as error:
        with suppress(OSError):  # where the master is dead nobody reads it
            print(error, file=sys.stderr)  # noqa: T201
        watch.join(LAST_MOMENT)
        sys.exit(1)
    os._exit(0)  # torch takes its time to go, and leaves nothing that the end of the process does not remove


if __name__ == "__main__":
    main()
