"""How long to think: from GTP's clock to seconds for one move. Pure; times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

LAG = 0.5
"""Kept back from every move, for the controller and the way to it."""
SHARE_OF_PERIOD = 0.85
"""Of a byo-yomi stone's time, how much one move may use."""
LEAST_MOVES_LEFT = 20


@dataclass
class Clock:
    """GTP's time system: ``main`` seconds, then ``stones`` moves for every ``period`` seconds (0: none).

    ``left`` holds, by player, what ``time_left`` said last: seconds, and the moves to play in them (0: main time).
    """

    main: float = 0.0
    period: float = 0.0
    stones: int = 0
    set: bool = False
    left: dict[int, tuple[float, int]] = field(default_factory=dict)

    def start(self, main: float, period: float, stones: int) -> None:
        """``time_settings``. A period without stones means no limit (GTP 2, section 4.2)."""
        self.main, self.period, self.stones = main, period, stones
        self.set = not (period > 0 and stones == 0)
        self.left.clear()

    def seconds_for(self, player: int, moves_played: int, points: int) -> float | None:
        """Seconds that the next move of ``player`` may take, None when there is no limit."""
        if not self.set:
            return None
        seconds, stones = self.left.get(player, (self.main, 0))
        if stones == 0 and seconds <= LAG and self.stones:
            seconds, stones = self.period, self.stones
        if stones:
            return max(0.05, seconds / stones * SHARE_OF_PERIOD - LAG / 2)
        moves_left = max(LEAST_MOVES_LEFT, (points * 3 // 4 - moves_played) // 2)
        from_main = max(0.0, seconds - LAG) / moves_left
        per_stone = self.period / self.stones * SHARE_OF_PERIOD - LAG / 2 if self.stones else 0.0
        return max(0.05, min(max(from_main, per_stone), seconds - LAG if seconds > LAG else from_main))
