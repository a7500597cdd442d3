"""Two recorded searches of one position side by side: where they part, and what that did to the root."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np

from zhugo.debugger.explaining.search import Path, Root, Searched, SearchGrant, SearchMessage
from zhugo.shared.errors import UserError

_UNVISITED = (0, None)

COUNTS = 5
"""Equal visit counts at which the roots are compared: the largest powers of two that both reached."""


def diff(a: Searched, b: Searched) -> dict[str, Any]:
    """Figures by name, for tables and for JSON. Raises ``UserError`` for searches of different positions.

    Values are Black's. ``same``: every message and every ticket is the same, in the same order, and so is the root;
    times need not be.
    """
    if reasons := list(_unlike(a, b)):
        raise UserError(f"{a.path} and {b.path} search different positions: {'; '.join(reasons)}")
    message, grant, moves = _first_message(a, b), _first_grant(a, b), _moves(a, b)
    alike = all((row["a_visits"], row["a_q"]) == (row["b_visits"], row["b_q"]) for row in moves)
    return {
        "same": message is None and grant is None and alike,
        "a": _shown(a),
        "b": _shown(b),
        "settings": {name: {"a": value, "b": b.settings.get(name)} for name, value in _changed(a.settings, b.settings)},
        "first_message": message,
        "first_grant": grant,
        "best_move": _best_moves(a, b),
        "roots": _roots(a, b),
        "moves": moves,
        "sums": {name: {"a": value, "b": _sums(b)[name]} for name, value in _sums(a).items()},
    }


def _unlike(a: Searched, b: Searched) -> Iterator[str]:
    if a.session.game != b.session.game:
        yield f"{a.session.game} | {b.session.game}"
        return
    for name, value in _changed(a.session.spec, b.session.spec):
        yield f"{name} {value} | {b.session.spec.get(name)}"
    if a.record != b.record:
        yield " | ".join(f"after {found.line(found.record)}" if found.record else "the start" for found in (a, b))


def _changed(one: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, Any]]:
    """Names whose values differ, with the values of ``one``."""
    return [(name, one.get(name)) for name in one | other if one.get(name) != other.get(name)]


def _shown(found: Searched) -> dict[str, Any]:
    end = found.end
    return {
        "trace": found.path,
        "session": found.session.name,
        "after": found.line(found.record) if found.record else "",
        "visits": end.total if end else 0,
        "seconds": end.seconds - found.began if end else 0.0,
        "best": found.move(end.best) if end else None,
    }


def _first_message(a: Searched, b: Searched) -> dict[str, Any] | None:
    for same, (one, other) in enumerate(zip_longest(a.messages, b.messages)):
        if one is None or other is None or one.content != other.content:
            return {"same_before": same, "why": _why(one, other), "a": _said(one), "b": _said(other)}
    return None


def _said(said: SearchMessage | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return {"event": said.number, "seconds": said.seconds, "who": said.who, "what": said.told}


def _why(one: SearchMessage | None, other: SearchMessage | None) -> str:
    if one is None or other is None:
        return f"{'A' if one is None else 'B'} has no more"
    if one.who != other.who:
        return f"{one.who} comes first in A, {other.who} in B"
    if one.kind != other.kind:
        return "it is another message"
    if one.leaves != other.leaves:
        return "it is about other leaves"
    return "the same leaves get other values" if one.evaluation != other.evaluation else "it asks for something else"


def _first_grant(a: Searched, b: Searched) -> dict[str, Any] | None:
    for same, (one, other) in enumerate(zip_longest(a.grants, b.grants)):
        if one is None or other is None or (one.who, one.leaves) != (other.who, other.leaves):
            theirs = zip_longest(one.leaves if one else (), other.leaves if other else ())
            leaves = next((pair for pair in theirs if pair[0] != pair[1]), (None, None))
            return {"same_before": same, "a": _given(a, one, leaves[0]), "b": _given(b, other, leaves[1])}
    return None


def _given(found: Searched, given: SearchGrant | None, leaf: Path | None) -> dict[str, Any] | None:
    """``leaf``: the first that is another one in the other search; None if the same leaves went to another searcher."""
    if given is None:
        return None
    what, name = f"{given.told} to {given.who}", None if leaf is None else found.line(leaf)
    return {"event": given.number, "seconds": given.seconds, "what": what, "leaf": name}


def _best_moves(a: Searched, b: Searched) -> dict[str, Any]:
    """At how many visits, up to those that both have, the best moves differ: first, and in what share of all."""
    most = min(found.end.total if found.end else 0 for found in (a, b))
    steps = sorted({root.total for found in (a, b) for root in found.bests if root.total <= most})
    differing = [
        (visits, until) for visits, until in pairwise([*steps, most + 1]) if _best_at(a, visits) != _best_at(b, visits)
    ]
    first = differing[0][0] if differing else None
    return {
        "first_differs_at": first,
        "a": None if first is None else _since(a, first),
        "b": None if first is None else _since(b, first),
        "share": sum(until - visits for visits, until in differing) / max(1, most),
        "differs_at_end": bool(a.end and b.end and a.move(a.end.best) != b.move(b.end.best)),
    }


def _root_at(found: Searched, visits: int) -> Root | None:
    """The root when the move became the best that was the best at so many visits."""
    place = bisect_right([root.total for root in found.bests], visits)
    return found.bests[place - 1] if place else None


def _best_at(found: Searched, visits: int) -> int | None:
    root = _root_at(found, visits)
    return None if root is None else root.best


def _since(found: Searched, visits: int) -> dict[str, Any] | None:
    root = _root_at(found, visits)
    return None if root is None else {"move": found.move(root.best), "event": root.number, "seconds": root.seconds}


def _roots(a: Searched, b: Searched) -> list[dict[str, Any]]:
    """The roots at equal visit counts (a batch may have brought some visits more), and at the end."""
    pairs = list(zip(a.roots, b.roots, strict=False))
    counts: list[tuple[int | str, Root, Root]] = [
        (1 << power, *pair) for power, pair in enumerate(pairs) if power and power >= len(pairs) - COUNTS
    ]
    if a.end and b.end:
        counts.append(("end", a.end, b.end))
    return [
        {
            "visits": visits,
            **distances(one, other),
            "a_best": a.move(one.best),
            "b_best": b.move(other.best),
            "a_visits": one.total,
            "b_visits": other.total,
        }
        for visits, one, other in counts
    ]


def distances(one: Root, other: Root) -> dict[str, float]:
    """Of the shares of visits: total variation, and KL(A || B) in nats, with half a visit more a move."""
    counts = (dict(zip(root.moves.tolist(), root.visits.tolist(), strict=True)) for root in (one, other))
    first, second = counts
    moves = sorted(first | second)
    p, q = (np.array([count.get(move, 0) for move in moves], np.float64) for count in (first, second))
    tv = 0.5 * float(np.abs(p / max(1.0, p.sum()) - q / max(1.0, q.sum())).sum())
    p, q = p + 0.5, q + 0.5
    p, q = p / p.sum(), q / q.sum()
    return {"total_variation": tv, "kl": float((p * np.log(p / q)).sum())}


def _moves(a: Searched, b: Searched) -> list[dict[str, Any]]:
    """Of each move that was visited in either: visits, share, and ``q``, Black's mean value (None without visits), at
    the end.
    """
    ends = [_at_end(found.end) for found in (a, b)]
    moves = sorted(ends[0] | ends[1], key=lambda move: tuple(-end.get(move, _UNVISITED)[0] for end in ends))
    rows = []
    for move in moves:
        row: dict[str, Any] = {"move": a.move(move)}
        for side, end in zip("ab", ends, strict=True):
            visits, q = end.get(move, _UNVISITED)
            total = sum(count for count, _ in end.values())
            row |= {f"{side}_visits": visits, f"{side}_share": visits / max(1, total), f"{side}_q": q}
        rows.append(row)
    return rows


def _at_end(root: Root | None) -> dict[int, tuple[int, float | None]]:
    """Move -> visits and mean value, of those that have some."""
    if root is None:
        return {}
    columns = zip(root.moves.tolist(), root.visits.tolist(), root.q.tolist(), strict=True)
    return {move: (visits, q) for move, visits, q in columns if visits}


def _sums(found: Searched) -> dict[str, float]:
    """What the search took; ``never_updated``: leaves that were handed out and whose evaluations did not come."""
    counters, leaves = found.counters, sum(len(grant.leaves) for grant in found.grants)
    return {
        "batches": len(found.grants),
        "leaves": leaves,
        "mean_batch": leaves / max(1, len(found.grants)),
        "collisions": counters.collisions,
        "pseudo_visits": counters.pseudo_visits,
        "parks": found.parks,
        "parked_seconds": counters.parked_seconds,
        "speculative_unused": counters.speculative - counters.speculative_used,
        "never_updated": leaves - found.updated,
    }
