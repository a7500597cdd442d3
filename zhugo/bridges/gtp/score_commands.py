"""Commands about the end of a game: its score and what lives."""

from __future__ import annotations

from games.go.life import Fate
from zhugo.bridges.gtp import game_end
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def final_score(_arguments: Arguments) -> str:
        return game_end.final_score(engine)

    def final_status_list(arguments: Arguments) -> str:
        try:
            wanted = Fate(arguments.word(0, "the status").lower())
        except ValueError:
            raise GtpError("syntax error: the status is alive, dead or seki") from None
        chains = [chain.points for chain in game_end.judge(engine).chains if chain.fate is wanted]
        return "\n".join(" ".join(engine.vertex(point) for point in chain) for chain in chains)

    return {"final_score": final_score, "final_status_list": final_status_list}
