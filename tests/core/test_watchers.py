"""What those hear who watch a session's searches: how each search ended, and when nothing will follow any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from protocol import messages as m
from tests.core.local import CLIENT, Local

OTHER, THIRD = b"other", b"third"
LONG_AGO = 1e9


def _local() -> Local:
    """A session that ``CLIENT`` searches, shared by two who watch: ``OTHER`` twice, ``THIRD`` once."""
    local = Local()
    for client in (OTHER, THIRD):
        local.say(client, m.Hello(m.PROTOCOL_VERSION, "client", "other", 2))
        local.say(client, m.Open(1, "s", "hashed", local.spec, share=True))
    local.say(OTHER, m.Watch(7, "s"))
    local.say(OTHER, m.Watch(8, "s"))
    local.say(THIRD, m.Watch(7, "s"))
    local.ask(m.Search, "s")
    local.heard.clear()
    return local


def _endings(local: Local, client: bytes) -> list[tuple[int, str]]:
    """Request and reason of the final reports that this client heard since it was last asked."""
    heard = local.heard.pop(client, [])
    return [(one.request, one.reason) for one in heard if isinstance(one, m.Report) and one.final]


def _lose(local: Local, client: bytes) -> None:
    """Its lease runs out."""
    local.core.peers[client].heard = local.now - LONG_AGO
    local.core.due = local.now
    local.say(b"", m.Tick())


LEAVINGS: dict[str, Callable[[Local, bytes], object]] = {
    "closes the session": lambda local, client: local.say(client, m.Close(99, "s")),
    "says goodbye": lambda local, client: local.say(client, m.Goodbye()),
    "greets anew": lambda local, client: local.say(client, m.Hello(m.PROTOCOL_VERSION, "client", "again", 3)),
    "falls silent": _lose,
}
STAYS = "closes the session"
"""Who leaves so is still there to hear of it; nothing is sent to others, who have gone."""


@pytest.mark.parametrize("how", LEAVINGS)
def test_the_searching_client_leaves_and_the_session_is_still_there(how: str) -> None:
    local = _local()
    LEAVINGS[how](local, CLIENT)
    assert [reason for _, reason in _endings(local, CLIENT)] == ["closed"] * (how == STAYS)
    assert _endings(local, OTHER) == [(7, "left"), (8, "left")]
    assert _endings(local, THIRD) == [(7, "left")]
    local.say(THIRD, m.Search(20, "s"))
    local.say(THIRD, m.Stop(21, "s"))
    assert _endings(local, OTHER) == [(7, "stopped"), (8, "stopped")]
    assert _endings(local, THIRD) == [(20, "stopped"), (7, "stopped")]


@pytest.mark.parametrize("how", LEAVINGS)
def test_a_watcher_that_leaves_hears_the_last_of_its_watches_and_nobody_else_does(how: str) -> None:
    local = _local()
    LEAVINGS[how](local, OTHER)
    assert _endings(local, OTHER) == [(7, "closed"), (8, "closed")] * (how == STAYS)
    assert _endings(local, THIRD) == []
    assert _endings(local, CLIENT) == []
    local.ask(m.Stop, "s")
    assert _endings(local, OTHER) == []
    assert _endings(local, THIRD) == [(7, "stopped")]


@pytest.mark.parametrize("searching", [True, False])
def test_the_end_of_the_daemon_ends_every_watch(searching: bool) -> None:
    local = _local()
    if not searching:
        local.ask(m.Stop, "s")
        local.heard.clear()
    local.ask(m.Shutdown)
    assert _endings(local, OTHER) == [(7, "closed"), (8, "closed")]
    assert _endings(local, THIRD) == [(7, "closed")]
    assert _endings(local, CLIENT) == [(local.requests - 1 - (not searching), "closed")] * searching


ENDINGS: dict[str, Callable[[Local], object]] = {
    "stopped": lambda local: local.ask(m.Stop, "s"),
    "replaced": lambda local: local.ask(m.Search, "s"),
    "moved": lambda local: local.ask(m.Play, "s", 2),
}


@pytest.mark.parametrize("reason", ENDINGS)
def test_other_ends_of_a_search_are_the_same_to_all(reason: str) -> None:
    local = _local()
    ENDINGS[reason](local)
    assert _endings(local, OTHER) == [(7, reason), (8, reason)]
    assert [heard for _, heard in _endings(local, CLIENT)] == [reason]


def test_another_game_in_the_session_goes_on_being_watched() -> None:
    local = _local()
    local.ask(m.Reset, "s", "hashed", local.spec)
    assert _endings(local, THIRD) == [(7, "moved")]
    local.ask(m.Search, "s")
    local.ask(m.Stop, "s")
    assert _endings(local, THIRD) == [(7, "stopped")]


def test_a_watcher_that_leaves_takes_no_number_from_the_moves_to_come() -> None:
    warm = m.SearchSettings(temperature=1.0, seed=3)
    chosen = []
    for leaves in (False, True):
        local = Local(settings=warm)
        local.say(OTHER, m.Hello(m.PROTOCOL_VERSION, "client", "other", 2))
        local.say(OTHER, m.Open(1, "s", "hashed", local.spec, share=True))
        local.say(OTHER, m.Watch(7, "s"))
        if leaves:
            local.say(OTHER, m.Close(8, "s"))
        local.search_alone(40)
        chosen.append([report.chosen for report in local.reports()])
    assert chosen[0] == chosen[1]
