"""KataGo's short form of rules, as ``koSIMPLEscoreAREAtaxNONEsui0``: what it writes into records, and takes as rules.

Parts of a name and a value, in any order and with or without space between them, upper and lower case as here:
``ko``, ``score`` or ``scoring``, ``tax``, ``sui``, ``button``, ``whb`` (the handicap's bonus), ``fpok`` (whether a pass
may leave dead stones), ``komi``. What is left out is that of tromp-taylor (cpp/game/rules.cpp).
"""

from __future__ import annotations

import re
from typing import Any

_TRUTHS = {"0": False, "1": True}
_PARTS: dict[str, tuple[str, str]] = {
    "ko": ("ko", "SIMPLE|POSITIONAL|SITUATIONAL|SPIGHT"),
    "scoring": ("scoring", "AREA|TERRITORY"),
    "score": ("scoring", "AREA|TERRITORY"),
    "tax": ("tax", "NONE|SEKI|ALL"),
    "sui": ("suicide", "0|1"),
    "button": ("hasButton", "0|1"),
    "whb": ("whiteHandicapBonus", "0|N-1|N"),
    "fpok": ("friendlyPassOk", "0|1"),
    "komi": ("komi", r"[-+]?[0-9]+(?:\.[0-9]*)?|[-+]?\.[0-9]+"),
}
"""What a part begins with, the option that it stands for, and what its value may be."""
_NEXT = re.compile(r"\s*(?:" + "|".join(rf"{name}\s*(?P<{name}>{value})" for name, (_, value) in _PARTS.items()) + ")")


def options_of(text: str) -> dict[str, Any] | None:
    """The options that a text in the short form names, ``komi`` among them as a number; None for any other text."""
    options: dict[str, Any] = {}
    text = text.strip()
    at = 0
    while at < len(text):
        part = _NEXT.match(text, at)
        if part is None or part.lastgroup is None:
            return None
        option, value = _PARTS[part.lastgroup][0], part[part.lastgroup]
        if option == "komi":
            options[option] = float(value)
        else:
            options[option] = _TRUTHS[value] if _PARTS[part.lastgroup][1] == "0|1" else value
        at = part.end()
    return options or None


def short_form(options: dict[str, Any]) -> str:
    """Options in the short form, as KataGo writes them: the last three only where they are not the usual."""
    text = f"ko{options['ko']}score{options['scoring']}tax{options['tax']}sui{options['suicide']:d}"
    text += "button1" if options["hasButton"] else ""
    text += "" if options["whiteHandicapBonus"] == "0" else f"whb{options['whiteHandicapBonus']}"
    return text + ("fpok1" if options["friendlyPassOk"] else "")
