"""A net while it learns: weights, their running average, optimizer, and what one step is."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from zhugo.learning.training.batches import Batch
from zhugo.learning.training.hints import Hints
from zhugo.learning.training.losses import counts, losses, weighted
from zhugo.learning.training.net import Config, Model, dump
from zhugo.learning.training.optimizer import Optimizer
from zhugo.learning.training.plan import Training
from zhugo.learning.training.replicas import Replicas, devices_of
from zhugo.learning.training.schedule import Phase, one_phase, rate
from zhugo.shared.errors import UserError
from zhugo.shared.out_of_memory import SMALLER_NET, is_out_of_memory


@dataclass(frozen=True)
class Step:
    """What a step found. losses: means over the rows that they are for. norm: of the gradient. rate: it went at.

    hints: the error of each, from the first depth to the last; none without hints.
    """

    losses: dict[str, float]
    norm: float
    rate: float
    hints: tuple[float, ...] = ()


class Trainer:
    """A net that learns. ``parts``: so many parts a batch is taken in, for the device's memory."""

    def __init__(
        self,
        config: Config,
        model: Model,
        training: Training,
        say: Callable[[str], None],
        *,
        phases: Sequence[Phase] = (),
        hints: Hints | None = None,
        devices: Sequence[torch.device] = (),
    ) -> None:
        """``say`` hears, in a line, what a person should know. ``phases``: one, as ``training`` has it, if none.
        ``devices``: those of ``training`` if none; with hints it is one.

        Raises ``UserError`` for a GPU that is not there.
        """
        self.config, self.training, self._say = config, training, say
        self.phases = tuple(phases) or one_phase(training)
        devices = devices or devices_of(training)
        self.device = devices[0]
        self.module = copy.deepcopy(model).to(self.device).requires_grad_(True).train()
        self.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.hints = hints
        if hints is not None:
            hints.to(self.device)
        self.steps = self.positions = self.phase = self.phase_began = 0
        self.parts = 1
        self.optimizer = Optimizer(self.module)
        self.average = _averaged(self.module, self.phases[0].average)
        on_gpu = self.device.type == "cuda"
        halves = on_gpu and torch.cuda.is_bf16_supported(including_emulation=False)
        self._half = training.precision == "bfloat16" or (training.precision == "auto" and halves)
        compiled = hints is None and (training.compile == "on" or (training.compile == "auto" and on_gpu))
        self._replicas = Replicas(self.module, devices, compiled)

    @property
    def search_share(self) -> float:
        """How much of the value to learn is the search's by now."""
        mix = self.training.mix
        return mix.first + (mix.last - mix.first) * min(1.0, self.positions / mix.positions)

    def learn(self, batch: Batch, progress: float) -> Step:
        """One step down the losses of a batch; ``progress`` is the share of the training that is over.

        A batch for which the device's memory is too small is taken in halves, and so are those after it.
        Raises ``UserError`` when one position is too many, and when the losses are no numbers any more.
        """
        while self.phase + 1 < len(self.phases) and progress >= self.phases[self.phase].until:
            self._begin_phase(self.phase + 1)
        while True:
            try:
                sums, hints = self._gradients(batch)
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._halve(len(batch))
        rate = self.rate(progress)
        norm = self.optimizer.step(rate)
        self._replicas.spread()
        if not math.isfinite(norm):
            raise UserError(f"step {self.steps + 1}: the losses are no numbers any more; try a lower training.rate")
        self.average.update_parameters(self.module)
        self.steps += 1
        self.positions += len(batch)
        of = counts(batch)
        return Step({name: total / of[name] for name, total in sums.items()}, norm, rate, hints)

    def rate(self, progress: float) -> float:
        """The learning rate of the next step."""
        begins = self.phases[self.phase - 1].until if self.phase else 0.0
        return rate(self.phases[self.phase], begins, progress, self.steps - self.phase_began)

    def dump(self) -> bytes:
        """The file of the net to play with: that of the averaged weights."""
        module = copy.deepcopy(self.average.module).cpu()
        assert isinstance(module, Model)
        return dump(self.config, module)

    def state_dict(self) -> dict[str, Any]:
        """Everything that ``load_state_dict`` needs to go on."""
        return {
            "module": self.module.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "hints": None if self.hints is None else self.hints.state_dict(),
            "steps": self.steps,
            "positions": self.positions,
            "phase": self.phase,
            "phase_began": self.phase_began,
            "parts": self.parts,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where ``state_dict`` was taken."""
        self.module.load_state_dict(state["module"])
        self._replicas.spread()
        self._begin_phase(state["phase"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.hints is not None:
            self.hints.load_state_dict(state["hints"])
        self.steps, self.positions, self.parts = state["steps"], state["positions"], state["parts"]
        self.phase_began = state["phase_began"]

    def _begin_phase(self, number: int) -> None:
        """Gradients may be of another size from now on: the optimizer forgets the old ones."""
        self.phase, self.phase_began = number, self.steps
        self.optimizer = Optimizer(self.module)
        self.average = _averaged(self.module, self.phases[number].average)

    def _gradients(self, batch: Batch) -> tuple[dict[str, float], tuple[float, ...]]:
        """Leave the gradients with the optimizer; the sums of the losses, and the means of the hints' errors."""
        self.optimizer.clear()
        of = counts(batch)
        sums: dict[str, float] = {}
        missed = torch.zeros(0)
        for found, of_part in self._replicas.learn(
            batch, self.parts, lambda k, part: self._gradients_of(k, part, of, len(part) / len(batch))
        ):
            sums = {name: sums.get(name, 0.0) + total for name, total in found.items()}
            missed = missed + of_part if len(missed) else of_part
        return sums, tuple(missed.tolist())

    def _gradients_of(
        self, replica: int, part: Batch, of: dict[str, float], share: float
    ) -> tuple[dict[str, float], Tensor]:
        """What a part of a batch, so large a ``share`` of it, adds to that; its gradients stay with the replica."""
        part = part.to(self._replicas.devices[replica])
        outputs, errors = self._outputs(replica, part)
        sums = losses(outputs, part, self.search_share)
        total = weighted(sums, of, self.training.weights)
        missed = torch.zeros(0)
        if self.hints is not None:
            of_part = torch.stack(errors) * share
            total = total + self.hints.weight * of_part.sum()
            missed = of_part.detach().cpu()
        total.backward()  # type: ignore[no-untyped-call]
        return {name: float(one.detach()) for name, one in sums.items()}, missed

    def _outputs(self, replica: int, part: Batch) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """The net's outputs, and how far it is from each hint, if there are any."""
        if self.hints is None:
            with self._arithmetic():
                return self._replicas.forwards[replica](part.planes, part.globals_), []
        targets = self.hints.targets(part)
        with self._arithmetic():
            trunk, outputs = self.hints.forward(self.module, part, targets, self.phases[self.phase].fed)
        return outputs, self.hints.errors(trunk, targets)

    def _arithmetic(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16) if self._half else nullcontext()

    def _halve(self, rows: int) -> None:
        self.optimizer.clear()
        torch.cuda.empty_cache()
        if self.parts >= rows:
            raise UserError(f"out of device memory with a single position: {SMALLER_NET}")
        self.parts = min(rows, 2 * self.parts)
        self._say(f"out of device memory: batches of {rows} are taken in {self.parts} parts from now on")


def _averaged(module: Model, kept: float) -> AveragedModel:
    return AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(kept))  # type: ignore[no-untyped-call]
