"""`zhugo bench links`: a slow link is made, or it is said in one line that none can be."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.daemons import PATIENCE
from tests.process.command import ZHUGO


@pytest.mark.long
@pytest.mark.parametrize("how", ["netem", "relay"])
def test_more_in_flight_hide_a_slow_link(how: str, tmp_path: Path) -> None:
    picture = tmp_path / "links.svg"
    options = [
        "--quick",
        "--seconds",
        "2",
        "--json",
        "--picture",
        str(picture),
        *(["--relay"] if how == "relay" else []),
    ]
    done = subprocess.run(
        [ZHUGO, "bench", "links", *options], capture_output=True, text=True, timeout=6 * PATIENCE, check=False
    )
    if how == "netem" and done.returncode == 2:
        (line,) = done.stderr.splitlines()
        assert "--relay" in line
        pytest.skip(line)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    busy = {(row["delay_ms"], row["in_flight"]): row["device_busy"] for row in figures["rows"]}
    assert figures["link"] == how
    assert busy[20.0, 4] > busy[20.0, 1]
    assert picture.read_text().startswith("<?xml")
