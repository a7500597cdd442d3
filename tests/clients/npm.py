"""What npm has, installed for the tests into the user's cache."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import platformdirs
import pytest

INSTALL_SECONDS = 240


def installed(package: str, version: str, *others: str) -> Path:
    """The ``node_modules`` with this package, installed once; the test is skipped where it cannot be.

    ``others``: what is installed beside it, ``name@version``; always the same for a version of the package.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip(f"npm is not there, so {package} cannot be installed")
    name = f"{package.strip('@').replace('/', '-')}-{version}"
    home = Path(platformdirs.user_cache_dir("zhugo")) / "tests" / name
    done = home / "installed"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", home, f"{package}@{version}", *others]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"{package} could not be installed: {error}")
        done.touch()
    return home / "node_modules"
