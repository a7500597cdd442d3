"""What a page does when its connection is gone, or is there and carries nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.clients.web.slow_wire import wire_to
from tests.clients.web.stage import Stage, staged
from tests.daemons import PATIENCE, eventually
from zhugo.web import messages as m

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page()
    made.set_default_timeout(1000 * PATIENCE)
    yield made
    made.close()


def test_a_connection_that_carries_nothing_is_given_up_and_another_one_goes_on(stage: Stage, page: Page) -> None:
    there = urlsplit(stage.address)
    with wire_to((str(there.hostname), int(there.port or 0))) as wire:
        page.clock.install()
        page.goto(stage.address.replace(f":{there.port}", f":{wire.port}"))
        eventually(lambda: m.Hello in map(type, stage.asked), "the page says hello")
        stage.asked.clear()
        page.clock.run_for(4_000)
        assert stage.asked == []
        wire.fall_silent()
        page.clock.run_for(20_000)
        eventually(lambda: m.Hello in map(type, stage.asked), "the page says hello")
