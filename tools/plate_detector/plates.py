"""Frontal views of license plates of many designs, with invented registrations."""

from dataclasses import dataclass

import cv2
import numpy as np

from tools.plate_detector.formats import (
    AMERICAN,
    DIGITS,
    EUROPEAN,
    FORMATS,
    LETTERS,
    WHITE,
    PlateColours,
    PlateFormat,
    PlateSize,
    american_colours,
    choose,
)
from tools.plate_detector.paper import FONTS, Colour, Paper, shaded, texture, varied

_STICKERS: tuple[Colour, ...] = ((200, 40, 40), (230, 200, 60), (40, 80, 180), (236, 236, 236))


@dataclass(frozen=True)
class Plate:
    """License plate.

    Attributes:
        rows: the large characters, one string per row.
        small: lettering along the upper and the lower edge; empty for none.
        of: format of its region.
        size: its size.
        colours: its colours.
    """

    rows: tuple[str, ...]
    small: tuple[str, str]
    of: PlateFormat
    size: PlateSize
    colours: PlateColours


def registration(rng: np.random.Generator, patterns: tuple[str, ...]) -> str:
    """Invented registration, with groups separated by spaces, hyphens or dots."""
    pattern = patterns[int(rng.integers(len(patterns)))]
    alphabets = {"L": LETTERS, "9": DIGITS}
    return "".join(
        alphabets[sign][int(rng.integers(len(alphabets[sign])))] if sign in alphabets else sign
        for sign in pattern
    ).replace(":", "-" if rng.random() < 0.5 else " ")


def sample_plate(rng: np.random.Generator, *, motorcycle: bool = False) -> Plate:
    """Draw a random plate; motorcycles' have two lines, except American ones, which are small."""
    of = choose(rng, FORMATS)
    sizes = of.sizes
    if motorcycle:
        sizes = tuple(s for s in sizes if s[1].lines == 2) or ((1.0, PlateSize(0.18, 0.10)),)
    size = choose(rng, sizes)
    text = registration(rng, of.patterns)
    rows: tuple[str, ...] = (text,)
    if size.lines == 2:
        groups = text.replace("-", " ").split()
        rows = (groups[0], " ".join(groups[1:])) if len(groups) > 1 else (text[:3], text[3:])
    small = tuple(
        words[int(rng.integers(len(words)))] if words and rng.random() < 0.9 else ""
        for words in (of.captions, of.slogans)
    )
    colours = choose(rng, of.colours) if of.colours else american_colours(rng)
    return Plate(rows, (small[0], small[1]), of, size, colours)


def picture(rng: np.random.Generator, plate: Plate, width: int) -> np.ndarray:
    """Frontal view of the plate, clean or dirty, `width` pixels wide: (h, width, 3) uint8."""
    drawn = max(min(2 * width, 320), 96)
    scale = drawn / plate.size.width
    pixels = np.empty((max(round(plate.size.height * scale), 4), drawn, 3), np.uint8)
    _lay_ground(rng, pixels, plate)
    paper = Paper(pixels, scale, (0.0, 0.0))
    left, right = _draw_bands(paper, plate)
    _draw_small(rng, paper, plate)
    red, green, blue = np.clip(np.asarray(plate.colours.ink) + rng.uniform(0, 40), 0, 255).tolist()
    _write(rng, paper, plate, (left, right), (red, green, blue))
    if plate.of is AMERICAN:
        _draw_extras(rng, paper, plate)
    if plate.colours.border is not None and rng.random() < 0.85:
        stroke = max(round(0.004 * scale), 1)
        corner = (drawn - 1, pixels.shape[0] - 1)
        cv2.rectangle(pixels, (0, 0), corner, plate.colours.border, 2 * stroke - 1)
    if rng.random() < 0.3:
        _make_dirty(rng, pixels)
    size = max(width, 3), max(round(plate.size.height / plate.size.width * width), 2)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _lay_ground(rng: np.random.Generator, pixels: np.ndarray, plate: Plate) -> None:
    height, width = pixels.shape[:2]
    noise = rng.normal(0, 6, 3)
    upper = np.asarray(plate.colours.ground) + noise
    lower = upper if plate.colours.lower is None else np.asarray(plate.colours.lower) + noise
    share = np.linspace(0, 1, height)[:, None, None]
    pixels[:] = np.clip(upper * (1 - share) + lower * share, 0, 255)
    if plate.of is AMERICAN and rng.random() < 0.35:  # faint hills, a skyline or a sun
        paper = Paper(pixels, width / plate.size.width, (0.0, 0.0))
        for _ in range(int(rng.integers(1, 5))):
            red, green, blue = (upper * 0.75 + rng.uniform(-40, 70, 3)).tolist()
            colour = varied(rng, (red, green, blue), 10)
            x, y = rng.uniform((0, 0.3), (1, 1)) * (plate.size.width, plate.size.height)
            wide, tall = rng.uniform(0.02, 0.15), rng.uniform(0.02, 0.1)
            if rng.random() < 0.5:
                paper.ellipse((x, y), wide, tall, colour)
            else:
                low = plate.size.height
                paper.polygon([(x - 2 * wide, low), (x, y), (x + 2 * wide, low)], colour)


def _draw_bands(paper: Paper, plate: Plate) -> tuple[float, float]:
    """Draw bands and strips; return start and end of the ground between the bands, metres."""
    width, height = plate.size.width, plate.size.height
    above, below = plate.of.margins
    for strip, y0, y1 in zip(plate.colours.strips, (0, 1 - below), (above, 1), strict=True):
        if strip is not None:
            paper.rectangle((0, y0 * height, width, y1 * height), strip)
    wide = min(0.042, 0.14 * width)
    left, right = 0.0, width
    bands = plate.colours.bands
    if bands[0] is not None:
        low = height if len(plate.rows) == 1 else 0.5 * height
        paper.rectangle((0, 0, wide, low), bands[0])
        paper.ellipse((wide / 2, low * 0.35), wide * 0.3, wide * 0.3, (220, 200, 60))
        paper.text("D", (wide * 0.3, low * 0.65, wide * 0.7, low * 0.88), WHITE)
        left = wide
    if bands[1] is not None and len(plate.rows) == 1:
        paper.rectangle((width - wide, 0, width, height), bands[1])
        right = width - wide
    return left, right


def _draw_small(rng: np.random.Generator, paper: Paper, plate: Plate) -> None:
    """Draw the state, the city or a slogan along the upper and the lower edge."""
    width, height = plate.size.width, plate.size.height
    above, below = (share * height for share in plate.of.margins)
    for text, y0, y1 in zip(plate.small, (0, height - below), (above, height), strict=True):
        if text:
            tall = (y1 - y0) * rng.uniform(0.5, 0.75)
            wide = min(tall * 0.75 * len(text), 0.8 * width)
            x, y = (width - wide) / 2, (y0 + y1 - tall) / 2
            font = FONTS[int(rng.integers(len(FONTS)))]
            paper.text(text, (x, y, x + wide, y + tall), plate.colours.caption, font=font)


def _write(
    rng: np.random.Generator, paper: Paper, plate: Plate, span: tuple[float, float], ink: Colour
) -> None:
    font = FONTS[int(rng.integers(len(FONTS)))]
    weight = rng.uniform(0.12, 0.2)
    rows = len(plate.rows)
    width, height = plate.size.width, plate.size.height
    above, below = plate.of.margins
    first, each = above * height, (1 - above - below) * height / rows
    for number, row in enumerate(plate.rows):
        left, right = span if number == 0 else (0.0, width)
        top = first + number * each
        margin = each * (rng.uniform(0.12, 0.2) if above == 0 else rng.uniform(0.02, 0.12))
        letter = (each - 2 * margin) * rng.uniform(0.5, 0.68)
        wide = min(letter * len(row), (right - left) * 0.94)
        start = (left + right - wide) / 2
        box = (start, top + margin, start + wide, top + each - margin)
        paper.text(row, box, ink, font=font, weight=weight)
    if rows == 1 and plate.of is EUROPEAN and rng.random() < 0.4:  # seal between the groups
        x = span[0] + (span[1] - span[0]) * rng.uniform(0.25, 0.45)
        colour = (200, 60, 60) if rng.random() < 0.5 else (120, 150, 120)
        paper.ellipse((x, height * 0.5), 0.012, 0.016, colour)


def _draw_extras(rng: np.random.Generator, paper: Paper, plate: Plate) -> None:
    """Draw the extras of American plates: an emblem among the characters, stickers, bolts."""
    width, height = plate.size.width, plate.size.height
    if rng.random() < 0.4:
        x = width * rng.uniform(0.4, 0.6) if rng.random() < 0.7 else width * 0.1
        colour = varied(rng, _STICKERS[int(rng.integers(len(_STICKERS)))], 20)
        paper.ellipse((x, height * 0.53), 0.065 * width, height * rng.uniform(0.1, 0.22), colour)
    for x in (0.13 * width, 0.87 * width):
        for y in (0.13 * height, 0.87 * height):
            if rng.random() < 0.3:
                colour = varied(rng, _STICKERS[int(rng.integers(len(_STICKERS)))], 20)
                w, h = 0.06 * width, 0.07 * height
                paper.rectangle((x - w, y - h, x + w, y + h), colour)
                paper.text("11", (x - w / 2, y - h / 2, x + w / 2, y + h / 2), (30, 30, 30))
            elif rng.random() < 0.5:
                paper.ellipse((x, y), 0.02 * width, 0.02 * width, (90, 90, 92))


def _make_dirty(rng: np.random.Generator, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    mud = np.clip(texture(rng, height, width, 8) + rng.uniform(-0.5, 0.4), 0, 1)[..., None]
    tint = np.asarray((110, 95, 75), np.float32) * rng.uniform(0.5, 1.2)
    np.copyto(pixels, (pixels * (1 - 0.8 * mud) + tint * 0.8 * mud).astype(np.uint8))
    if rng.random() < 0.5:
        shaded(pixels, np.linspace(1, rng.uniform(0.5, 0.9), height)[:, None] * np.ones(width))
