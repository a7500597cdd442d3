"""A game as a file to take away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from zhugo.review.move_costs import Position
from zhugo.shared.errors import UserError
from zhugo.web.export import annotated, gif_of, page_of_game, png_of
from zhugo.web.open.open_game import OpenGame
from zhugo.web.record import BadEdit


def exported(
    game: OpenGame, known: Mapping[int, Position], kind: str, options: Mapping[str, str], net: str = ""
) -> tuple[str, str, Callable[[], bytes]]:
    """The file's name, its kind as HTTP has it, and what makes it, without the game. Raises ``UserError``.

    net: the name of that which judged it, ``""`` where it is not known. options, all numbers: ``node`` of a picture,
    ``size`` in pixels, ``moves`` that have numbers, or are played out in a GIF, and its ``seconds`` a move;
    ``coordinates`` 0 for none; ``plain`` 1 for a record without its review.
    """
    by = f"ZhuGo, {net}" if net else "ZhuGo"
    name = re.sub(r"[^\w\- ]+", "", game.title).strip() or "game"
    try:
        match kind:
            case "sgf":
                is_plain = not known or _number(options, "plain", 0) > 0
                data = game.tree.as_sgf() if is_plain else annotated(game.tree, known, by)
                return f"{name}.sgf", "application/x-go-sgf", lambda: data
            case "html":
                return f"{name}.html", "text/html; charset=utf-8", page_of_game(game.tree, game.title, known, by)
            case "png" | "gif":
                return f"{name}.{kind}", f"image/{kind}", _picture(game, kind, options)
    except BadEdit as error:
        raise UserError(str(error)) from None
    raise UserError(f"there is no file of kind {kind[:20]}")


def _picture(game: OpenGame, kind: str, options: Mapping[str, str]) -> Callable[[], bytes]:
    node = int(_number(options, "node", game.tree.end_of(0)))
    has_coordinates = _number(options, "coordinates", 1) > 0
    moves = int(_number(options, "moves", 0))
    if kind == "png":
        return png_of(game.tree, node, int(_number(options, "size", 1000)), moves, coordinates=has_coordinates)
    pixels, seconds = int(_number(options, "size", 480)), _number(options, "seconds", 1.0)
    return gif_of(game.tree, node, moves or None, pixels, seconds, coordinates=has_coordinates)


def _number(options: Mapping[str, str], name: str, usual: float) -> float:
    text = options.get(name, "")
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
        if text:
            raise UserError(f"{name} is a number, not {text[:20]!r}")
        return usual
    return float(text)
