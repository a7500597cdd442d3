"""What loading says of files that hold no net: one line, soon, and never a traceback or another net."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch

import nets
from nets.facts import check
from nets.katago.parse import read
from nets.katago.rewrite import rewrite
from nets.zhugo_model import Config, ZhuGoModel, dump

NET = Path(__file__).parents[3] / "shared" / "nets" / "katago-b6c96.bin.gz"
NESTED = NET.with_name("katago-b5c192nbt-random.bin.gz")
LEARNED = NET.with_name("katago-b7c96h6kv3qk32v16tflrs-transformer.bin.gz")
PACKED = NET.read_bytes()
PLAIN = gzip.decompress(PACKED)


def small_zhugo_net(seed: int = 1) -> bytes:
    torch.manual_seed(seed)
    config = Config("small", blocks=2, channels=8, pooling=(1,), pooled=4, head=4, hidden=8)
    return dump(config, ZhuGoModel(config))


def story(path: Path) -> str:
    """The one line of the refusal; it names the file."""
    with pytest.raises(nets.NetError) as refusal:
        nets.load(path)
    text = str(refusal.value)
    assert text.startswith(f"net {path}: ")
    assert "\n" not in text
    if not text.endswith(("checksum of the weights does not hold", "header cannot be read")):
        with pytest.raises(nets.NetError) as sooner:
            check(path)
        assert str(sooner.value) == text
    return text.removeprefix(f"net {path}: ")


T = TypeVar("T")


def attempt(read: Callable[[], T]) -> tuple[T | None, str]:
    """What was read, or None and the line of the refusal."""
    try:
        return read(), ""
    except nets.NetError as error:
        return None, str(error)


def edited(old: bytes, new: bytes) -> bytes:
    assert old in PLAIN
    return gzip.compress(PLAIN.replace(old, new, 1), 1)


BAD_FILES: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty", lambda: b"", "the file is empty"),
    ("text", lambda: b"A diary.\nNothing happened today.\n", "no net: it begins as neither"),
    ("one word", lambda: b"zhugo", "no net: it begins as neither"),
    ("zeros", lambda: bytes(100_000), "no net: it begins as neither"),
    ("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), "no net: it begins as neither"),
    ("gzipped text", lambda: gzip.compress(b"A diary."), "no net: it begins as neither"),
    ("half of the file", lambda: PACKED[: len(PACKED) // 2], "truncated: the gzip stream ends early"),
    ("a header alone", lambda: PACKED[:40], "no net: it begins as neither"),
    ("half, unpacked", lambda: PLAIN[: len(PLAIN) // 2], "truncated: ends within the weights of "),
    ("twice", lambda: PACKED + PACKED, "corrupted: something follows the gzip stream"),
    ("twice, unpacked", lambda: PLAIN + PLAIN, "corrupted: something follows vownership/w"),
    ("version 1000", lambda: edited(b"\n8\n", b"\n1000\n"), "model version 1000 of net g170-b6c96"),
    ("a new block", lambda: edited(b"gpool_block", b"other_block"), "block 'other_block' of model version 8"),
    ("a block of no kind", lambda: edited(b"gpool_block", b"12345678901"), "block '12345678901' of model version 8"),
    ("other channels", lambda: edited(b"rconv1/norm1\n96\n", b"rconv1/norm1\n95\n"), "takes 95 channels where 96 come"),
    (
        "no channels",
        lambda: edited(b"rconv1/norm1\n96\n", b"rconv1/norm1\n0\n"),
        "corrupted: '0' for channels of rconv1",
    ),
    ("a bomb", lambda: gzip.compress(b"net\n8\n" + bytes(200_000_000), 1), "unpacks to far more than a net holds"),
    ("half of our own", lambda: small_zhugo_net()[:-100], "checksum of the weights does not hold"),
    ("no safetensors", lambda: (9).to_bytes(8, "little") + b"{notjson}", "the safetensors header cannot be read"),
]


@pytest.mark.parametrize(("content", "expected"), [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_refuses(tmp_path: Path, content: Callable[[], bytes], expected: str) -> None:
    path = tmp_path / "net.bin.gz"
    path.write_bytes(content())
    assert expected in story(path)


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    assert story(tmp_path / "missing.bin.gz") == "No such file or directory"
    assert story(tmp_path) == "Is a directory"


@pytest.mark.parametrize("seed", range(60))
def test_a_flipped_bit_of_a_packed_net_is_refused_or_harmless(seed: int) -> None:
    rng = random.Random(seed)
    broken = bytearray(PACKED)
    broken[rng.randrange(len(broken)) if seed >= 20 else seed] ^= 1 << rng.randrange(8)
    found, refusal = attempt(lambda: read(bytes(broken)))
    assert "\n" not in refusal
    if found is not None:
        # gzip's own header has bytes that mean nothing
        assert seed < 20
        np.testing.assert_array_equal(found.value.to_outcome.bias, read(PACKED).value.to_outcome.bias)


@pytest.mark.parametrize("seed", range(60))
def test_an_unpacked_net_with_garbage_is_refused_or_read(seed: int) -> None:
    rng = random.Random(seed)
    broken = bytearray(PLAIN[: rng.randrange(len(PLAIN))]) if rng.random() < 0.3 else bytearray(PLAIN)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(min(len(broken), rng.choice((100, 20_000, len(broken)))))
        broken[at : at + rng.randrange(9)] = rng.randbytes(rng.randrange(9))
    found, refusal = attempt(lambda: read(bytes(broken)))
    assert (found is None) == (refusal != "")
    assert "\n" not in refusal


@pytest.mark.parametrize("seed", range(100))
def test_a_flipped_bit_of_our_own_net_is_refused_or_harmless(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    data = small_zhugo_net()
    header_end = 8 + int.from_bytes(data[:8], "little")
    broken = bytearray(data)
    at = rng.randrange(header_end) if seed < 70 else rng.randrange(header_end, len(data))
    broken[at] ^= 1 << rng.randrange(8)
    path = tmp_path / "net.safetensors"
    path.write_bytes(broken)
    loaded, refusal = attempt(lambda: nets.load(path))
    assert "\n" not in refusal
    if loaded is not None:
        assert at < header_end
        planes, values = torch.rand(1, 26, 9, 9), torch.rand(1, 10)
        path.write_bytes(data)
        for now, then in zip(loaded.module(planes, values), nets.load(path).module(planes, values), strict=True):
            torch.testing.assert_close(now, then)


@pytest.mark.parametrize("path", [NET, NESTED, LEARNED], ids=["version 8", "version 15", "version 17"])
def test_text_and_binary_hold_the_same(path: Path) -> None:
    plain = gzip.decompress(path.read_bytes())
    text = rewrite(plain, binary=False)
    assert b"@BIN@" not in text
    assert rewrite(text, binary=True) == plain
    packed = read(path.read_bytes())
    for data in (plain, text, gzip.compress(text, 1)):
        again = read(data)
        assert (again.name, again.version, again.parameters) == (packed.name, packed.version, packed.parameters)
        np.testing.assert_array_equal(again.trunk.conv.weights, packed.trunk.conv.weights)
        np.testing.assert_array_equal(again.value.to_ownership.weights, packed.value.to_ownership.weights)


def test_our_own_net_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(small_zhugo_net())
    net = nets.load(path)
    assert (net.name, net.features) == ("small", "zhugo")
    config = json.loads(json.loads(_header(path.read_bytes()))["__metadata__"]["config"])
    assert config["blocks"] == 2


def _header(data: bytes) -> bytes:
    return data[8 : 8 + int.from_bytes(data[:8], "little")]
