"""A browser, for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="PyPI's playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not there (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as drivers:
        running = drivers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()
