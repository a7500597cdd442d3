"""Rule sets: by name, or as the JSON that ``kata-set-rules`` takes. Names and their meaning follow KataGo's list
(cpp/game/rules.cpp).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from msgspec import UNSET

from games import specs
from games.game import GameError
from games.go.board import KO_POSITIONAL, KO_SIMPLE, KO_SITUATIONAL
from games.go.rules_text import options_of, short_form
from games.go.spec import RuleOptions

KO_RULES = {"SIMPLE": KO_SIMPLE, "POSITIONAL": KO_POSITIONAL, "SITUATIONAL": KO_SITUATIONAL}
SCORINGS = {"AREA": 0, "TERRITORY": 1}
TAXES = {"NONE": 0, "SEKI": 1, "ALL": 2}
HANDICAP_BONUSES = ("0", "N-1", "N")
_CHOICES = {"ko": KO_RULES, "scoring": SCORINGS, "tax": TAXES, "whiteHandicapBonus": HANDICAP_BONUSES}


@dataclass(frozen=True)
class Rules:
    """One set of rules, komi apart; fields and their texts are those of ``kata-get-rules``.

    ko: SIMPLE, POSITIONAL or SITUATIONAL. scoring: AREA or TERRITORY. tax: points that do not count, NONE, those in
    SEKI, or two eyes of every group too (ALL). suicide: of more than one stone is legal. hasButton: the first pass
    earns half a point and does not bring the end nearer. whiteHandicapBonus: points for White per handicap stone, "0",
    "N-1" or "N". friendlyPassOk: at the end, stones that cannot be saved are taken off without being captured;
    otherwise stones count as they stand.
    """

    ko: str
    scoring: str
    tax: str
    suicide: bool = False
    hasButton: bool = False  # noqa: N815 - the name on the wire of GTP
    whiteHandicapBonus: str = "0"  # noqa: N815
    friendlyPassOk: bool = True  # noqa: N815

    @property
    def is_territory(self) -> bool:
        """Whether territory and prisoners are counted, and not stones."""
        return self.scoring == "TERRITORY"

    @property
    def takes_dead_off(self) -> bool:
        """Whether stones that cannot be saved come off at the end; otherwise the board counts as it stands."""
        return self.friendlyPassOk or self.is_territory

    @property
    def takes_pass_dead_off(self) -> bool:
        """Whether without such an agreement stones still come off that cannot live even if the opponent always passes.

        So KataGo counts by area. Tromp-Taylor's rules, which have suicide, count every stone that stands.
        """
        return not self.takes_dead_off and not self.suicide

    @property
    def default_komi(self) -> float:
        """The komi of a game that names none."""
        if self.is_territory:
            return 6.5
        return 7.0 if self.hasButton else 7.5

    def handicap_bonus(self, stones: int) -> int:
        """White's points for a handicap of so many stones; one stone is none."""
        if stones < 2 or self.whiteHandicapBonus == "0":
            return 0
        return stones if self.whiteHandicapBonus == "N" else stones - 1

    def as_dict(self) -> dict[str, Any]:
        """As ``kata-get-rules`` prints it and ``parse`` takes it."""
        return asdict(self)

    def as_text(self) -> str:
        """Their first name, or KataGo's short form where they have none; ``parse`` takes it, too."""
        return name_of(self) or short_form(self.as_dict())


_AREA_SIMPLE = Rules("SIMPLE", "AREA", "NONE")
_AREA_SITUATIONAL = Rules("SITUATIONAL", "AREA", "NONE")
_JAPANESE = Rules("SIMPLE", "TERRITORY", "SEKI", friendlyPassOk=False)
_TROMP_TAYLOR = Rules("POSITIONAL", "AREA", "NONE", suicide=True, friendlyPassOk=False)
_CHINESE_POSITIONAL = Rules("POSITIONAL", "AREA", "NONE", whiteHandicapBonus="N")

NAMED: dict[str, Rules] = {
    "tromp-taylor": _TROMP_TAYLOR,
    "chinese": replace(_AREA_SIMPLE, whiteHandicapBonus="N"),
    "chinese-ogs": _CHINESE_POSITIONAL,
    "chinese-kgs": _CHINESE_POSITIONAL,
    "japanese": _JAPANESE,
    "korean": _JAPANESE,
    "aga": replace(_AREA_SITUATIONAL, whiteHandicapBonus="N-1"),
    "bga": replace(_AREA_SITUATIONAL, whiteHandicapBonus="N-1"),
    "french": replace(_AREA_SITUATIONAL, whiteHandicapBonus="N-1"),
    "new-zealand": replace(_AREA_SITUATIONAL, suicide=True),
    "stone-scoring": replace(_AREA_SIMPLE, tax="ALL"),
    "ancient-territory": replace(_JAPANESE, tax="ALL"),
    "aga-button": replace(_AREA_SITUATIONAL, whiteHandicapBonus="N-1", hasButton=True),
    "goe": replace(_TROMP_TAYLOR, friendlyPassOk=True),
}

_OTHER_NAMES = {
    "tromptaylor": "tromp-taylor",
    "chineseogs": "chinese-ogs",
    "chinesekgs": "chinese-kgs",
    "nz": "new-zealand",
    "newzealand": "new-zealand",
    "stonescoring": "stone-scoring",
    "ancient-area": "stone-scoring",
    "ancientarea": "stone-scoring",
    "ancientterritory": "ancient-territory",
    "agabutton": "aga-button",
    "jp": "japanese",
    "cn": "chinese",
    "ing": "goe",
}


def parse(rules: Any) -> Rules:
    """Rules from a name, in any case and with spaces or underscores, from options, as a dict or in KataGo's short form,
    or ``Rules`` as they are.

    Options that are left out are those of tromp-taylor, the tax that of the scoring. Raises ``GameError``.
    """
    if isinstance(rules, Rules):
        return rules
    if isinstance(rules, RuleOptions):
        return _from_options(rules)
    if isinstance(rules, dict):
        return _from_options(specs.read(rules, RuleOptions))
    if not isinstance(rules, str):
        raise GameError(f"rules are a name or options, not {specs.short(rules)}")
    name = rules.strip().lower().replace("_", "-").replace(" ", "-")
    name = _OTHER_NAMES.get(name, name)
    if name in NAMED:
        return NAMED[name]
    if options := options_of(rules):
        if "komi" in options:
            raise GameError(f"komi is not among the rules: {specs.short(rules)}")
        return parse(options)
    raise GameError(f"unknown rules {specs.short(rules)}; known: {', '.join(sorted(NAMED))}")


def with_komi(rules: Any) -> tuple[Rules, float]:
    """As ``parse``, and the komi: that which options or the short form name beside the rules, or what is usual."""
    options = options_of(rules) if isinstance(rules, str) else rules
    if isinstance(options, dict) and "komi" in options:
        komi = options["komi"]
        if isinstance(komi, bool) or not isinstance(komi, (int, float)):
            raise GameError(f"komi is a number, not {specs.short(komi)}")
        return parse({name: value for name, value in options.items() if name != "komi"}), float(komi)
    known = parse(rules)
    return known, known.default_komi


def name_of(rules: Rules) -> str | None:
    """The first name of the rules, None when they have none."""
    return next((name for name, known in NAMED.items() if known == rules), None)


def _from_options(options: RuleOptions) -> Rules:
    known = {name: value for name in options.__struct_fields__ if (value := getattr(options, name)) is not UNSET}
    if "score" in known:
        known["scoring"] = known.pop("score")
    for key, choices in _CHOICES.items():
        if key in known:
            known[key] = _one_of(key, known[key], choices)
    known.setdefault("tax", "SEKI" if known.get("scoring") == "TERRITORY" else "NONE")
    rules = replace(_TROMP_TAYLOR, **known)
    if rules.hasButton and rules.is_territory:
        raise GameError("a button needs area scoring")
    return rules


def _one_of(key: str, text: str, choices: Any) -> str:
    if key == "ko" and text.upper() == "SPIGHT":
        raise GameError("the SPIGHT ko rule is not supported; POSITIONAL comes nearest")
    if text.upper() not in choices:
        raise GameError(f"rules option {key} is one of {', '.join(choices)}, not {specs.short(text)}")
    return text.upper()
