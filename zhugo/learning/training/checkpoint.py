"""What a training keeps of itself to go on from: the file ``state.pt`` of its folder.

version: 2. identity: text by name, of what must be the same when it goes on. known: the files of samples that it had
found. trainer: see ``Trainer.state_dict``. seconds: spent on its steps.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from protocol.files import write_whole
from zhugo.shared.errors import UserError, one_line

STATE = "state.pt"
VERSION = 2

State = dict[str, Any]


def _of_version_1(state: State) -> State:
    """What self-play's training wrote before there were phases and hints."""
    trainer = {"phase": 0, "phase_began": 0, "hints": None, **state["trainer"]}
    return {"identity": {"shape": state["shape"]}, "known": state["known"], "trainer": trainer, "seconds": 0.0}


@dataclass(frozen=True)
class Checkpoint:
    """The file in a folder. identity: as the file has it. what: the same in words, for who is refused. upgraded: what
    makes a state of today of one that has no version."""

    directory: Path
    identity: Mapping[str, str]
    what: str
    upgraded: Callable[[State], State] = _of_version_1

    def read(self) -> State | None:
        """None where there is none. Raises ``UserError`` for one of something else, and one that cannot be read."""
        path = self.directory / STATE
        try:
            state: State = torch.load(path, map_location="cpu", weights_only=True)
            if "version" not in state:
                state = self.upgraded(state)
            elif state["version"] != VERSION:
                raise UserError(f"run {self.directory}: {STATE} is of version {state['version']}, not {VERSION}")
        except FileNotFoundError:
            return None
        except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"run {self.directory}: {STATE} cannot be read: {one_line(error)}") from None
        if state["identity"] != self.identity:
            raise UserError(f"run {self.directory}: it was begun with {self.what}")
        return state

    def write(self, state: State) -> None:
        """Keep it, whole or not at all. Raises ``OSError`` on a full disk, and leaves what was kept before."""
        kept = io.BytesIO()
        torch.save({"version": VERSION, "identity": dict(self.identity), **state}, kept)
        write_whole(self.directory / STATE, kept.getvalue())
