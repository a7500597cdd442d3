"""The versions that a trace names, since they decide whether it comes out the same again."""

from __future__ import annotations

import platform
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("zhugo", "numpy", "numba", "msgspec", "pyzmq", "zstandard")


def versions() -> dict[str, str]:
    """Of Python, of the machine's system, and of the packages that a core's answers come from."""
    found = {"python": sys.version.split()[0], "system": platform.platform()}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
