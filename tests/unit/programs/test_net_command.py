"""`zhugo net`: what it prints, what it writes, and what bad files get."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from nets.net import BUNDLED
from tests.unit import leela_zero_writer
from tests.unit.katago_writer import POOLING, RESIDUAL, Spec, write
from zhugo import cli

NET = write(Spec(15, ([RESIDUAL, POOLING], RESIDUAL), "ACTIVATION_MISH"))


BLOCKS = "1 nested bottleneck, 1 residual (inside: 1 residual, 1 global pooling)"


def zhugo(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """The command's exit code."""
    monkeypatch.setattr(sys, "argv", ["zhugo", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.bin.gz"
    path.write_bytes(gzip.compress(NET))
    return path


def test_info_tells_what_is_in_a_file(
    net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert zhugo(monkeypatch, "net", "info", net) == 0
    printed = capsys.readouterr().out
    for fact in (
        "random-v15",
        "KataGo",
        BLOCKS,
        "2 to 19",
    ):
        assert fact in printed
    assert zhugo(monkeypatch, "net", "info", net, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["version"], facts["channels"], facts["features"], facts["sizes"]) == (15, 12, "katago_v7", [2, 19])
    assert "optimistic policy" in facts["heads"]
    assert facts["sha256"] in printed


def test_info_on_the_bundled_net(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert zhugo(monkeypatch, "net", "info", BUNDLED, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["format"], facts["features"]) == ("ZhuGo", "zhugo_history")
    assert facts["parameters"] > 100_000


@pytest.mark.parametrize("ways", [("net.txt",), ("net.txt.gz",), ("net.bin", "net.txt", "other.net.bin")])
def test_convert_there_and_back(net: Path, ways: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    at = net
    for way in (*ways, "back.bin.gz"):
        target = net.with_name(way)
        assert zhugo(monkeypatch, "net", "convert", at, target) == 0
        at = target
    assert gzip.decompress(at.read_bytes()) == NET
    assert sorted(path.name for path in net.parent.iterdir()) == sorted({net.name, *ways, "back.bin.gz"})


def test_convert_packs_and_unpacks_leela_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = leela_zero_writer.write(leela_zero_writer.weights(1, 3, 5))
    (tmp_path / "weights.txt").write_bytes(content)
    assert zhugo(monkeypatch, "net", "convert", tmp_path / "weights.txt", tmp_path / "weights.gz") == 0
    assert gzip.decompress((tmp_path / "weights.gz").read_bytes()) == content
    assert zhugo(monkeypatch, "net", "convert", tmp_path / "weights.gz", tmp_path / "again.txt") == 0
    assert (tmp_path / "again.txt").read_bytes() == content


def test_convert_leaves_the_target_alone_where_the_source_is_bad(
    net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = net.with_name("target.txt")
    target.write_text("precious")
    net.write_bytes(net.read_bytes()[:-100])
    assert zhugo(monkeypatch, "net", "convert", net, target) == 2
    assert capsys.readouterr().err == f"zhugo: net {net}: truncated: the gzip stream ends early\n"
    assert target.read_text() == "precious"


REFUSALS = [
    ("info", "missing.bin.gz", None, "No such file or directory"),
    (
        "convert",
        "net.bin.gz",
        "net.onnx",
        "KataGo's nets are written as .bin, .bin.gz, .txt and .txt.gz; the",
    ),
    ("convert", "net.bin.gz", "nowhere/net.txt", "nowhere/net.txt: No such file or directory"),
    ("convert", str(BUNDLED), "net.txt", "ZhuGo's nets have one form only"),
]


@pytest.mark.parametrize(("command", "source", "target", "said"), REFUSALS)
def test_refusals_are_one_line(
    command: str,
    source: str,
    target: str | None,
    said: str,
    net: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [net.parent / name for name in (source, target) if name is not None]
    assert zhugo(monkeypatch, "net", command, *files) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
