"""Pictures of a board: wood, lines, stones with a little light on them, coordinates, numbers and marks. By Pillow."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SMALLEST, LARGEST = 120, 4000
"""Pixels of a picture's longer side."""
FINER = 3
WOOD, LINE, COORDINATE = (222, 184, 120), (70, 48, 20), (96, 68, 32)
INK, PAPER, ACCENT = (24, 24, 28), (250, 248, 242), (194, 69, 45)
_COLUMNS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_STONE = 0.475
"""Radius of a stone, in cells."""

_Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Diagram:
    """A position to draw. Points go row by row from the top left.

    stones: +1 Black, -1 White, 0 nobody, a number a point. numbers: texts on points, on their stones where there are
    any. marks: points to TR, SQ, CR or MA. last: a point whose stone is marked as the last move.
    """

    width: int
    height: int
    stones: Sequence[int]
    numbers: Mapping[int, str] = field(default_factory=dict)
    marks: Mapping[int, str] = field(default_factory=dict)
    last: int | None = None
    coordinates: bool = True


def png(diagram: Diagram, pixels: int = 1000) -> bytes:
    """A PNG whose longer side has so many pixels, within ``SMALLEST`` and ``LARGEST``."""
    file = io.BytesIO()
    picture(diagram, pixels).save(file, "PNG")
    return file.getvalue()


def gif(diagrams: Sequence[Diagram], pixels: int = 480, seconds: float = 1.0) -> bytes:
    """A GIF that shows ``diagrams``, at least one, in turn, each for ``seconds`` and the last three times as long.

    All are of one board. It begins again at its end.
    """
    frames = [picture(one, pixels, 2) for one in diagrams]
    palette = _palette(frames)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [round(1000 * seconds)] * len(frames)
    durations[-1] *= 3
    file = io.BytesIO()
    first, *others = indexed
    first.save(file, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False)
    return file.getvalue()


def picture(diagram: Diagram, pixels: int, finer: int = FINER) -> Image.Image:
    """The picture itself. finer: drawn so many times larger and made smaller again, so that edges are smooth."""
    pixels = max(SMALLEST, min(LARGEST, pixels))
    finer = min(finer, 2) if pixels > 1500 else finer
    return _Drawing(diagram, pixels * finer).draw().reduce(finer)


class _Drawing:
    """One picture; lengths are in its own, finer pixels."""

    def __init__(self, diagram: Diagram, pixels: int) -> None:
        self._diagram = diagram
        self._border = 1.0 if diagram.coordinates else 0.25
        self._cell = pixels / (max(diagram.width, diagram.height) + 2 * self._border)
        self._image = _empty_board(diagram.width, diagram.height, self._border, pixels).copy()
        self._draw = ImageDraw.Draw(self._image)

    def draw(self) -> Image.Image:
        for point, color in enumerate(self._diagram.stones):
            if color:
                self._stone(point, color)
        for point, mark in self._diagram.marks.items():
            self._mark(point, mark)
        for point, text in self._diagram.numbers.items():
            self._text(point, text)
        last = self._diagram.last
        if last is not None and last not in self._diagram.numbers and last not in self._diagram.marks:
            self._circle(last, 0.22, self._ink(last))
        return self._image

    def _at(self, point: int) -> tuple[float, float]:
        row, column = divmod(point, self._diagram.width)
        middle = self._border + 0.5
        return (column + middle) * self._cell, (row + middle) * self._cell

    def _box(self, point: int, radius: float) -> _Box:
        x, y = self._at(point)
        return x - radius * self._cell, y - radius * self._cell, x + radius * self._cell, y + radius * self._cell

    def _ink(self, point: int) -> tuple[int, int, int]:
        """What is seen on the point: light on a black stone, dark elsewhere."""
        return PAPER if self._diagram.stones[point] > 0 else INK

    def _stone(self, point: int, color: int) -> None:
        x, y = self._at(point)
        sprite = _stone(color, max(4, round(2 * _STONE * self._cell)))
        half = sprite.width / 2
        self._image.paste(sprite, (round(x - half), round(y - half)), sprite)

    def _mark(self, point: int, mark: str) -> None:
        ink = self._ink(point)
        if not self._diagram.stones[point]:
            self._clear(point)
        if mark == "CR":
            self._circle(point, 0.26, ink)
            return
        reach = 0.26 if mark != "TR" else 0.32
        left, top, right, bottom = self._box(point, reach)
        thick = max(1, round(self._cell / 14))
        if mark == "SQ":
            self._draw.rectangle((left, top, right, bottom), outline=ink, width=thick)
        elif mark == "MA":
            self._draw.line((left, top, right, bottom), ink, thick)
            self._draw.line((left, bottom, right, top), ink, thick)
        elif mark == "TR":
            x, y = self._at(point)
            low = y + reach * self._cell * 0.5
            side = reach * self._cell * 0.866
            corners = [(x, y - reach * self._cell), (x + side, low), (x - side, low)]
            self._draw.line([*corners, corners[0]], ink, thick, joint="curve")

    def _text(self, point: int, text: str) -> None:
        if not self._diagram.stones[point]:
            self._clear(point)
        size = (0.56, 0.56, 0.5, 0.4)[len(text)] if len(text) < 4 else 1.3 / len(text)
        ink = ACCENT if point == self._diagram.last and not self._diagram.stones[point] else self._ink(point)
        self._write(self._at(point), text, _font(round(self._cell * size)), ink)

    def _clear(self, point: int) -> None:
        """Take the lines away, for what is written there."""
        self._draw.ellipse(self._box(point, 0.34), WOOD)

    def _circle(self, point: int, radius: float, ink: tuple[int, int, int]) -> None:
        self._draw.ellipse(self._box(point, radius), outline=ink, width=max(1, round(self._cell / 14)))

    def _write(self, at: tuple[float, float], text: str, font: Any, ink: tuple[int, int, int]) -> None:
        self._draw.text(at, text, ink, font, anchor="mm")


@lru_cache(maxsize=4)
def _empty_board(width: int, height: int, border: float, pixels: int) -> Image.Image:
    """Wood, lines, stars, and coordinates where the border has room for them; not to be drawn on."""
    cell = pixels / (max(width, height) + 2 * border)

    def place(column: float, row: float) -> tuple[float, float]:
        return (column + border + 0.5) * cell, (row + border + 0.5) * cell

    image = _wood(round((width + 2 * border) * cell), round((height + 2 * border) * cell), cell)
    draw = ImageDraw.Draw(image)
    thick = max(1, round(cell / 22))
    for column in range(width):
        draw.line([place(column, 0), place(column, height - 1)], LINE, thick)
    for row in range(height):
        draw.line([place(0, row), place(width - 1, row)], LINE, thick)
    for point in star_points(width, height):
        x, y = place(point % width, point // width)
        draw.ellipse((x - 0.1 * cell, y - 0.1 * cell, x + 0.1 * cell, y + 0.1 * cell), LINE)
    if border >= 1:
        font = _font(round(cell * 0.42))
        texts = [((column, row), column_name(column)) for column in range(width) for row in (-1, height)]
        texts += [((column, row), str(height - row)) for row in range(height) for column in (-1, width)]
        for at, text in texts:
            draw.text(place(*at), text, COORDINATE, font, anchor="mm")
    return image


def _wood(width: int, height: int, cell: float) -> Image.Image:
    """Wood with faint bands along it, the same ones always."""
    across = np.arange(width) / cell
    shade = 3.5 * np.sin(across * 2.3 + 1.5 * np.sin(across * 0.61)) + 2.0 * np.sin(across * 7.9)
    bands = np.clip(np.array(WOOD)[None, :] + shade[:, None], 0, 255).astype(np.uint8)
    return Image.fromarray(np.broadcast_to(bands, (height, width, 3)).copy(), "RGB")


def column_name(column: int) -> str:
    """ "A", "B" … without I; boards of more than 25 columns go on with two letters."""
    name = _COLUMNS[column % len(_COLUMNS)]
    return name if column < len(_COLUMNS) else _COLUMNS[column // len(_COLUMNS) - 1] + name


def star_points(width: int, height: int) -> list[int]:
    """The points that are drawn with a dot, as on the page (``zhugo/pages/library/points.js``)."""
    columns, rows = _star_lines(width), _star_lines(height)
    found = [row * width + column for row in rows for column in columns]
    is_small = len(columns) < 3 or len(rows) < 3
    has_middle = len(columns) > 1 and len(rows) > 1 and width % 2 == 1 and height % 2 == 1
    return [*found, (width * height - 1) // 2] if is_small and has_middle else found


def _star_lines(length: int) -> list[int]:
    if length < 7:
        return []
    edge = 2 if length < 13 else 3
    ends = [edge, length - 1 - edge]
    return ends if length < 15 or length % 2 == 0 else [edge, (length - 1) // 2, length - 1 - edge]


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    return ImageFont.load_default(max(4, size))


@lru_cache(maxsize=16)
def _stone(color: int, across: int) -> Image.Image:
    """A stone with light from above the left, and a little shade around it: RGBA."""
    full = across + across // 6
    middle = (full - 1) / 2
    y, x = np.mgrid[0:full, 0:full].astype(np.float32)
    radius = across / 2
    distance = np.hypot(x - middle, y - middle) / radius
    light = np.hypot(x - middle + 0.35 * radius, y - middle + 0.4 * radius) / radius
    glow = np.clip(1 - light / (0.9 if color > 0 else 1.7), 0, 1)
    base, more = (26.0, 92.0) if color > 0 else (206.0, 48.0)
    gray = np.clip(base + more * glow**1.5, 0, 255)
    inside = np.clip((1 - distance) * radius + 0.5, 0, 1)
    shade = np.clip(1 - np.hypot(x - middle - 0.04 * radius, y - middle - 0.08 * radius) / radius / 1.12, 0, 1) * 1.1
    alpha = np.maximum(inside, np.clip(shade, 0, 0.35))
    rgb: NDArray[np.float32] = np.where(inside > 0, gray, 20.0)[..., None] * np.array([1.0, 1.0, 1.01])
    pixels = np.dstack([np.clip(rgb, 0, 255), alpha * 255]).astype(np.uint8)
    return Image.fromarray(pixels, "RGBA")


def _palette(frames: Sequence[Image.Image]) -> Image.Image:
    """Colours for all frames: those of the first and the last, which has all that is ever drawn."""
    width, height = frames[0].size
    both = Image.new("RGB", (width, 2 * height))
    both.paste(frames[0], (0, 0))
    both.paste(frames[-1], (0, height))
    return both.quantize(128, Image.Quantize.MEDIANCUT)
