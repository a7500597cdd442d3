"""Which of several backends ``auto`` takes, by what is known of them so far. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daemon.evaluation.devices.accuracy import Accuracy
from daemon.evaluation.devices.backends import Backend

Known = Mapping[Backend, Accuracy]


@dataclass(frozen=True)
class Choice:
    """backend: what to evaluate with now, and why, in a line for status pages and traces.

    ahead: what is to be measured, or made ready, before something better may be known; in this order, none when the
    choice is final. found: what is known of the backend. trouble: why nothing else can be measured, empty for nothing.
    """

    backend: Backend
    why: str
    ahead: tuple[Backend, ...] = ()
    found: Accuracy | None = None
    trouble: str = ""


def exact(backends: Sequence[Backend]) -> Backend:
    """The one to begin with, beside which the others are measured: in f32, and of those what needs no conversion.

    The first where there is none in f32.
    """
    in_f32 = [backend for backend in backends if backend.precision == "f32"]
    return next((one for one in in_f32 if one.device == "winograd"), (in_f32 or list(backends))[0])


def choose(
    backends: Sequence[Backend], own: Known, of_architecture: Known, is_ready: Callable[[Backend], bool]
) -> Choice:
    """The fastest of these backends that is accurate enough and ready.

    own: what was measured with this net. of_architecture: with others of its architecture, which are taken for it where
    nothing else is known. The exact backend needs no proof, and is always ready.
    """
    if len(backends) == 1:
        return Choice(backends[0], f"nothing but {backends[0].precision} to choose from")
    safe = exact(backends)
    known = {**of_architecture, **own}
    able = [one for one in backends if one == safe or (one in known and known[one].suffices)]

    def rate(backend: Backend) -> float:
        return known[backend].rate if backend in known else 0.0

    best = max((one for one in able if one == safe or is_ready(one)), key=rate)
    wanted = max(able, key=rate)
    proven = max((rate(one) for one in able if one == safe or one in own), default=0.0)
    unproven = [
        one for one in backends if one not in own and not (one in of_architecture and rate(one) < proven)
    ]  # those of which an earlier net of this architecture says that they are slower need no proof
    ahead = sorted(unproven, key=lambda one: (one != safe, one.precision == "int8"))  # what takes longest comes last
    if wanted not in (best, *ahead):
        ahead.append(wanted)
    name = _names(backends)
    told = [_judgement(name(best), best, own, known)]
    for one in (one for one in backends if one != best and one in known):
        later = one in able and rate(one) > rate(best)
        judged = _judgement(name(one), one, own, known)
        told.append(f"{judged} not ready yet" if later else f"not {judged}")
    if unknown := " and ".join(name(one) for one in backends if one != best and one not in known):
        told.append(f"{unknown} not measured yet")
    return Choice(best, "; ".join(told), tuple(ahead), known.get(best))


def _names(backends: Sequence[Backend]) -> Callable[[Backend], str]:
    """How to call each of them: the precision is enough where all are of one device."""
    return str if len({one.device for one in backends}) > 1 else lambda one: one.precision


def _judgement(name: str, one: Backend, own: Known, known: Known) -> str:
    if one not in known:
        return f"{name}, which is exact"
    found = known[one]
    agreement = f"{found.agreement:.1%} same best moves as f32, win rate off by {found.win_rate:.2%}"
    whose = "" if one in own else ", by another net of its architecture"
    return f"{name} ({found.rate:.0f}/s, {agreement}{whose})"


_DEVICES = {
    "cuda": "GPU, by CUDA",
    "openvino": "CPU, by OpenVINO",
    "winograd": "CPU, by Winograd's convolutions",
    "torch": "CPU, by torch",
}
_ARITHMETIC = {
    "f32": "in exact arithmetic (f32)",
    "bf16": "in half precision (bf16)",
    "f16": "in half precision (f16)",
    "int16": "in integers of 16 bits (int16)",
    "int8": "in bytes (int8)",
}


def plain_words(chosen: Choice, when: str = "") -> str:
    """The line for a person who starts a command: what evaluates, how fast, how faithfully. ``when``: since when."""
    found, precision = chosen.found, chosen.backend.precision
    told = []
    if found is not None:
        told.append(f"{found.rate:,.0f} positions a second")
    if found is not None and precision != "f32":
        told.append(f"the same best move as in exact arithmetic in {found.agreement:.1%} of positions")
    if chosen.trouble:
        told.append(f"nothing faster can be measured: {chosen.trouble}")
    what = f"device: {_DEVICES[chosen.backend.device]}, {_ARITHMETIC[precision]}{when and f', {when}'}"
    return "; ".join([what, *told])
