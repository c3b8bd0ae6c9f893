"""License plates of many European designs, seen straight on, with invented registrations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from tools.plate_detector.paper import FONTS, Colour, Paper, shaded, texture

Item = TypeVar("Item")

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_DIGITS = "0123456789"
_PATTERNS = (
    "L LL 999", "LL L 9999", "LLL LL 99", "M:LL 999", "LL 999 LL", "LL 99 LLL", "9L9 9999",
    "9999 LLL", "LL 99999", "LLL 999", "99 LL 99", "L 999 LL", "LL999LL", "LLL 9999", "9 LLL 999",
    "LL 9999 L", "999 LLL 99", "L9 LLL", "LL 99 99", "99 LLL 9",
)  # fmt: skip
_WHITE: Colour = (240, 240, 236)
_YELLOW: Colour = (238, 196, 40)
_BLACK: Colour = (20, 20, 24)
_BLUE: Colour = (24, 58, 158)


@dataclass(frozen=True)
class PlateColours:
    """Colours of a country's plates.

    Attributes:
        ground: behind the characters.
        ink: of the characters.
        bands: colours of the bands at the left and right end; None where there is none.
        border: colour of the rim; None for none.
    """

    ground: Colour
    ink: Colour
    bands: tuple[Colour | None, Colour | None] = (_BLUE, None)
    border: Colour | None = _BLACK


STYLES: tuple[tuple[float, PlateColours], ...] = (
    (8, PlateColours(_WHITE, _BLACK)),  # Germany, Poland, Spain, …
    (2, PlateColours(_WHITE, _BLACK, border=None)),  # Czechia, Great Britain (front)
    (3, PlateColours(_WHITE, _BLACK, (_BLUE, _BLUE))),  # France, Italy, Portugal
    (2, PlateColours(_WHITE, _BLACK, (None, None))),  # Switzerland, older plates
    (3, PlateColours(_YELLOW, _BLACK)),  # Netherlands, Luxembourg, Great Britain (rear)
    (1, PlateColours(_YELLOW, _BLACK, (None, None))),
    (1, PlateColours(_WHITE, (160, 24, 40), (_BLUE, None), (160, 24, 40))),  # Belgium
    (0.8, PlateColours(_WHITE, _BLACK, border=(180, 30, 40))),  # Austria
    (0.7, PlateColours(_WHITE, (20, 110, 60))),  # Germany, untaxed; electric vehicles elsewhere
    (0.5, PlateColours((150, 205, 150), _BLACK)),  # electric vehicles
    (0.6, PlateColours(_WHITE, (190, 30, 40), border=(190, 30, 40))),  # dealers
    (0.5, PlateColours((190, 30, 36), _WHITE)),  # transit
    (0.6, PlateColours((28, 60, 150), _WHITE, (None, None), _WHITE)),  # taxis, diplomats
    (
        1,
        PlateColours((24, 24, 26), (232, 232, 228), (None, None), (200, 200, 200)),
    ),  # historic, Italy
    (0.5, PlateColours((16, 86, 60), _WHITE, (None, None), _WHITE)),
    (0.7, PlateColours(_WHITE, _BLACK, ((200, 30, 40), None))),  # red band
    (0.5, PlateColours(_WHITE, _BLACK, (_BLUE, (230, 190, 40)))),  # temporary
    (0.5, PlateColours((232, 120, 30), _BLACK, (None, None))),
)

_SIZES = (  # weight; width and height in metres, lines
    (10, (0.52, 0.11, 1)),
    (2, (0.46, 0.11, 1)),
    (1, (0.52, 0.12, 1)),
    (1.2, (0.34, 0.11, 1)),
    (2, (0.34, 0.20, 2)),
    (1.2, (0.28, 0.20, 2)),
    (1.2, (0.22, 0.20, 2)),
    (0.8, (0.18, 0.20, 2)),
)


@dataclass(frozen=True)
class EuropeanPlate:
    """One plate.

    Attributes:
        rows: the text, a row each.
        style: its colours.
        width: metres.
        height: metres.
    """

    rows: tuple[str, ...]
    style: PlateColours
    width: float
    height: float


def choose(rng: np.random.Generator, weighted: Sequence[tuple[float, Item]]) -> Item:
    """One of the items, each with a probability proportional to its weight."""
    weights = np.array([weight for weight, _ in weighted], float)
    return weighted[int(np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random()))][1]


def registration(rng: np.random.Generator) -> str:
    """An invented registration, groups parted by blanks."""
    pattern = _PATTERNS[int(rng.integers(len(_PATTERNS)))].replace("M:", "L:")
    alphabets = {"L": _LETTERS, "9": _DIGITS}
    return "".join(
        alphabets[sign][int(rng.integers(len(alphabets[sign])))] if sign in alphabets else sign
        for sign in pattern
    ).replace(":", "-" if rng.random() < 0.5 else " ")


def sample_plate(rng: np.random.Generator, *, two_lines: bool | None = None) -> EuropeanPlate:
    """Draw a plate; `two_lines` chooses among those with one or two."""
    sizes = [size for size in _SIZES if two_lines is None or (size[1][2] == 2) is two_lines]
    width, height, lines = choose(rng, sizes)
    text = registration(rng)
    rows: tuple[str, ...] = (text,)
    if lines == 2:
        groups = text.replace("-", " ").split()
        cut = 1 if len(groups) > 1 else 0
        rows = (groups[0], " ".join(groups[cut:])) if cut else (text[:3], text[3:])
    return EuropeanPlate(rows, choose(rng, STYLES), width, height)


def picture(rng: np.random.Generator, plate: EuropeanPlate, width: int) -> np.ndarray:
    """The plate seen straight on, clean or dirty, `width` pixels wide: (h, width, 3) uint8."""
    drawn = max(min(2 * width, 320), 96)
    scale = drawn / plate.width
    pixels = np.empty((max(round(plate.height * scale), 4), drawn, 3), np.uint8)
    pixels[:] = np.clip(np.asarray(plate.style.ground) + rng.normal(0, 6, 3), 0, 255)
    paper = Paper(pixels, scale, (0.0, 0.0))
    left, right = _draw_bands(paper, plate)
    red, green, blue = np.clip(np.asarray(plate.style.ink) + rng.uniform(0, 40), 0, 255).tolist()
    _write(rng, paper, plate, (left, right), (red, green, blue))
    if plate.style.border is not None and rng.random() < 0.85:
        stroke = max(round(0.004 * scale), 1)
        corner = (drawn - 1, pixels.shape[0] - 1)
        cv2.rectangle(pixels, (0, 0), corner, plate.style.border, 2 * stroke - 1)
    if rng.random() < 0.3:
        _make_dirty(rng, pixels)
    size = max(width, 3), max(round(plate.height / plate.width * width), 2)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _draw_bands(paper: Paper, plate: EuropeanPlate) -> tuple[float, float]:
    """Draw the country bands; returns where the ground between them starts and ends, metres."""
    wide = min(0.042, 0.14 * plate.width)
    left, right = 0.0, plate.width
    bands = plate.style.bands
    if bands[0] is not None:
        low = plate.height if len(plate.rows) == 1 else 0.5 * plate.height
        paper.rectangle((0, 0, wide, low), bands[0])
        paper.ellipse((wide / 2, low * 0.35), wide * 0.3, wide * 0.3, (220, 200, 60))
        paper.text("D", (wide * 0.3, low * 0.65, wide * 0.7, low * 0.88), _WHITE)
        left = wide
    if bands[1] is not None and len(plate.rows) == 1:
        paper.rectangle((plate.width - wide, 0, plate.width, plate.height), bands[1])
        right = plate.width - wide
    return left, right


def _write(
    rng: np.random.Generator,
    paper: Paper,
    plate: EuropeanPlate,
    span: tuple[float, float],
    ink: Colour,
) -> None:
    font = FONTS[int(rng.integers(len(FONTS)))]
    weight = rng.uniform(0.12, 0.2)
    rows = len(plate.rows)
    for number, row in enumerate(plate.rows):
        left, right = span if number == 0 else (0.0, plate.width)
        top, bottom = plate.height * number / rows, plate.height * (number + 1) / rows
        margin = (bottom - top) * rng.uniform(0.12, 0.2)
        letter = (bottom - top - 2 * margin) * rng.uniform(0.5, 0.68)
        wide = min(letter * len(row), (right - left) * 0.94)
        start = (left + right - wide) / 2
        paper.text(
            row, (start, top + margin, start + wide, bottom - margin), ink, font=font, weight=weight
        )
    if rows == 1 and rng.random() < 0.4:  # seal between the groups
        x = span[0] + (span[1] - span[0]) * rng.uniform(0.25, 0.45)
        colour = (200, 60, 60) if rng.random() < 0.5 else (120, 150, 120)
        paper.ellipse((x, plate.height * 0.5), 0.012, 0.016, colour)


def _make_dirty(rng: np.random.Generator, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    mud = np.clip(texture(rng, height, width, 8) + rng.uniform(-0.5, 0.4), 0, 1)[..., None]
    tint = np.asarray((110, 95, 75), np.float32) * rng.uniform(0.5, 1.2)
    np.copyto(pixels, (pixels * (1 - 0.8 * mud) + tint * 0.8 * mud).astype(np.uint8))
    if rng.random() < 0.5:
        shaded(pixels, np.linspace(1, rng.uniform(0.5, 0.9), height)[:, None] * np.ones(width))
