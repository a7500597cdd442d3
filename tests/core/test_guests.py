"""Whose a session is: names of one's own, invitations, and what nobody else hears."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.guests import INVITATIONS
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import GAME, HashedReferee
from protocol import messages as m
from tests.core.club import SPEC, Club

SECRET, OTHER = "a" * 32, "b" * 32
ANNA_BOB: dict[str, Any] = {"anna": "client", "bob": "client"}


def sessions_of(club: Club, peer: str) -> list[str]:
    """What the status tells this peer."""
    return [each.session for each in club.ask(peer, m.AskStatus).sessions]


def invited(club: Club, role: m.GuestRole = "client", guest: str = "bob", session: str = "game") -> m.Opened:
    """The guest, let into anna's session."""
    assert isinstance(club.ask("anna", m.Invite, session, SECRET, role), m.Done)
    opened = club.ask(guest, m.Join, SECRET)
    assert isinstance(opened, m.Opened), opened
    return opened


class TestNames:
    def test_everybody_has_names_of_their_own(self) -> None:
        club = Club(ANNA_BOB)
        club.greet("local")
        for peer, moves in (("anna", [2]), ("bob", []), ("local", [3])):
            opened = club.open(peer, "game", record=moves)
            assert (opened.session, opened.shared) == ("game", False)
        for peer, moves in (("anna", [2]), ("bob", []), ("local", [3])):
            report = club.ask(peer, m.Query, "game")
            assert (report.session, report.record) == ("game", moves)

    def test_another_connection_of_the_same_principal_shares_its_sessions(self) -> None:
        club = Club({"anna": "client"})
        club.greet("anna 2")
        club.open("anna", "game")
        assert club.open("anna 2", "game", share=True).shared
        club.ask("anna", m.Close, "game")
        assert sessions_of(club, "anna 2") == ["game"]

    def test_nobody_hears_that_there_is_a_session_of_another(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        for name in ("game", "anna/game"):
            refused = club.ask("bob", m.Query, name)
            assert refused.reason == f"no session {name!r} is open here"
        assert not club.open("bob", "anna/game", share=True).shared, "it is one of his own"
        assert sessions_of(club, "bob") == ["anna/game"]
        assert sessions_of(club, "anna") == ["game"]

    def test_an_admin_sees_all_with_their_owners(self) -> None:
        club = Club({**ANNA_BOB, "root": "admin"})
        club.greet("local")
        for peer in ("anna", "bob", "local"):
            club.open(peer, "game")
        told = club.ask("root", m.AskStatus).sessions
        assert [(each.session, each.owner or "") for each in told] == [
            ("anna/game", "anna"),
            ("bob/game", "bob"),
            ("/game", ""),
        ]
        for name in ("anna/game", "/game"):
            assert club.open("root", name, share=True).shared
            assert club.ask("root", m.Play, name, 2) == m.Done(club.requests)
        assert club.ask("anna", m.Query, "game").record == [2]
        assert [each.session for each in club.ask("local", m.AskStatus).sessions] == ["anna/game", "bob/game", "game"]
        club.ask("anna", m.Close, "game")
        assert club.hears("root")[-1] == m.Closed("anna/game", "its owner has left it")

    def test_who_is_no_admin_any_more_is_put_out(self) -> None:
        club = Club({"anna": "client", "root": "admin"})
        club.open("anna", "game")
        club.open("root", "anna/game", share=True)
        club.principals({"anna": "client", "root": "client"})
        assert club.hears("root")[-1] == m.Closed("anna/game", "its key does not allow to see it any more")

    def test_local_names_with_a_slash_are_as_they_were(self) -> None:
        club = Club({"anna": "client"})
        club.greet("local")
        club.open("anna", "game")
        assert not club.open("local", "anna/other").shared
        assert club.ask("local", m.Query, "anna/other").session == "anna/other"
        assert sorted(club.core.digests()) == ["anna/game", "anna/other"]
        assert club.open("local", "anna/game", share=True).shared, "who is local sees all"

    def test_a_name_has_its_bounds(self) -> None:
        club = Club(ANNA_BOB)
        assert club.open("anna", "x" * 201).reason == "the name of a session has 200 characters at most"
        assert club.open("anna", "x" * 200).session == "x" * 200


class TestInvitations:
    def test_who_says_the_secret_comes_in(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game", record=[2])
        opened = invited(club)
        assert (opened.session, opened.record, opened.shared) == ("anna/game", [2], True)
        club.ask("bob", m.Play, "anna/game", 1)
        assert club.ask("anna", m.Query, "game").record == [2, 1]
        assert sessions_of(club, "bob") == ["anna/game"]

    def test_a_wrong_secret_is_forbidden(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        invited(club)
        refused = club.ask("bob", m.Join, OTHER)
        assert (refused.kind, refused.reason) == ("forbidden", "this invitation holds no more, or never did")

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            (m.Play, (1,)),
            (m.Undo, ()),
            (m.Goto, ([],)),
            (m.Configure, (m.SearchSettings(),)),
            (m.Reset, (GAME, SPEC)),
            (m.Search, ()),
            (m.Stop, ()),
            (m.Invite, (OTHER,)),
            (m.Uninvite, (SECRET,)),
        ],
        ids=lambda value: value.__name__ if isinstance(value, type) else "",
    )
    def test_an_observer_only_sees(self, kind: type[Any], fields: tuple[Any, ...]) -> None:
        club = Club({"anna": "client", "bob": "client", "eye": "observer"})
        club.open("anna", "game")
        for guest in ("bob", "eye"):
            invited(club, "observer", guest)
            before = club.core.digests()
            assert club.ask(guest, kind, "anna/game", *fields).kind == "forbidden"
            assert club.core.digests() == before
            assert isinstance(club.ask(guest, m.Query, "anna/game"), m.Report)

    def test_a_guest_invites_nobody(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        invited(club)
        assert club.ask("bob", m.Invite, "anna/game", OTHER).kind == "forbidden"

    def test_a_watching_guest_sees_the_search_under_the_name_that_it_uses(self) -> None:
        club = Club({"anna": "client", "eye": "observer"})
        club.open("anna", "game")
        invited(club, "observer", "eye")
        club.ask("eye", m.Watch, "anna/game", 0.5)
        club.ask("anna", m.Search, "game", m.Limits(visits=20))
        club.work(20)
        (own,) = [each for each in club.hears("anna") if isinstance(each, m.Report)]
        (seen,) = [each for each in club.hears("eye") if isinstance(each, m.Report)]
        assert (own.session, seen.session, seen.visits) == ("game", "anna/game", 20)

    def test_what_is_taken_back_puts_out_who_came_by_it(self) -> None:
        club = Club({**ANNA_BOB, "carl": "client"})
        club.open("anna", "game")
        invited(club)
        club.ask("anna", m.Invite, "game", OTHER, "client")
        club.ask("carl", m.Join, OTHER)
        club.ask("bob", m.Search, "anna/game")
        club.hears("bob")
        club.ask("anna", m.Uninvite, "game", SECRET)
        report, closed = club.hears("bob")
        assert isinstance(report, m.Report)
        assert (report.final, report.reason) == (True, "closed")
        assert closed == m.Closed("anna/game", "its owner took the invitation back")
        assert club.ask("bob", m.Join, SECRET).kind == "forbidden"
        assert sessions_of(club, "carl") == ["anna/game"]

    def test_the_owners_end_is_the_end_for_guests(self) -> None:
        for end in (m.Close(99, "game"), m.Goodbye()):
            club = Club(ANNA_BOB)
            club.open("anna", "game")
            invited(club)
            club.ask("bob", m.Watch, "anna/game")
            club.hears("bob")
            club.tell(club.sender("anna"), end)
            report, closed = club.hears("bob")
            assert isinstance(report, m.Report)
            assert (report.session, report.reason) == ("anna/game", "closed")
            assert closed == m.Closed("anna/game", "its owner has left it")
            assert sessions_of(club, "bob") == []

    def test_a_revoked_owner_ends_its_sessions_and_a_revoked_guest_goes(self) -> None:
        club = Club({**ANNA_BOB, "carl": "client"})
        club.open("anna", "game")
        invited(club)
        club.ask("carl", m.Join, SECRET)
        club.principals({"anna": "client", "bob": "client"})
        assert len(club.core.sessions.by_name["anna/game"].clients) == 2
        club.principals({"bob": "client"})
        assert club.hears("bob")[-1] == m.Closed("anna/game", "its owner has left it")
        assert club.core.sessions.by_name == {}

    def test_a_guest_leaves_and_the_session_stays(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        invited(club)
        club.ask("bob", m.Close, "anna/game")
        assert sessions_of(club, "bob") == []
        assert sessions_of(club, "anna") == ["game"]

    def test_a_name_of_ones_own_is_never_mistaken(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        club.open("bob", "anna/game")
        club.ask("anna", m.Invite, "game", SECRET)
        told = "close your own session 'anna/game' first, which has the same name"
        assert club.ask("bob", m.Join, SECRET).reason == told
        club.ask("bob", m.Close, "anna/game")
        assert club.ask("bob", m.Join, SECRET).shared
        assert club.open("bob", "anna/game").reason == "session 'anna/game' is open already; share it"

    def test_a_session_has_so_many_invitations_and_each_is_its_own(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        club.open("bob", "game")
        for number in range(INVITATIONS):
            assert isinstance(club.ask("anna", m.Invite, "game", f"{number:032}"), m.Done)
        assert "64 invitations of one session are the most" in club.ask("anna", m.Invite, "game", SECRET).reason
        assert "another session's" in club.ask("bob", m.Invite, "game", f"{0:032}").reason
        assert isinstance(club.ask("anna", m.Uninvite, "game", OTHER), m.Done), "one that is not known, too"

    def test_another_game_in_the_session_keeps_its_guests(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        invited(club)
        club.ask("anna", m.Reset, "game", GAME, SPEC)
        assert isinstance(club.ask("bob", m.Query, "anna/game"), m.Report)

    def test_a_guest_who_comes_back_is_a_guest_still(self) -> None:
        club = Club({"anna": "client", "bob": "client"})
        club.greet("bob 2", token="0123456789abcdef")
        club.open("anna", "game")
        invited(club, "observer", "bob 2")
        hello = m.Hello(m.PROTOCOL_VERSION, "client", "b", 1, token="0123456789abcdef")
        club.tell(club.sender("bob 3"), hello)
        assert isinstance(club.ask("bob 3", m.Query, "anna/game"), m.Report)
        assert club.ask("bob 3", m.Play, "anna/game", 1).kind == "forbidden"

    def test_a_join_that_comes_twice_is_answered_twice(self) -> None:
        club = Club(ANNA_BOB)
        club.greet("bob 2", token="0123456789abcdef")
        club.open("anna", "game")
        club.ask("anna", m.Invite, "game", SECRET)
        for _ in range(2):
            (opened,) = club.tell(club.sender("bob 2"), m.Join(7, SECRET))
            assert isinstance(opened, m.Opened)

    def test_a_state_has_guests_and_invitations(self) -> None:
        club = Club(ANNA_BOB)
        club.open("anna", "game")
        invited(club, "observer")
        again = Scheduler(HashedReferee(), Config(searcher_lease=1e6, client_lease=1e6))
        load(again, [bytes(frame) for frame in save(club.core)])
        club.core = again
        assert club.ask("bob", m.Play, "anna/game", 1).kind == "forbidden"
        assert isinstance(club.ask("bob", m.Query, "anna/game"), m.Report)
        assert sessions_of(club, "anna") == ["game"]

    def test_a_core_that_begins_anew_knows_its_principals(self) -> None:
        club = Club(ANNA_BOB)
        club.core.begin_anew(club.now, club.core.numbers)
        (welcome,) = club.greet("anna")
        assert isinstance(welcome, m.Welcome)
        assert isinstance(club.open("anna", "game"), m.Opened)
