"""Commands that GoGui draws: heat maps of the policy, the visits and the ownership."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from protocol.messages import Limits, Report
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, Command

MENU = (
    "gfx/Policy of the net/zhugo-policy",
    "gfx/Visits of the search/zhugo-visits",
    "dboard/Ownership/zhugo-ownership",
)
"""What ``gogui-analyze_commands`` offers: how to draw it, its name in the menu, the command."""
LEAST_SHARE = 0.005
"""Points with less than this are left without a color."""


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def policy(_arguments: Arguments) -> str:
        report = _searched(engine, Limits(visits=1))
        shares = {move: prior for move, prior in enumerate(report.policy) if prior > 0}
        return _heat_map(engine, shares, {move: f"{100 * share:.0f}" for move, share in shares.items()})

    def visits(_arguments: Arguments) -> str:
        report = _searched(engine)
        counts = {child.move: child.visits for child in report.children if child.visits}
        total = max(1, sum(counts.values()))
        shares = {move: count / total for move, count in counts.items()}
        return _heat_map(engine, shares, {move: str(count) for move, count in counts.items()})

    def ownership(_arguments: Arguments) -> str:
        values = [f"{value:.2f}" for value in _owners(engine, _searched(engine))]
        width = engine.game.width
        return "\n" + "\n".join(" ".join(values[at : at + width]) for at in range(0, len(values), width))

    return {
        "gogui-analyze_commands": lambda _arguments: "\n".join(MENU),
        "zhugo-policy": policy,
        "zhugo-visits": visits,
        "zhugo-ownership": ownership,
    }


def _searched(engine: Engine, limits: Limits | None = None) -> Report:
    """The last report on this position, or else a search of it, with the limits of a move."""
    with engine.turn_of(engine.to_play):
        return engine.search(limits or engine.settings.limits(engine.settings.seconds))


def _owners(engine: Engine, report: Report) -> Sequence[float]:
    """Who owns each point; where the net does not say, the stones as they stand."""
    return report.ownership or engine.position.stones.reshape(-1).tolist()


def _heat_map(engine: Engine, shares: Mapping[int, float], labels: Mapping[int, str]) -> str:
    """GoGui's graphics: a color and a label a point, from white to red; what the pass has goes to the status line."""
    most = max((share for move, share in shares.items() if move != engine.pass_move), default=1.0)
    lines = []
    for move, share in shares.items():
        if share < LEAST_SHARE:
            continue
        if move == engine.pass_move:
            lines.append(f"TEXT pass {labels[move]}")
            continue
        fade = round(255 * (1.0 - share / most))
        lines += [f"COLOR #ff{fade:02x}{fade:02x} {engine.vertex(move)}", f"LABEL {engine.vertex(move)} {labels[move]}"]
    return "\n" + "\n".join(lines)
