"""Every command as a person calls it: what it prints, which files it leaves, and what bad input gets."""

from __future__ import annotations

import json
import signal
import subprocess
from importlib.metadata import version as version_of
from pathlib import Path

import psutil
import pytest
from sgfmill import sgf

import nets
from protocol.client import Client
from protocol.messages import PROTOCOL_VERSION
from protocol.trace import FORMAT, Header, TraceWriter
from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually, is_alive
from tests.process.command import QUICK, SMALL_GAME, ZHUGO, refusal, zhugo
from tests.unit import katago_writer, leela_zero_writer


@pytest.fixture
def game(tmp_path: Path) -> Path:
    path = tmp_path / "game.sgf"
    path.write_text(SMALL_GAME)
    return path


def test_help_names_every_command_and_needs_no_daemon() -> None:
    text = zhugo("--help").stdout
    assert all(f"\n│ {name} " in text for name in ("analyze", "genmove", "status", "gtp", "match", "trace", "bench"))


def test_analyze_with_the_bundled_net_leaves_its_files(game: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    printed = zhugo("analyze", game, "--visits", "4", "--out", out).stdout
    assert "Ann (B) – Bob (W)" in printed
    assert "visits/s" in printed
    assert sorted(path.name for path in out.iterdir()) == ["game.html", "game.json", "game.png", "game.sgf"]
    document = json.loads((out / "game.json").read_text())
    assert len(document["positions"]) == 7
    assert all(position["visits"] >= 4 for position in document["positions"])
    annotated = sgf.Sgf_game.from_bytes((out / "game.sgf").read_bytes())
    assert all(node.has_property("SBKV") for node in annotated.get_main_sequence())


def test_analyze_with_a_net_that_knows_no_points(game: Path, tmp_path: Path) -> None:
    net, out = tmp_path / "weights.txt", tmp_path / "out"
    net.write_bytes(leela_zero_writer.write(leela_zero_writer.weights()))
    options = ("--visits", "4", "--device", "torch", "--precision", "f32")
    zhugo("analyze", game, "--net", net, "--out", out, *options)
    document = json.loads((out / "game.json").read_text())
    assert document["net"] == "leela-zero-2x6"
    assert [position["lead"] for position in document["positions"][:-1]] == [None] * 6
    assert all(move["point_loss"] is None for move in document["moves"])
    nodes = sgf.Sgf_game.from_bytes((out / "game.sgf").read_bytes()).get_main_sequence()
    assert all(node.has_property("SBKV") for node in nodes)
    assert not any(node.has_property("V") for node in nodes[:-1])


def test_analyze_takes_folders_and_stdin_and_goes_on_past_a_bad_file(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "game.sgf").write_text(SMALL_GAME)
    (tmp_path / "in" / "deep" / "game.sgf").write_text("(;SZ[5:7];B[cc];W[cc])")
    (tmp_path / "in" / "bad.sgf").write_text("hello")
    options = ("--visits", "4", "--out", tmp_path / "out", *QUICK)
    done = zhugo("analyze", tmp_path / "in", "-", *options, typed=SMALL_GAME, code=2)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("zhugo: ")]
    assert "bad.sgf: no SGF" in line
    assert "move 2 is illegal: white C5: occupied; the move before it is kept" in done.stdout
    written = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.sgf"))
    assert written == ["deep/game.sgf", "game.sgf", "stdin.sgf"]
    assert (
        "3 of 4 games were done before"
        in zhugo("analyze", tmp_path / "in", "-", *options, typed=SMALL_GAME, code=2).stdout
    )


def test_analyze_that_is_interrupted_is_taken_up_by_the_same_command(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.sgf").write_text(SMALL_GAME.replace("Ann", f"Ann {number}"))
    out = tmp_path / "out"
    command = ["analyze", str(tmp_path), "--visits", "30", "--out", str(out), "--device", "emulated", "--batch", "2"]
    process = subprocess.Popen(
        [ZHUGO, *command, "--latency-ms", "20", "--speculate", "off"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        eventually(lambda: any(out.glob("?.json")), "a game is done")
        process.send_signal(signal.SIGINT)
        _said, complaint = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 130, complaint
    assert "Traceback" not in complaint
    assert "the same command goes on from there" in complaint
    finished = {path.name for path in out.glob("?.json")}
    whole = {path: path.read_bytes() for path in out.iterdir() if "unfinished" not in path.name}
    assert len(whole) == 4 * len(finished)
    said = zhugo(*command, "--latency-ms", "0").stdout
    assert f"{len(finished)} of 6 games were done before" in said
    assert all(path.read_bytes() == data for path, data in whole.items())
    assert len(list(out.iterdir())) == 4 * 6


def test_analyze_for_a_time_ends(game: Path, tmp_path: Path) -> None:
    zhugo("analyze", game, "--time", "0.5", "--out", tmp_path / "out", *QUICK)
    document = json.loads((tmp_path / "out" / "game.json").read_text())
    assert document["limits"] == {"visits": None, "seconds": 0.5}


def test_genmove_prints_a_move_and_what_is_thought_of_it() -> None:
    move, judged, line = zhugo("genmove", "--size", "9", "--visits", "20", *QUICK).stdout.splitlines()
    assert line.split()[:2] == ["pv", move]
    assert "(20 visits" in judged


def test_genmove_of_a_game_begins_behind_the_moves_asked_for(game: Path) -> None:
    move = zhugo("genmove", game, "--move", "2", "--visits", "20", *QUICK).stdout.splitlines()[0]
    assert move not in ("E5", "G7")


def test_gtp_answers_on_stdout_and_with_nothing_else() -> None:
    script = "1 boardsize 9\n2 genmove b\n3 undo\n4 kata-analyze 10\n5 final_score\n6 quit\n"
    printed = zhugo("gtp", "--visits", "10", *QUICK, typed=script).stdout
    answers = [answer for answer in printed.split("\n\n") if answer.strip()]
    assert [answer.split()[0] for answer in answers] == ["=1", "=2", "=3", "=4", "=5", "=6"]


def test_gtp_survives_bytes_that_are_no_text() -> None:
    typed = bytes(range(256)) + b"\n1 name\n\xff\xfe\n" + b"x" * 3_000_000 + b"\n2 quit\n"
    done = subprocess.run([ZHUGO, "gtp", *QUICK], input=typed, capture_output=True, timeout=PATIENCE, cwd=ROOT)
    answers = done.stdout.decode().split("\n\n")
    assert done.returncode == 0
    assert "=1 ZhuGo" in answers
    assert "=2" in answers
    assert all(not answer or answer[0] in "=?" for answer in answers)


def test_gtp_is_started_as_katago_is(tmp_path: Path) -> None:
    (tmp_path / "gtp.cfg").write_text("@include more.cfg\nmaxVisits = 500\nlogDir = logs\nrules = tromp-taylor\n")
    (tmp_path / "more.cfg").write_text("numSearchThreads = 6\nallowResignation = false\n")
    done = zhugo(
        *("gtp", "-model", nets.BUNDLED, "-config", tmp_path / "gtp.cfg"),
        *("-override-config", "maxVisits=7,lagBuffer=1", "-override-version", "1.99"),
        *("--device", "torch", "--precision", "f32"),
        typed="version\nkata-get-param maxVisits\nkata-get-param lagBuffer\nkata-get-rules\nboardsize 7\ngenmove b\n",
    )
    version, visits, lag, rules, _, move = done.stdout.strip().split("\n\n")
    assert (version, visits, lag) == ("= 1.99", "= 7", "= 1.0")
    assert '"ko": "POSITIONAL"' in rules
    assert move.startswith("= ")
    assert done.stderr.count("not used of the configuration: numSearchThreads, logDir\n") == 1


def test_the_version_is_printed() -> None:
    assert zhugo("version").stdout == f"ZhuGo {version_of('zhugo')}\n"


def test_gtp_ends_with_its_input() -> None:
    assert zhugo("gtp", *QUICK, typed="name\n").stdout == "= ZhuGo\n\n"


def test_status_and_work_at_a_running_daemon(directory: Path) -> None:
    with RealDaemon(directory) as daemon:
        zhugo("genmove", "--size", "9", "--visits", "30", "--connect", daemon.address)
        with Client.connect(daemon.address, timeout=PATIENCE) as client:
            eventually(lambda: len(client.status().searchers) == 2, "both searchers greet")
        status = json.loads(zhugo("status", "--connect", daemon.address, "--json").stdout)
        assert status["visits"] >= 30
        assert len(status["searchers"]) == 2
        shown = zhugo("status", "--connect", daemon.address, "--once").stdout
        assert all(word in shown for word in ("device busy", "visits/s", "parked", "collisions", "mean batch"))


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_and_its_daemon(how: int, code: int, game: Path, tmp_path: Path) -> None:
    arguments = ["analyze", str(game), "--visits", "100000", "--out", str(tmp_path / "out"), *QUICK]
    process = subprocess.Popen([ZHUGO, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert "Ann" in process.stdout.readline()
    process.send_signal(how)
    _out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert "Traceback" not in said


def test_a_killed_command_takes_its_daemon_along() -> None:
    """Nothing may be left, as after every test here."""
    process = subprocess.Popen(
        [ZHUGO, "gtp", *QUICK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("name\n")
    process.stdin.flush()
    assert process.stdout.readline() == "= ZhuGo\n"
    daemons = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    eventually(lambda: not any(is_alive(one.pid) for one in daemons), "the daemon ends")


BAD_INPUT = [
    # the command line, what its one line says
    ("analyze", "Missing argument 'games"),
    ("analyze no_such.sgf", "cannot read no_such.sgf"),
    ("analyze no_such*.sgf", "no_such*.sgf: no file matches"),
    ("analyze {dir}/bare", "no .sgf file in this folder"),
    ("genmove {dir}", "Is a directory"),
    ("analyze {dir}/broken.sgf", "no SGF"),
    ("analyze {dir}/empty.sgf", "no SGF"),
    ("analyze {dir}/big.sgf", "size 25 is not supported"),
    ("analyze {dir}/game.sgf --net no_such_net", "no_such_net: No such file or directory"),
    ("analyze {dir}/game.sgf --net {dir}/game.sgf --out {dir}/out", "no net"),
    ("genmove --size 9 --net {dir}/short.bin", "short.bin: truncated: ends within the weights of conv1"),
    ("genmove --size 9 --net {dir}/short.txt", "short.txt: corrupted: line 2 has 161 numbers where 162 belong"),
    ("genmove --size 9 --net {dir}/new.bin", "block 'dilated_block' of model version 17 is not supported"),
    ("genmove --size 13 --device torch --precision f32 --net {dir}/other.txt", "plays 9x9 only, not 13x13"),
    ("analyze {dir}/game.sgf --visits 0", "--visits"),
    ("analyze {dir}/game.sgf --visits many", "--visits"),
    ("analyze {dir}/game.sgf --out {dir}/game.sgf", "cannot write to"),
    ("analyze {dir}/game.sgf --no-such-option", "No such option: --no-such-option"),
    ("genmove --size 25", "--size"),
    ("genmove --komi 6.3", "komi is a whole or half number, not 6.3"),
    ("genmove {dir}/game.sgf --move 99", "the game has 6 moves, not 99"),
    ("genmove {dir}/game.sgf --visits 5 --device emulated", "the game is over at this position"),
    ("gtp --device abacus", "abacus"),
    ("gtp -config no_such.cfg", "configuration no_such.cfg: No such file or directory"),
    ("gtp -config {dir}/broken.sgf", "broken.sgf, line 1: no name = value"),
    ("gtp -override-config maxVisits=many --device emulated", "-override-config: syntax error: maxVisits is no number"),
    ("gtp -model no_such.bin.gz", "net no_such.bin.gz: No such file or directory"),
    ("analysis -config {dir}/broken.sgf", "broken.sgf, line 1: no name = value"),
    ("analysis -override-config maxVisits=many", "-override-config: maxVisits cannot be many"),
    ("benchmark -model x -config y", "benchmark is a command of KataGo's alone: zhugo bench pipeline"),
    ("genconfig --help", "genconfig is a command of KataGo's alone"),
    ("status", "Missing option '--connect'"),
    ("status --connect ipc:///no/such/place", "ipc:///no/such/place"),
    ("status --connect nonsense", "'nonsense' is no address"),
    ("genmove --connect ipc:///no/such/place --batch 3", "--batch: not together with --connect"),
    ("gtp --level 40k", "--level: a level is a rank from 20k to 4d, not 40k"),
    ("gtp --level 5k --visits 9", "--level is a limit of its own: not together with --visits or --time"),
    ("match no_such_program gnugo", "cannot start 'no_such_program'"),
    ("trace replay no_such_trace", "cannot read the trace no_such_trace"),
    ("trace replay {dir}/game.sgf", "is no trace"),
    ("trace story {dir}/game.sgf root", "is no trace"),
    ("trace replay {dir}/newer.trace", f"is a trace of format 99; this program reads format {FORMAT}"),
    ("trace info {dir}/newer.trace", f"is a trace of format 99; this program reads format {FORMAT}"),
    ("trace info {dir}/foreign.trace", f"was written with protocol 99; this program speaks {PROTOCOL_VERSION}"),
    ("trace stats {dir}/foreign.trace", "was written with protocol 99"),
    ("trace replay {dir}/foreign.trace --break lunch", "'lunch' is no condition"),
    ("trace timeline {dir}/empty.trace --perfetto {dir}/none/x.json", "cannot write"),
    ("trace timeline {dir}/empty.trace --svg {dir}/x.svg", "there is nothing from 0 ms to 0 ms"),
    ("trace view no_such_trace", "cannot read the trace no_such_trace"),
    ("trace view {dir}/foreign.trace", "was written with protocol 99"),
    ("trace view {dir}/empty.trace --out {dir}/none/x.html", "cannot write"),
    ("bench pipeline --batch 0", "--batch"),
    ("bench trace --trace x", "not with --connect or --trace"),
    ("bench parts --part luck", "no part is called 'luck'; there are: exploration that grows"),
    ("genmove --device emulated --trace-keep 2", "--trace-keep has no use without --trace"),
    ("no_such_command", "No such command 'no_such_command'"),
]


@pytest.mark.parametrize(("line", "complaint"), BAD_INPUT, ids=[line for line, _ in BAD_INPUT])
def test_bad_input_gets_one_line_and_exit_code_2(line: str, complaint: str, game: Path) -> None:
    directory = game.parent
    (directory / "broken.sgf").write_text("hello")
    (directory / "empty.sgf").write_text("")
    (directory / "big.sgf").write_text("(;SZ[25];B[aa])")
    (directory / "bare").mkdir()
    (directory / "short.bin").write_bytes(katago_writer.write(katago_writer.Spec(15))[:1000])
    of_version_17 = katago_writer.write(katago_writer.Spec(17))
    (directory / "new.bin").write_bytes(of_version_17.replace(b"ordinary_block", b"dilated_block"))
    for name, form, protocol in (
        ("newer", 99, PROTOCOL_VERSION),
        ("foreign", FORMAT, 99),
        ("empty", FORMAT, PROTOCOL_VERSION),
    ):
        header = Header(form, protocol, {}, {}, {}, 0.0)
        TraceWriter(directory / f"{name}.trace", header).close()
    weights = leela_zero_writer.weights(1, 1)
    (directory / "other.txt").write_bytes(leela_zero_writer.write(weights))
    (directory / "short.txt").write_bytes(leela_zero_writer.write([weights[0][1:], *weights[1:]]))
    assert complaint in refusal(*line.format(dir=directory).split())
