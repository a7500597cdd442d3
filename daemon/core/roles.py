"""What the holder of a key may say, by its role.

A sender that names no principal is local and may say everything; one whose principal is not known (any more) nothing.
Whose sessions a message may be about is another question, which ``sessions`` answers.
"""

from __future__ import annotations

from protocol import messages as m
from protocol.principals import Principal, Role

_ALWAYS = (m.Heartbeat, m.Goodbye, m.MalformedInput)

_SEEING = (m.Join, m.Close, m.Watch, m.Query, m.AskStatus)
_USING = (m.Open, m.Invite, m.Uninvite, m.Reset, m.Play, m.Undo, m.Goto, m.Configure, m.Search, m.Stop)
_WORK = (m.Select, m.Update, m.PackedUpdate, m.Failed, m.DeviceChanged, m.AskNet)

MESSAGES: dict[Role, tuple[type, ...]] = {
    "client": (*_SEEING, *_USING),
    "observer": _SEEING,
    "searcher": _WORK,
}
"""What each role may send beside greetings and signs of life; an admin may send everything."""


def allowed(principal: Principal | None, message: m.AnyMessage) -> bool:
    """Whether this principal may say this. None: a local sender."""
    if principal is None or principal.role == "admin":
        return True
    if isinstance(message, m.Hello):
        return (message.role == "searcher") == (principal.role == "searcher")
    return isinstance(message, _ALWAYS + MESSAGES[principal.role])
