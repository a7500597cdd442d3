"""What a daemon says of a device that it cannot have: one line, exit code 2, nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.daemons import PATIENCE, start


@pytest.mark.parametrize(("options", "complaint"), [
    (["--device", "torch", "--precision", "int8"], "--precision int8: torch evaluates in bf16 or f32 only"),
    (["--device", "torch", "--precision", "f16"], "--precision f16: torch evaluates in bf16 or f32 only"),
    (["--device", "emulated", "--precision", "f32"], "--precision has no use with --device emulated"),
])  # fmt: skip
def test_a_precision_that_is_not_there(options: list[str], complaint: str) -> None:
    process = start(*options)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors == f"zhugo-searchd: {complaint}\n"


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there() -> None:
    process = start("--device", "cuda")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors.startswith("zhugo-searchd: --device cuda: ")
    assert errors.count("\n") == 1
