"""Whatever a file holds, reading it ends in a net or in one line; and what was read can be played with."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nets.errors import NetError
from nets.files import format_of
from nets.katago.model import KataGoModel
from nets.katago.parse import read as read_katago
from nets.katago.rewrite import rewrite
from nets.leela_zero.model import LeelaZeroModel
from nets.leela_zero.weights import read as read_leela_zero
from tests.unit import leela_zero_writer
from tests.unit.katago_writer import POOLING, RESIDUAL, Attention, FeedForward, Spec, write

BLOCKS: Any = ([RESIDUAL], POOLING)
FILES = {
    "version 8, binary": write(Spec(8, (RESIDUAL, POOLING))),
    "version 16, binary": write(Spec(16, BLOCKS, "ACTIVATION_MISH")),
    "version 15, text": write(Spec(15, BLOCKS, "ACTIVATION_SILU", binary=False)),
    "with an encoder": write(Spec(15, BLOCKS, metadata=True, rms=1)),
    "transformer": write(Spec(17, (Attention(), [FeedForward()], Attention(rotation="learned")), rms=0)),
    "leela zero": leela_zero_writer.write(leela_zero_writer.weights(1, 3, 5)),
}
SOME = [b"", b"\n", b" ", b"0", b"-1", b"9999999999", b"nan", b"1e39", b"@BIN@", b"\0", b"\xff\xfe", b"%s", b"a" * 300]

Edit = tuple[float, int, bytes]
"""Where, as a share of the content; how many bytes go; what comes instead."""


@st.composite
def edits(draw: st.DrawFn) -> list[Edit]:
    """A few changes, most of them near the front, where the words are close together."""
    where = st.one_of(st.floats(0, 0.02), st.floats(0, 1))
    what = st.one_of(st.sampled_from(SOME), st.binary(max_size=8))
    return draw(st.lists(st.tuples(where, st.integers(0, 12), what), min_size=1, max_size=4))


def broken(content: bytes, changes: list[Edit], length: float) -> bytes:
    """The content with the changes made, then cut to a share of its length."""
    for share, gone, come in changes:
        at = int(share * len(content))
        content = content[:at] + come + content[at + gone :]
    return content[: int(length * len(content))]


def attempt(data: bytes, play: Callable[[bytes], torch.nn.Module]) -> torch.nn.Module | None:
    """The net, or None where the refusal was one line; warnings are for nobody."""
    refusal = "none"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return play(data)
        except NetError as error:
            refusal = str(error)
    assert "\n" not in refusal
    assert 0 < len(refusal) < 500
    return None


def katago(data: bytes) -> torch.nn.Module:
    description = read_katago(data)
    return KataGoModel(description)


def leela_zero(data: bytes) -> torch.nn.Module:
    return LeelaZeroModel(read_leela_zero(data))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=100)
@given(edits(), st.one_of(st.just(1.0), st.floats(0, 1)), st.booleans())
def test_a_broken_file_is_refused_in_one_line_or_read(
    name: str, changes: list[Edit], length: float, packed: bool
) -> None:
    data = broken(FILES[name], changes, length)
    data = gzip.compress(data, 1) if packed else data
    model = attempt(data, leela_zero if name == "leela zero" else katago)
    if isinstance(model, KataGoModel):
        planes = torch.zeros(1, model.conv.in_channels, 5, 5)
        assert model(planes, torch.zeros(1, model.own_globals + model.own_players))[0].shape == (1, 26)
    elif model is not None:
        assert model(torch.zeros(1, 18, 5, 5), torch.ones(1, 1))[0].shape == (1, 26)


@settings(max_examples=200)
@given(st.binary(max_size=3000), st.booleans())
def test_bytes_that_are_no_net(noise: bytes, packed: bool) -> None:
    def play(data: bytes) -> torch.nn.Module:
        return leela_zero(data) if format_of(data) == "Leela Zero" else katago(data)

    assert attempt(gzip.compress(noise) if packed else noise, play) is None


@settings(max_examples=50)
@given(st.integers(3, 17), st.integers(0, 1000), st.booleans())
def test_nothing_is_lost_on_the_way_to_the_other_form_and_back(version: int, seed: int, binary: bool) -> None:
    content = write(Spec(version, BLOCKS, binary=binary, seed=seed, policies=2 if version == 17 else None))
    other = rewrite(content, binary=not binary)
    assert (b"@BIN@" in other) != binary
    again = rewrite(other, binary=binary)
    if binary:
        assert again == content
    ours, theirs = KataGoModel(read_katago(content)), KataGoModel(read_katago(other))
    for name, weights in ours.state_dict().items():
        np.testing.assert_array_equal(weights.numpy(), theirs.state_dict()[name].numpy())
