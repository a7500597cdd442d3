"""What stands in packaging/ fits this program: metrics that it has, options that it knows, fields that are there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from daemon.evaluation.gpu_monitor import Nvml
from daemon.process.metrics import make_registry
from protocol.messages import NetInfo
from tests.daemons import ROOT
from tests.unit.daemon.test_metrics import figures
from tests.unit.programs.test_help import COMMANDS

PACKAGING = ROOT / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))


def _samples() -> dict[str, set[str]]:
    """Every sample's name, and the labels that it has."""
    known = figures()
    net = NetInfo("b10", "00" * 32, "go", "torch")
    searchers = [msgspec.structs.replace(each, net=net) for each in known.status.searchers]
    known = replace(known, status=msgspec.structs.replace(known.status, searchers=searchers))
    return {
        sample.name: {*sample.labels, "instance"}
        for family in make_registry(lambda: known, Nvml()).collect()
        for sample in family.samples
    }


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    dashboard = json.loads((PACKAGING / "grafana" / "zhugo.json").read_text())
    samples = _samples()
    asked: set[str] = set()
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            for name, labels in re.findall(r"\b((?:zhugo|process)_\w+)\{([^}]*)\}", target["expr"]):
                asked.add(name)
                assert name in samples, target["expr"]
                assert set(re.findall(r"(\w+)=~?\"", labels)) <= samples[name]
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= samples[name]
    seen_otherwise = {"zhugo_build_info", "zhugo_uptime_seconds", "zhugo_device_busy_seconds_total"}
    assert {name for name in samples if name.startswith("zhugo_")} - asked == seen_otherwise


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    dashboard = json.loads((PACKAGING / "grafana" / "zhugo.json").read_text())
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    cells = {(at["x"] + x, at["y"] + y) for at in places for x in range(at["w"]) for y in range(at["h"])}
    assert len(cells) == sum(at["w"] * at["h"] for at in places)


def _documents(name: str) -> list[Any]:
    return [each for each in yaml.safe_load_all((PACKAGING / "kubernetes" / name).read_text()) if each]


def test_the_kubernetes_example_fits_together() -> None:
    documents = _documents("zhugo.yaml")
    kinds = [each["kind"] for each in documents]
    assert kinds == ["ConfigMap", "PersistentVolumeClaim", "Service", "Deployment", "Deployment"]
    assert all(each["apiVersion"] in ("v1", "apps/v1") and each["metadata"]["name"] for each in documents)
    config, claim, service, *deployments = documents
    for deployment in deployments:
        template = deployment["spec"]["template"]
        assert deployment["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
        volumes = {each["name"] for each in template["spec"]["volumes"]}
        for container in [*template["spec"]["containers"], *template["spec"].get("initContainers", [])]:
            assert {each["name"] for each in container["volumeMounts"]} <= volumes
            ports = {each["name"] for each in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                for how in ("httpGet", "tcpSocket"):
                    assert container.get(probe, {}).get(how, {"port": None})["port"] in {*ports, None}
    master, searchers = deployments
    assert master["spec"]["replicas"] == 1
    assert master["spec"]["strategy"] == {"type": "Recreate"}
    assert service["spec"]["selector"] == master["spec"]["template"]["metadata"]["labels"]
    assert searchers["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    named = {
        each.get("persistentVolumeClaim", {}).get("claimName") for each in master["spec"]["template"]["spec"]["volumes"]
    }
    assert claim["metadata"]["name"] in named
    (secret,) = _documents("keys.yaml")
    wanted = [
        each["secret"]["secretName"] for each in searchers["spec"]["template"]["spec"]["volumes"] if "secret" in each
    ]
    assert wanted == [secret["metadata"]["name"]]
    assert "searchd.toml" in config["data"]


def test_the_configuration_in_kubernetes_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from daemon.process.options import Options
    from tests.unit.daemon.test_config_file import asked

    (tmp_path / "c.toml").write_text(_documents("zhugo.yaml")[0]["data"]["searchd.toml"])
    assert isinstance(asked(monkeypatch, "--config", tmp_path / "c.toml"), Options)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_sound_and_starts_a_command_that_there_is(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text()
    (start,) = re.findall(r"^ExecStart=(\S+) (.*)$", text, re.MULTILINE)
    program = COMMANDS.get((Path(start[0]).name,))
    if program is not None:
        known = {name for option in program.params for name in option.opts}
        assert set(re.findall(r"--[a-z-]+", start[1])) <= known
    if (analyze := shutil.which("systemd-analyze")) is None:
        pytest.skip("there is no systemd here")
    there = tmp_path / unit.name
    there.write_text(text.replace(start[0], "/bin/true"))
    verified = subprocess.run([analyze, "verify", "--man=no", str(there)], capture_output=True, text=True, timeout=120)
    assert [line for line in verified.stderr.splitlines() if unit.name in line] == []
    score = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(there)], capture_output=True, text=True, timeout=120
    )
    if (found := re.search(r"exposure level for \S+: ([\d.]+)", score.stdout)) is not None:
        assert float(found[1]) <= 2.0


def test_shell_scripts_can_be_read() -> None:
    for script in (PACKAGING / "slurm").iterdir():
        subprocess.run(["bash", "-n", str(script)], check=True)
