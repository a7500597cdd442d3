"""The figures of a master, as others ask for them and as Prometheus reads them."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from daemon.process.figures import Figures, Questions
from daemon.process.http_server import CONNECTIONS, HttpServer, listen, url_of
from daemon.process.options import OptionError
from protocol import messages as m
from tests.core.local import Local
from tests.daemons import eventually


def figures() -> Figures:
    """Of a daemon in whose one session a searcher has done a little."""
    local = Local()
    local.greet(b"s1")
    local.ask(m.Search, "s", m.Limits(visits=3))
    grant = local.select(b"s1")
    while grant is not None:
        grant = local.update(b"s1", grant, m.BatchRequest(1))
    status = local.core.status(0, 4.0, with_sessions=False)
    return Figures(status, "0.1.0", 1, 3, 0, 7, "", 99, False)


class Master:
    """A thread that answers, while it is let to."""

    def __init__(self, known: Figures) -> None:
        self.questions, self.known, self.asked = Questions(), known, 0
        self.answers = True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._turn)
        self._thread.start()

    def _figures(self) -> Figures:
        self.asked += 1
        return self.known

    def _turn(self) -> None:
        while not self._ended.wait(0.001):
            if self.answers:
                self.questions.answer(self._figures)

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        self.questions.close()


@pytest.fixture
def master() -> Iterator[Master]:
    made = Master(figures())
    yield made
    made.end()


@pytest.fixture
def url(master: Master) -> Iterator[str]:
    listening = listen("0")
    server = HttpServer(listening, master.questions)
    yield url_of(listening)
    server.close()


def get(url: str) -> tuple[int, str]:
    """Status and text."""
    try:
        with urllib.request.urlopen(url, timeout=60.0) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_what_prometheus_reads(url: str) -> None:
    code, text = get(f"{url}/metrics")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert code == 200
    assert samples["zhugo_up",] == 1
    assert samples["zhugo_visits_total",] == 3
    assert samples["zhugo_batches_total",] == 3
    assert samples["zhugo_batch_fill_ratio",] == 1
    assert samples["zhugo_build_info", str(m.PROTOCOL_VERSION), "0.1.0"] == 1
    assert samples["zhugo_searchers", "idle"] == 1
    assert samples["zhugo_searchers", "working"] == 0
    assert samples["zhugo_bound_used", "sessions"] == 1
    assert samples["zhugo_bound_limit", "sessions"] == 8192
    assert samples["zhugo_connections",] == 3
    assert samples["zhugo_unfinished_bytes",] == 7
    assert samples["zhugo_trace_bytes",] == 99
    assert samples["process_resident_memory_bytes",] > 0


def test_who_asks_often_costs_no_more(url: str, master: Master) -> None:
    for _ in range(20):
        get(f"{url}/healthz")
    assert master.asked < 20


def test_a_daemon_with_a_searcher_is_healthy_and_ready(url: str) -> None:
    assert get(f"{url}/healthz") == (200, "ok\n")
    assert get(f"{url}/readyz") == (200, "ok\n")
    assert get(f"{url}/elsewhere")[0] == 404


def test_a_master_that_hangs_is_not_well(url: str, master: Master) -> None:
    master.answers = False
    assert get(f"{url}/healthz") == (503, "the master does not answer\n")
    assert get(f"{url}/readyz")[0] == 503
    assert "zhugo_up 0.0" in get(f"{url}/metrics")[1]
    master.answers = True
    assert get(f"{url}/healthz")[0] == 200


def test_a_daemon_that_ends_or_has_no_searcher_is_not_ready(url: str, master: Master) -> None:
    master.known = replace(master.known, draining=True)
    assert get(f"{url}/readyz") == (503, "the daemon ends\n")
    alone = msgspec.structs.replace(master.known.status, searchers=[])
    master.known = replace(master.known, draining=False, status=alone)
    master.questions.forget()
    assert get(f"{url}/readyz") == (503, "no searcher is there\n")
    assert get(f"{url}/healthz")[0] == 200


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"a" * 100_000,
        b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 50_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=range(7),
)
def test_what_is_no_request_does_no_harm(url: str, data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(_place(url), timeout=60.0) as rude:
        try:
            rude.sendall(data)
            rude.shutdown(socket.SHUT_WR)
            while rude.recv(65536):
                pass
        except OSError:
            pass
    assert get(f"{url}/healthz") == (200, "ok\n")
    assert capfd.readouterr().err == ""


def _place(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def test_so_many_connections_and_no_more(url: str) -> None:
    idle = []
    try:
        for _ in range(CONNECTIONS):
            idle.append(socket.create_connection(_place(url), timeout=60.0))
        with socket.create_connection(_place(url), timeout=60.0) as one_more:
            try:
                one_more.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert one_more.recv(100) == b""
            except ConnectionError:
                pass
    finally:
        for each in idle:
            each.close()
    eventually(lambda: _is_served(url), "there is room again")


def _is_served(url: str) -> bool:
    try:
        return get(f"{url}/healthz")[0] == 200
    except OSError:
        return False


@pytest.mark.parametrize(
    "address", ["x", "127.0.0.1:99999", "127.0.0.1:", "nobody.invalid:80", "1.2.3.4:80", "\udcff:1"]
)
def test_where_nobody_can_listen(address: str) -> None:
    with pytest.raises(OptionError, match=r"^--http "):
        listen(address)
