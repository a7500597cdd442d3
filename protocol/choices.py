"""The words in which a daemon is told, on its command line, what to evaluate with."""

from typing import Literal

DeviceName = Literal["auto", "cuda", "openvino", "torch", "emulated"]
"""What evaluates positions: a GPU, OpenVINO on the CPU, torch on the CPU, or a made-up device for tests."""

Precision = Literal["auto", "f32", "bf16", "f16", "int8"]
"""In what arithmetic a net is evaluated: in halves (bf16, f16) or in bytes (int8), a net is faster and less exact."""

DeviceChoice = Literal["background", "wait", "known"]
"""When to measure which precision suits a new net, while ``Precision`` is auto: beside the search, which begins with
the exact one; before the search; or never, so that only earlier measurements count.
"""

Speculate = Literal["on", "off", "auto"]
"""Whether batches are filled with leaves that may be wanted later."""

Outputs = Literal["uniform", "hashed"]
"""What an emulated device makes up: the same of every position, or something else of each."""
