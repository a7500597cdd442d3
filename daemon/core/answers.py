"""What an event sends to whom: every part of the core adds to one list, in order."""

from __future__ import annotations

from daemon.core.names import addressed
from protocol.messages import Outbound

Answers = list[tuple[bytes, Outbound]]
"""Messages with their receivers, in the order in which they are sent."""


class AnswerList:
    """The messages of the event that is handled now."""

    def __init__(self) -> None:
        self._messages: Answers = []

    def add(self, to: bytes, message: Outbound) -> None:
        """Send this, too, its session named for who reads it; nothing to b"", which is the shell."""
        if to:
            self._messages.append((to, addressed(message, to)))

    def take(self) -> Answers:
        """All of them; then there are none."""
        messages, self._messages = self._messages, []
        return messages

    def __len__(self) -> int:
        return len(self._messages)

    def withdraw(self, to: bytes, since: int) -> None:
        """Send this receiver none of the messages from number ``since`` on."""
        self._messages[since:] = [each for each in self._messages[since:] if each[0] != to]
