"""What a checkout holds for whoever works on it: targets, hooks, types, licence."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
import yaml

from tests.daemons import ROOT
from tests.unit.test_rooms import ROOMS

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_make_alone_tells_of_every_target() -> None:
    done = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    (phony,) = re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    told = {line.split()[1]: line.split(maxsplit=2)[2] for line in done.stdout.splitlines()}
    assert set(told) == set(phony.split())
    assert {"help", "run", "test", "format", "bench"} <= told.keys()


def test_the_hooks_run_what_make_check_runs() -> None:
    """Each by the tool of .venv, whose version constraints.txt pins."""
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = configuration["repos"]
    assert repository["repo"] == "local"
    entries = [hook["entry"].split() for hook in repository["hooks"]]
    (check,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    checks = [line.replace("$(BIN)", ".venv/bin").split() for line in check.splitlines()]
    plain = [[word for word in words if word[:2] != "--" and word != "."] for words in (*checks, *entries)]
    assert plain[: len(checks)] == plain[len(checks) :]
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert all(re.search(rf"^{tool}==", pinned, re.MULTILINE) for tool in ("ruff", "mypy"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_tells_that_it_has_types(room: str) -> None:
    """The marker is tracked: a checkout has it, not only the folder in which it was made."""
    marker = ROOT / room / "py.typed"
    assert marker.exists()
    ignored = subprocess.run(["git", "check-ignore", "--quiet", marker], cwd=ROOT)
    assert ignored.returncode != 0


def test_the_licence_is_named_and_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "MIT"
    assert [(ROOT / name).read_text(encoding="utf-8").splitlines()[0] for name in project["license-files"]] == [
        "MIT License"
    ]


def test_the_changelog_has_the_version_that_is_built_or_what_will_be_in_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sections = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections[0] == "Unreleased" or sections[0] == project["version"]
