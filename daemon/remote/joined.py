"""Logical searchers over one device: each has a connection of its own, which it makes again for as long as it lives.

A searcher has at most one grant. So over a slow link the device of one would stand still while a result travels and the
next leaves come; several of them keep it at work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from daemon.evaluation.devices.shared_device import SharedDevice
from daemon.gpu_client import Device
from daemon.remote.ending import Ending, Pauses
from daemon.remote.fetching import Asking
from daemon.searcher import Circumstances, Searcher
from protocol.addresses import takes_connections
from protocol.errors import ConnectionLost, ProtocolError, RefusedError, WrongDaemon
from protocol.messages import BatchRequest
from protocol.transport import Transport

Connect = Callable[[int], Transport]
"""A new connection to the daemon, whose waiting ends when this file descriptor becomes readable."""

Tell = Callable[[str], None]


class NeverWorks(Exception):
    """This searcher can never work for that daemon; the text is one clear line."""


class OtherNet(Exception):
    """The daemon evaluates with another net now."""


FULL = "the most that this daemon takes"
"""Stands in the refusal of a daemon that may have a place later."""


@dataclass(frozen=True)
class Daemon:
    """The daemon that is worked for, and how its connections are made."""

    address: str
    connect: Connect

    def is_there(self) -> bool:
        """Whether somebody listens at its address."""
        return takes_connections(self.address)


class Joined:
    """See the module."""

    def __init__(
        self,
        daemon: Daemon,
        device: Device,
        batch_request: BatchRequest,
        names: Sequence[str],
        machine: str,
        tell: Tell,
        packs: bool,
    ) -> None:
        """``names``: of the logical searchers. ``machine``: as ``Hello`` has it; ``tell`` hears of one."""
        self._daemon = daemon
        self._names = names
        self._machine = machine
        self._tell, self._packs = tell, packs
        self._batch_request = batch_request
        self._device = SharedDevice(device)
        self._sha256 = device.info.sha256
        self._failure: BaseException | None = None

    def run(self, ending: Ending) -> None:
        """Work until it is to end. Raises ``NeverWorks`` or ``OtherNet``; then nobody works any more."""
        threads = [
            threading.Thread(target=self._live, args=(name, ending, index == 0), name=name, daemon=True)
            for index, name in enumerate(self._names)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(1.0)  # a signal is taken between two calls
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Let go of the device."""
        self._device.close()

    def _live(self, name: str, ending: Ending, speaks: bool) -> None:
        def tell(text: str) -> None:
            if speaks:
                self._tell(text)

        pauses = Pauses()
        try:
            while not ending.came():
                if self._daemon.is_there():
                    why = self._work(name, ending, pauses, tell)
                else:
                    why = f"nobody listens at {self._daemon.address}"
                if not ending.came():
                    pause = pauses.next()
                    tell(f"{why}; the next try is in {pause:g} s")
                    ending.wait(pause)
        except BaseException as error:  # whatever it is, it ends all of them
            self._failure = self._failure or error
            ending.end()

    def _work(self, name: str, ending: Ending, pauses: Pauses, tell: Tell) -> str:
        """Join and work: why that is over."""
        transport = self._daemon.connect(ending.descriptor)
        over = transport.abandon
        try:
            if Asking(transport, ending.came).facts().sha256 != self._sha256:
                raise OtherNet

            def welcomed() -> None:
                pauses.begin_again()
                tell(f"joined {self._daemon.address} as {name}")

            circumstances = Circumstances(self._machine, self._packs, ending.came, welcomed)
            Searcher(transport, self._device, self._batch_request, name, circumstances).run()
            over = transport.close  # so that the goodbye goes out
            return "the daemon has ended"
        except WrongDaemon as error:
            raise NeverWorks(str(error)) from error
        except RefusedError as error:
            return self._refused(error)
        except ConnectionLost as error:
            return str(error)
        except ProtocolError as error:
            raise NeverWorks(str(error)) from error
        finally:
            over()

    def _refused(self, error: RefusedError) -> str:
        if "evaluates with" in error.reason:
            raise OtherNet from error
        if FULL in error.reason:
            return error.reason
        raise NeverWorks(f"the daemon at {self._daemon.address} does not take this searcher: {error.reason}") from error
