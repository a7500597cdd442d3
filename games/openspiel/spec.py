"""What a specification for OpenSpiel may hold; ``games.openspiel.catalogue`` says what it means."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from games.specs import Specification


class OpenSpielSpec(Specification, frozen=True):
    """``game``: a name with or without parameters."""

    CALLED: ClassVar[str] = "a specification for OpenSpiel"
    SAYS: ClassVar[dict[str, str]] = {"game": "a name such as 'connect_four' or 'connect_four(rows=4,columns=5)'"}

    game: Annotated[str, Meta(min_length=1, max_length=200)]
