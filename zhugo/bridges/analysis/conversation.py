"""One client: reads its lines, and sends its answers. Its ids are its own; another client may use the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import msgspec

from protocol.errors import ProtocolError
from zhugo.bridges.analysis import answers
from zhugo.bridges.analysis.absent import Absent
from zhugo.bridges.analysis.answers import Answer
from zhugo.bridges.analysis.engine import Engine, Task
from zhugo.bridges.analysis.errors import QueryError, shortened
from zhugo.bridges.analysis.query import read
from zhugo.bridges.analysis.request import Request, Send
from zhugo.bridges.analysis.settings import Settings
from zhugo.shared.models import Model, model_in, models

MAX_LINE = 1 << 24
"""Bytes of a line that are read; the longest query of a real client, a game of thousands of moves, has some 100,000."""

SPEAKS = "1.15.0"
"""The version of KataGo whose analysis protocol this is, for clients that ask for a version to know what they may send.
"""

MODEL_SECONDS, MODEL_POLL = 120.0, 0.1
"""How long a daemon may take to load its net, and how often it is asked."""

ACTIONS = ("query_version", "query_models", "clear_cache", "terminate", "terminate_all")


class Conversation:
    """One client's side of an engine."""

    def __init__(self, engine: Engine, settings: Settings, send: Send, absent: Absent | None = None) -> None:
        """``absent``: queries of clients that were cut off; this one may be such a client."""
        self._engine = engine
        self._settings = settings
        self._send = send
        self._absent = absent or Absent(engine)
        self._waiting: list[threading.Thread] = []

    def take(self, line: bytes) -> None:
        """Do what a line asks for; nothing that can stand in it raises."""
        if not line.strip():
            return
        try:
            query = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            shown = shortened(line.decode("utf-8", errors="replace").strip(), 200)
            self._say(answers.error(f"no JSON ({error}): {shown}"))
            return
        if not isinstance(query, dict):
            self._say(answers.error(f"a query is an object, not {shortened(query)}"))
        elif not isinstance(query.get("id"), str):
            self._say(answers.error("a query needs a field id, a string"))
        else:
            self._take_object(query, query["id"])

    def refuse(self, text: str) -> None:
        """Say that something else is wrong with a line."""
        self._say(answers.error(text))

    def drain(self) -> None:
        """Wait until everything is answered, or the daemon is lost."""
        for thread in self._waiting:
            thread.join()
        self._engine.drain()

    def end(self) -> None:
        """The client has gone: what it asked for is not wanted any more."""
        self._engine.terminate(lambda task: task.request.send is self._send)

    def leave(self) -> None:
        """The client was cut off, and may come back for what it asked for."""
        self._absent.keep(self._send)

    def _take_object(self, query: dict[str, Any], query_id: str) -> None:
        try:
            if isinstance(query.get("action"), str):
                self._act(query, query["action"])
            else:
                self._analyze(query, query_id)
        except QueryError as error:
            self._say(answers.error(str(error), query_id, error.field))
        except ProtocolError as error:
            self._say(answers.error(str(error), query_id, "action"))

    def _analyze(self, query: Mapping[str, Any], query_id: str) -> None:
        turns, warnings = read(query, self._settings)
        if _asks_for_people(query) and not self._engine.imitates_people():
            warnings.append(("overrideSettings", "no net imitates people: give one with --human-net"))
        for field, text in warnings:
            self._say(answers.warning(text, query_id, field))
        under_way = self._absent.claim(query, self._send)
        wanted = [turn for turn in turns if turn.number not in under_way]
        request = Request(query, self._send, [turn.number for turn in wanted])
        self._engine.submit([Task(turn, request) for turn in wanted])

    def _act(self, query: dict[str, Any], action: str) -> None:
        match action:
            case "query_version":
                query["version"] = f"{SPEAKS}+zhugo-{version('zhugo').replace('.', '-')}"
                query["git_hash"] = f"zhugo {version('zhugo')}"
            case "query_models":
                self._tell_models(query)
                return
            case "clear_cache":
                self._engine.client.clear_cache()  # there are no trees to drop: none outlives its turn
            case "terminate":
                target = query.get("terminateId")
                if not isinstance(target, str):
                    raise QueryError("terminateId", "a string, the id of the query to terminate")
                self._terminate(query, lambda task: task.turn.wishes.id == target)
            case "terminate_all":
                self._terminate(query, lambda _task: True)
            case _:
                self._say(answers.error(f"an action is one of {', '.join(ACTIONS)}, not {shortened(action)}"))
                return
        self._say(query)

    def _terminate(self, query: Mapping[str, Any], chosen: Callable[[Task], bool]) -> None:
        turns = query.get("turnNumbers")
        if turns is not None and not (isinstance(turns, list) and all(type(turn) is int for turn in turns)):
            raise QueryError("turnNumbers", "a list of whole numbers")
        self._engine.terminate(
            lambda task: (
                task.request.send is self._send and chosen(task) and (turns is None or task.turn.number in turns)
            )
        )

    def _tell_models(self, query: dict[str, Any]) -> None:
        """Now, or as soon as the daemon has its net, which takes a while at first; other clients need not wait."""
        if known := self._models():
            self._say({**query, "models": known})
        else:
            waiting = threading.Thread(target=self._wait_for_models, args=[query], name="analysis models", daemon=True)
            self._waiting.append(waiting)
            waiting.start()

    def _wait_for_models(self, query: dict[str, Any]) -> None:
        known: list[Model] = []
        deadline = time.monotonic() + MODEL_SECONDS
        with suppress(ProtocolError):  # without a daemon there are none
            while not known and time.monotonic() < deadline:
                time.sleep(MODEL_POLL)
                known = self._models()
        self._say({**query, "models": known})

    def _models(self) -> list[Model]:
        known = models(self._engine.client.status())
        beside = self._engine.human_net
        return [*known, *([model_in(beside.file)] if known and beside is not None else [])]

    def _say(self, answer: Answer) -> None:
        self._send(answer)


def _asks_for_people(query: Mapping[str, Any]) -> bool:
    asked = query.get("overrideSettings", {})
    return any(name.startswith("humanSL") and asked[name] for name in asked)
