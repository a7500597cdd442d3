"""What is asked of training, as presets and ``--set`` have it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Weight = Annotated[float, Meta(ge=0.0, le=1000.0)]
Positive = Annotated[int, Meta(ge=1, le=2**40)]


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a new net: residual blocks, and filters, the channels of its trunk."""

    blocks: Annotated[int, Meta(ge=1, le=100)] = 4
    filters: Annotated[int, Meta(ge=8, le=1024)] = 64


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """Of the losses in their sum; those of lead and ownership count where game and net have them."""

    policy: Weight = 1.0
    value: Weight = 1.0
    lead: Weight = 0.05
    ownership: Weight = 0.2


class Mix(Struct, frozen=True, forbid_unknown_fields=True):
    """The value to learn: (1 - s) · result + s · value of the search. s goes evenly from ``first`` to ``last`` over the
    first ``positions`` positions that are learned from.
    """

    first: Share = 0.0
    last: Share = 0.5
    positions: Positive = 1_000_000


class Growth(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of the youngest positions are drawn from.

    All N of them up to c = ``first``, then c · (1 + β ((N/c)^α - 1) / α) with α = ``exponent``, β = ``slope`` (Wu 2019,
    "Accelerating Self-Play Learning in Go", appendix C). Slope 0: always the last c.
    """

    first: Positive = 250_000
    exponent: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.75
    slope: Share = 0.4

    def size(self, positions: int) -> int:
        """The size of the window when there are so many positions in all."""
        if positions <= self.first:
            return positions
        grown = ((positions / self.first) ** self.exponent - 1) / self.exponent
        return int(self.first * (1 + self.slope * grown))


class Training(Struct, frozen=True, forbid_unknown_fields=True):
    """batch: positions of a step. rate, last_rate: the learning rates as a share of ``optimizer.RATE``, at the start
    and, down along a cosine, at the end. warm_up: steps from 0 to the rate. average: weight that the running average of
    the weights, which is the net that plays, keeps at each step. symmetries: whether boards are turned at random.
    device: cuda is the first GPU, cuda:0,1 are these, each with its share of every batch; auto is a GPU, or the CPU.
    precision, compile: auto is half precision and torch.compile on a GPU and neither on a CPU. threads: of the net's
    arithmetic on a CPU. loaders: threads that prepare batches beside a GPU. save_every: steps from one checkpoint to
    the next."""

    batch: Annotated[int, Meta(ge=1, le=65_536)] = 256
    rate: Annotated[float, Meta(gt=0.0, le=10.0)] = 0.3
    last_rate: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.03
    warm_up: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    average: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.99
    symmetries: bool = True
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    compile: Literal["auto", "on", "off"] = "auto"
    device: Annotated[str, Meta(pattern=r"^(auto|cpu|cuda(:[0-9]+(,[0-9]+)*)?)$")] = "auto"
    threads: Annotated[int, Meta(ge=1, le=256)] = 1
    loaders: Annotated[int, Meta(ge=1, le=256)] = 4
    save_every: Annotated[int, Meta(ge=1, le=1_000_000)] = 200
    weights: Weights = Weights()
    mix: Mix = Mix()
    window: Growth = Growth()
