"""What a search says of a position, made up."""

from __future__ import annotations

import random

from zhugo.web import messages as m


def analysis(game: str, node: int, moves: list[int], points: int, *, visits: int = 1000, turn: int = 1) -> m.Analysis:
    """Moves of these numbers, best first, each with fewer visits and a larger loss than the one before."""
    some = random.Random(f"{node} {visits}")
    free = [move for move in range(points) if move not in moves]
    share = 1.0
    candidates = []
    for at, move in enumerate(moves):
        loss = 0.12 * at * at
        rate = 0.56 - 0.012 * at * at
        candidates.append(
            m.Candidate(
                move=move,
                visits=max(int(visits * 0.4 * share), 1),
                black_win_rate=rate if turn > 0 else 1 - rate,
                black_lead=turn * (2.1 - loss),
                prior=0.3 * share,
                loss=loss,
                pv=[move, *some.sample(free, min(9, len(free)))],
            )
        )
        share *= 0.72
    owners = [max(-1.0, min(1.0, some.gauss(0.5 if point % 19 < 9 else -0.5, 0.5))) for point in range(points)]
    policy = [some.random() ** 8 / 4 for _ in range(points + 1)]
    return m.Analysis(
        game=game,
        node=node,
        visits=visits,
        black_win_rate=candidates[0].black_win_rate,
        black_lead=candidates[0].black_lead,
        candidates=candidates,
        ownership=owners,
        policy=policy,
        running=True,
        visits_per_second=850.0,
        loss=None,
        rate_loss=None,
    )
