"""Of several GPUs the one that a process works with: CUDA is told before it starts, and shows that one first."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

from daemon.gpu_client import DeviceError

VISIBLE = "CUDA_VISIBLE_DEVICES"


def put_first(number: int, numbers: Sequence[int], environment: MutableMapping[str, str]) -> None:
    """Have CUDA show the GPU of this number first, and the others behind it, so that they can be counted.

    Numbers are among those GPUs that this process may see already. CUDA must not have been asked for anything before.
    Raises ``DeviceError`` for a number beyond them.
    """
    at = list(numbers).index(number)
    environment[VISIBLE] = ",".join(entry_of(one, environment) for one in (*numbers[at:], *numbers[:at]))


def entry_of(number: int, environment: MutableMapping[str, str]) -> str:
    """What the variable calls the GPU of this number. Raises ``DeviceError``."""
    listed = environment.get(VISIBLE)
    if listed is None:
        return str(number)
    entries = [entry for entry in listed.split(",") if entry.strip()]
    if number >= len(entries):
        raise DeviceError(f"--device cuda:{number}: {VISIBLE}={listed} leaves no GPU of that number")
    return entries[number].strip()


def check_all_there(number: int, numbers: Sequence[int], there: int) -> None:
    """``there``: how many GPUs CUDA shows behind ``put_first``. Raises ``DeviceError`` when some are missing.

    CUDA shows none that is listed behind one that it does not have.
    """
    at = list(numbers).index(number)
    listed = (*numbers[at:], *numbers[:at])
    if there < len(listed):
        raise DeviceError(f"--device cuda:{','.join(map(str, numbers))}: there is no GPU {listed[there]}")
