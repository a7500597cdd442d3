"""Commands about rules. A net that never learned a rule plays by the nearest that it knows, and a warning says so.

What such a net plays is area; the end of the game is counted by the rules that were asked for all the same.
"""

from __future__ import annotations

import json
from dataclasses import replace

from games.game import GameError
from games.go.rules import Rules, parse
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError, warn

KGS_RULES = {"chinese": "chinese-kgs", "japanese": "japanese", "aga": "aga", "new_zealand": "new-zealand"}
PLAIN_FEATURES = ("zhugo", "zhugo_history", "leela_zero", "katago_v3", "katago_v4", "katago_v5")
"""Inputs that say nothing of how a game is counted: such nets have learned area scoring alone."""


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def play(rules: object) -> str:
        try:
            wanted = parse(rules)
        except GameError as error:
            raise GtpError(str(error)) from error
        play_by(engine, wanted)
        return ""

    def set_rules(arguments: Arguments) -> str:
        return play(_rules(" ".join(arguments)))

    def set_rule(arguments: Arguments) -> str:
        name, value = arguments.word(0, "the name of the rule"), arguments.word(1, "its value")
        words = {"true": True, "false": False}
        return play({**engine.rules.as_dict(), name: words.get(value.lower(), value)})

    def kgs_rules(arguments: Arguments) -> str:
        name = arguments.word(0, "the rules").lower()
        if name not in KGS_RULES:
            raise GtpError(f"unknown rules {name[:40]}; known: {' '.join(KGS_RULES)}")
        return play(KGS_RULES[name])

    def get_rules(_arguments: Arguments) -> str:
        return _shown(engine.game.rules)

    return {
        "kata-set-rules": set_rules,
        "kata-set-rule": set_rule,
        "kata-get-rules": get_rules,
        "kgs-rules": kgs_rules,
    }


def play_by(engine: Engine, wanted: Rules) -> None:
    """Play by these rules, or by what comes nearest to them of those that the net knows, and say so."""
    engine.change(rules=wanted.as_dict())
    if _is_plain(wanted):
        return
    features = engine.features_if_known
    if features is None:  # GUIs do not wait for an answer until the daemon has its net
        engine.before_search(lambda: _settle(engine, wanted, engine.net.features))
    else:
        _settle(engine, wanted, features)


def _settle(engine: Engine, wanted: Rules, features: str) -> None:
    """See to it that the net knows these rules, unless others are played by now."""
    chosen = nearest(wanted, features)
    if chosen != wanted and engine.game.rules == wanted:
        warn(f"the net does not know these rules; it plays {_shown(chosen)}, and the end is counted by these rules")
        engine.change(rules=chosen.as_dict())
        engine.asked_rules = wanted


def nearest(rules: Rules, features: str) -> Rules:
    """The rules that come nearest among those that a net with such inputs knows."""
    if features not in PLAIN_FEATURES:
        return rules
    # under territory rules the players agree on what is dead, whatever this option says
    agreed = rules.friendlyPassOk or rules.is_territory
    return replace(rules, scoring="AREA", tax="NONE", hasButton=False, friendlyPassOk=agreed)


def _is_plain(rules: Rules) -> bool:
    """Whether every net knows them."""
    return nearest(rules, PLAIN_FEATURES[0]) == rules


def _shown(rules: Rules) -> str:
    return json.dumps(rules.as_dict())


def _rules(text: str) -> object:
    if not text.startswith("{"):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise GtpError("these rules are no JSON") from None
