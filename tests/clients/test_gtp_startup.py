"""What the bridge answers while the daemon, or its net, is not there yet: all but what needs a search."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

import nets
from protocol.client import Client
from tests.clients.fake_session import FakeClient, FakeController
from tests.daemons import PATIENCE
from zhugo.bridges.gtp import engine as engine_module
from zhugo.bridges.gtp.bridge import FAILURES, commands_of
from zhugo.bridges.gtp.controller import Sign
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, serve
from zhugo.bridges.gtp.settings import Settings

SEARCHING = {
    "genmove", "reg_genmove", "kgs-genmove_cleanup", "kata-search", "lz-genmove_analyze", "kata-genmove_analyze",
    "kata-search_analyze", "final_score", "final_status_list", "kata-raw-nn", "kata-raw-human-nn", "zhugo-policy",
    "zhugo-visits", "zhugo-ownership", "genmove_debug", "kata-search_debug", "genmove_analyze",
}  # fmt: skip
"""Commands whose answer is what a net says, so that they wait for it."""

ARGUMENTS = {
    "boardsize": "9", "rectangular_boardsize": "9 7", "komi": "6.5", "play": "b C3", "known_command": "play",
    "set_position": "b A1 w B2", "gogui-setup": "b A1", "fixed_handicap": "2", "place_free_handicap": "2",
    "set_free_handicap": "C3 E5", "time_settings": "60 10 1", "time_left": "b 10 0", "kgs-time_settings": "absolute 60",
    "kata-time_settings": "fischer 60 5", "kgs-rules": "japanese", "kata-set-rules": "japanese",
    "kata-set-rule": "tax ALL", "kata-get-param": "maxVisits", "kata-set-param": "maxVisits 5",
    "kata-set-params": '{"maxVisits": 7}', "gg-undo": "0", "lz-analyze": "b 10", "kata-analyze": "b 10",
    "analyze": "b 10", "kata-search_analyze_cancellable": "b 10", "kata-search_cancellable": "b",
}  # fmt: skip


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What the daemon waits for before it is there."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "AT_ONCE", 0.01)


def late(held: threading.Event, client: FakeClient | None = None) -> Callable[[], Client]:
    """A way to a daemon that comes up when it is let."""

    def connect() -> Client:
        assert held.wait(PATIENCE)
        return (client or FakeClient()).connect()

    return connect


def answered(engine: Engine, lines: list[str]) -> str:
    """All answers, which come though the daemon does not."""
    said: list[str] = []
    thread = threading.Thread(target=serve, args=(commands_of(engine), lines, said.append, FAILURES), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), f"no answer to {lines[-1]}: so far {said}"
    return "".join(said)


EVERY = sorted(set(commands_of(Engine(lambda: cast(Client, None), Settings(10, None), FakeController()))) - SEARCHING)


@pytest.mark.parametrize("known", [True, False], ids=["its net is known", "its net is not known"])
@pytest.mark.parametrize("name", EVERY)
def test_all_but_a_search_is_answered_without_a_daemon(
    name: str, known: bool, held: threading.Event, tmp_path: Path
) -> None:
    record = tmp_path / "game.sgf"
    record.write_text("(;SZ[9];B[cc];W[gg])")
    words = {"loadsgf": str(record), "printsgf": str(tmp_path / "other.sgf")}.get(name, ARGUMENTS.get(name, ""))
    net_file = nets.BUNDLED if known else None
    engine = Engine(late(held), Settings(10, None), FakeController(), net_file=net_file)
    before = ["boardsize 9", "play b E5"] if name in ("undo", "kata-get-models") else []
    answer = answered(engine, [*before, f"7 {name} {words}"]).split("\n\n")[len(before)]
    refused = name == "kata-get-models" and not known
    assert answer.startswith("?7 the daemon has no net yet" if refused else "=7"), answer


def test_a_game_goes_on_that_a_gui_sets_up_while_it_already_analyzes(held: threading.Event) -> None:
    engine = Engine(late(held), Settings(10, None), FakeController())
    lines = ["boardsize 9", "kata-set-rules japanese", "komi 6.5", "kata-analyze b 10", "play b E5", "kata-analyze 10"]
    assert answered(engine, lines).count("=") == 6
    assert engine.position.record == [40]


def test_the_game_is_where_it_was_set_up_when_the_daemon_is_there(held: threading.Event) -> None:
    client = FakeClient()
    engine = Engine(late(held, client), Settings(10, None), FakeController())
    answered(engine, ["boardsize 9", "komi 6.5", "play b E5", "clear_cache"])
    held.set()
    answered(engine, ["genmove w"])
    assert client.session is not None
    assert client.session.searches[0][0] == [40]
    assert client.session.spec["size"] == 9
    assert "clear_cache" not in client.session.did, "which was there to remember nothing"


def test_rules_are_taken_back_that_the_net_turns_out_not_to_know(
    held: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    client = FakeClient(features="zhugo")
    engine = Engine(late(held, client), Settings(10, None), FakeController())
    answered(engine, ["boardsize 9", "kata-set-rules japanese"])
    assert engine.game.rules.scoring == "TERRITORY"
    assert capsys.readouterr().err == ""
    held.set()
    assert answered(engine, ["play b E5", "genmove w"]).count("=") == 2
    assert engine.game.rules.scoring == "AREA"
    assert capsys.readouterr().err.count("the net does not know these rules") == 1
    assert client.session is not None
    assert client.session.spec["rules"] == engine.game.rules.as_dict()


def test_rules_that_were_changed_again_meanwhile_stay(
    held: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = Engine(late(held, FakeClient(features="zhugo")), Settings(10, None), FakeController())
    answered(engine, ["kata-set-rules japanese", "kata-set-rules chinese"])
    held.set()
    answered(engine, ["genmove b"])
    assert engine.game.rules.scoring == "AREA"
    assert capsys.readouterr().err == ""


def test_the_net_in_the_file_says_at_once_which_rules_it_knows(
    held: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = Engine(late(held), Settings(10, None), FakeController(), net_file=nets.BUNDLED)
    answered(engine, ["kata-set-rules japanese"])
    assert engine.game.rules.scoring == "AREA"
    assert "the net does not know these rules" in capsys.readouterr().err
    (model,) = json.loads(answered(engine, ["kata-get-models"]).removeprefix("= "))
    assert (model["features"], model["device"], len(model["sha256"])) == ("zhugo_history", "none yet", 64)


class Hurried(FakeController):
    """Sends a sign as soon as somebody waits for it."""

    @contextmanager
    def calling(self, call: Callable[[], None], at: Sign) -> Iterator[None]:
        if at == "interrupt":
            call()
        with super().calling(call, at):
            yield


def test_a_search_that_is_cancelled_before_the_daemon_is_there_has_no_move(held: threading.Event) -> None:
    engine = Engine(late(held), Settings(10, None), Hurried())
    assert answered(engine, ["kata-search_cancellable b"]) == "= cancelled\n\n"
    assert answered(engine, ["kata-search_analyze_cancellable b 10"]) == "=\nplay cancelled\n\n"


def test_an_interrupted_move_still_waits_for_its_net(held: threading.Event) -> None:
    engine = Engine(late(held), Settings(10, None), Hurried())
    said: list[str] = []

    def move() -> None:
        answer = commands_of(engine)["genmove"](Arguments(["b"]))
        assert isinstance(answer, str)
        said.append(answer)

    thread = threading.Thread(target=move)
    thread.start()
    held.set()
    thread.join(PATIENCE)
    assert said == ["T19"]
