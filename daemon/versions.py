"""The versions that a trace names, since they decide whether it comes out the same again."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("zhugo", "numpy", "numba", "msgspec", "pyzmq")


def versions() -> dict[str, str]:
    """Of Python and of the packages that a core's answers come from."""
    found = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
