"""What the holder of a key may say."""

from __future__ import annotations

from typing import get_args

import pytest

from daemon.core.roles import MESSAGES, allowed
from protocol import messages as m
from protocol.principals import Principal, sender_of
from tests.core.club import Club
from tests.message_samples import SAMPLES

ONLY_FOR_ADMINS = {m.AskCheck, m.ClearCache, m.Shutdown, m.SwapNet}
ALL_MAY = {m.Heartbeat, m.Goodbye, m.MalformedInput, m.Hello}
SHELLS = set(m.OF_THE_SHELL)
WORK = {m.Select, m.Update, m.PackedUpdate, m.Failed, m.DeviceChanged, m.AskNet}
INBOUND = set(get_args(m.Inbound))
CLIENTS = INBOUND - ONLY_FOR_ADMINS - SHELLS - WORK - ALL_MAY


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_each_role_may_what_is_its_own(message: m.AnyMessage) -> None:
    kind = type(message)
    may = {role for role in ("client", "observer", "searcher", "admin") if allowed(Principal("x", role), message)}  # type: ignore[arg-type]
    assert allowed(None, message)
    assert "admin" in may
    if kind is m.Hello or kind in ALL_MAY:
        return
    assert ("client" in may) == (kind in CLIENTS)
    assert ("searcher" in may) == (kind in WORK)
    assert ("observer" in may) == (kind in MESSAGES["observer"])
    assert set(MESSAGES["observer"]) < CLIENTS


@pytest.mark.parametrize(
    ("role", "greets"), [("client", "client"), ("observer", "client"), ("searcher", "searcher"), ("admin", "both")]
)
def test_a_role_greets_as_what_it_is(role: str, greets: str) -> None:
    for as_what in ("client", "searcher"):
        hello = m.Hello(m.PROTOCOL_VERSION, as_what, "x", 1)  # type: ignore[arg-type]
        assert allowed(Principal("x", role), hello) == (greets in (as_what, "both"))  # type: ignore[arg-type]


def test_what_a_key_does_not_allow_is_refused_as_forbidden() -> None:
    club = Club({"anna": "client", "root": "admin", "box": "searcher"})
    refused = club.ask("anna", m.Shutdown)
    told = "Shutdown is not for 'anna' to send, whose role is client"
    assert refused == m.Refused(told, refused.request, "forbidden")
    assert club.ask("root", m.AskCheck) == m.Done(club.requests)
    assert club.ask("local", m.AskCheck) == m.NotGreeted(club.requests)
    (hello,) = club.greet("box")
    assert isinstance(hello, m.Refused)
    assert (hello.reason, hello.kind) == (
        "a Hello as client is not for 'box' to send, whose role is searcher",
        "forbidden",
    )


def test_a_principal_that_is_not_known_may_nothing() -> None:
    club = Club({"anna": "client"})
    (answer,) = club.greet("nobody")
    assert isinstance(answer, m.Refused)
    assert (answer.reason, answer.kind) == ("no principal 'nobody' is known here", "forbidden")


def test_who_changes_the_role_greets_anew() -> None:
    club = Club({"anna": "client", "bob": "client"})
    club.principals({"anna": "searcher", "bob": "observer"})
    assert club.hears("anna")[-1] == m.NotGreeted()
    assert club.sender("bob") in club.core.peers, "who may still greet so stays"
    assert club.open("bob", "game").kind == "forbidden"


def test_another_principals_token_is_worth_nothing() -> None:
    club = Club({"anna": "client", "bob": "client"})
    club.greet("anna 2", token="0123456789abcdef")
    club.greet("bob 2", token="0123456789abcdef")
    assert club.sender("anna 2") in club.core.peers
    (welcome,) = club.tell(
        sender_of(b"new", "anna"), m.Hello(m.PROTOCOL_VERSION, "client", "a", 1, token="0123456789abcdef")
    )
    assert isinstance(welcome, m.Welcome)
    assert welcome.last_request == 0, "her own brings her back"
    assert club.sender("anna 2") not in club.core.peers
    assert club.sender("bob 2") in club.core.peers


def test_a_refusal_of_no_kind_is_on_the_wire_as_ever() -> None:
    from protocol.codec import encode

    assert b"kind" not in encode(m.Refused("no"))[0]
    assert b"request" in encode(m.Refused("no"))[0]
