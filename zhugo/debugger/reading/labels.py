"""What people call the peers, the moves and the messages of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

import games
from daemon.core.session import Session
from games import GameError
from protocol import messages as m
from zhugo.debugger.reading.recording import Recording
from zhugo.shared.errors import UserError

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

ROOT = "root"
"""The word for no moves at all."""


class People:
    """The peers: searchers are A, B … in the order in which they said hello, clients have their own names."""

    def __init__(self, recording: Recording) -> None:
        self._names = {b"": "the shell"}
        self.searchers: list[bytes] = []
        for sender, hello in recording.hellos:
            if sender in self._names:
                continue
            if hello.role == "searcher":
                self._names[sender] = f"searcher {_letter(len(self.searchers))}"
                self.searchers.append(sender)
            else:
                self._names[sender] = hello.name

    def __getitem__(self, peer: bytes) -> str:
        return self._names.get(peer, f"peer {peer.hex()}")


def _letter(number: int) -> str:
    return LETTERS[number] if number < len(LETTERS) else str(number + 1)


@lru_cache(64)
def _loaded(game: str, spec: bytes) -> Any:
    try:
        return games.load(game, msgspec.msgpack.decode(spec))
    except GameError:
        return None


def game_of(session: Session) -> Any:
    """The game that a session is about, or None where the package ``games`` knows none such."""
    return _loaded(session.game, msgspec.msgpack.encode(session.spec))


def move_name(session: Session, move: int) -> str:
    """The vertex of a move where the game has such, else its number."""
    return _name(game_of(session), move)


def _name(game: Any, move: int) -> str:
    has_vertices = hasattr(game, "vertex") and move < game.num_moves
    return str(game.vertex(move)) if has_vertices else str(move)


@lru_cache(64)
def _numbers(game: str, spec: bytes, num_moves: int) -> dict[str, int]:
    """Every move of a game by its name, in small letters."""
    return {_name(_loaded(game, spec), move).lower(): move for move in range(num_moves)}


def line(session: Session, moves: Sequence[int]) -> str:
    """A line of moves, as ``moves_of`` reads it."""
    return " ".join(move_name(session, move) for move in moves) or ROOT


def moves_of(session: Session, text: str) -> list[int]:
    """The moves of a line as ``line`` writes it. Raises ``UserError``."""
    if text.strip().lower() in ("", ROOT):
        return []
    numbers = _numbers(session.game, msgspec.msgpack.encode(session.spec), session.num_moves)
    try:
        return [numbers[word.lower()] for word in text.replace(",", " ").split()]
    except KeyError as error:
        raise UserError(f"{error.args[0]!r} is no move of session {session.name!r}") from None


def message(told: m.AnyMessage | None) -> str:
    """A message in a few words."""
    match told:
        case None:
            return "an orderly end"
        case m.Select(batch_request):
            return f"Select({_batch_request(batch_request)})"
        case m.Grant():
            return f"Grant({told.grant}: {_count(len(told.offsets) - 1, 'leaf', 'leaves')})"
        case m.Update(grant=grant, batch_request=batch_request):
            leaves = _count(len(told.to_play), "leaf", "leaves")
            return (
                f"Update({grant}: {leaves}{'' if batch_request is None else f'; next {_batch_request(batch_request)}'})"
            )
        case m.PackedUpdate(grant=grant):
            return f"PackedUpdate({grant}: {_count(told.leaves, 'leaf', 'leaves')})"
        case m.Failed(grant, reason):
            return f"Failed({grant}: {reason})"
        case m.Report():
            how = f", final: {told.reason}" if told.final else ""
            why = f": {told.failure}" if told.failure else ""
            return f"Report({told.session}: {told.visits} visits{how}{why})"
        case m.DeviceChanged(net):
            return f"DeviceChanged({net.device})"
        case m.Hello(name=name, role=role):
            return f"Hello({role} {name!r})"
        case m.Refused(reason):
            return f"Refused({reason})"
        case m.Revoked(grant):
            return f"Revoked({grant})"
        case m.Paused(seconds):
            return f"Paused({seconds:.3g} s)"
        case m.SwapNet(net=net) | m.NetSwapped(refused=net):
            return f"{type(message).__name__}({net})"
        case m.SetBounds():
            return "SetBounds"
        case m.Drain(step):
            return f"Drain({step})"
        case m.Principals(principals):
            return f"Principals({_count(len(principals), 'principal', 'principals')})"
        case m.Restored(serial):
            return f"Restored(session number {serial})"
        case m.StoreLost(serial, reason):
            return f"StoreLost(session number {serial}: {reason})"
        case m.MalformedInput(reason):
            return f"no message ({reason})"
    session = getattr(told, "session", None)
    return f"{type(told).__name__}({session or ''})"


def _batch_request(batch_request: m.BatchRequest) -> str:
    speculation = f", {'shallow ' if batch_request.shallow else ''}speculation too" if batch_request.speculate else ""
    return f"{batch_request.leaves} wanted{speculation}"


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
