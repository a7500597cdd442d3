"""What a person did that cannot be done, told in one line."""

from collections.abc import Iterable


class UserError(Exception):
    """The text is the one line that the person reads; the exit code is 2."""


def one_line(error: BaseException) -> str:
    """The first line of what an error says, or its kind where it says nothing."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def listed(names: Iterable[str], last: str) -> str:
    """Names in a row, as in "a, b or c"; ``last`` may be the only one."""
    *others, end = *names, last
    return f"{', '.join(others)} or {end}" if others else end


def is_for_the_user(error: BaseException) -> bool:
    """Whether an error speaks of the input or the surroundings, and not of a mistake in the program."""
    from daemon.gpu_client import DeviceError
    from games.game import GameError
    from nets.errors import NetError
    from protocol.errors import ProtocolError

    return isinstance(error, UserError | GameError | NetError | DeviceError | ProtocolError | OSError)
