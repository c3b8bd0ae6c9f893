"""Choice and drawing of new characters."""

from dataclasses import dataclass, replace
from statistics import fmean

import cv2
import numpy as np
from pii_measures.plates.characters import likeness
from pii_measures.plates.glyphs import DIGITS, LETTERS, advance, glyph
from pii_measures.plates.layout import Line, PlateLayout, ink_of
from pii_measures.plates.rectify import PlateFrame

from .formats import alphabet, as_read, fitting, nearest

_ALIKE = (
    "0OQDCGU",
    "1IJLT7",
    "8B36S9",
    "5S",
    "2Z7",
    "6G8",
    "VYU",
    "MNWH",
    "PRFB",
    "KXR",
    "EFB",
    "A4",
)
"""Characters that are easily confused."""
_NEAR = 0.14
"""Distance from the best likeness within which a character may be the original."""
_USUAL_WEIGHT = 0.14
"""Usual stroke width relative to the cap height."""
_USUAL_WIDTH = 0.57
"""Advance of a glyph that is drawn as wide as the old characters: nearly that of a digit. With it,
new characters in 115 photographs read as wide as the old ones."""
_UNLIKE = 0.55
"""Likeness below which a component is hardly a character."""
_SURE = 0.8
"""Certainty from which its reading is trusted although it contradicts
every known format."""
_BAR = 0.3
"""Width relative to the cap height up to which a character at an end may be the plate's edge."""
CERTAIN, _LIKELY = 0.6, 0.5
"""Certainty from which a reading is that of a plate; the second value is for a usual number of
characters. Of 430 photographed plates, 405 are above; of 171 lamps, badges and other false alarms,
31."""
_USUAL_COUNT = 6, 8
_LEFT_OUT = 0.1
"""Penalty for each character that is left out as an edge."""
_FEWEST = 3
"""Fewest characters of a line."""
_TRUSTED = 0.6
"""Likeness from which a character is used to estimate the stroke width."""

Scores = dict[str, float]
"""Likeness of a character to each letter and digit."""


@dataclass(frozen=True)
class Text:
    """New text of a line."""

    pattern: str
    """Format of the line; see `formats.Family`."""
    starts: tuple[str, ...]
    """First groups that exist; empty for all."""

    @property
    def groups(self) -> tuple[int, ...]:
        """Number of characters in each group."""
        return tuple(map(len, self.pattern.split()))


@dataclass(frozen=True)
class Pen:
    """Strokes of the new characters."""

    weight: float
    """Width relative to the cap height."""
    side: float
    """Width of a plate seen from the side relative to that seen from the front, 0 to 1."""

    def stretch(self, width: float) -> float:
        """Stretch of glyphs for a character's width relative to the cap height; see `glyph`.

        Narrow characters have strokes of the usual width, unless they are seen from the side.
        """
        return float(np.clip(round(20 * width / _USUAL_WIDTH / self.side) / 20, 0.5, 2))


def read(share: np.ndarray, layout: PlateLayout) -> list[list[Scores]]:
    """Likeness of each character of each line to letters and digits.

    Args:
        share: share of ink, (h, w) float32.
        layout: lines of the plate.
    """
    return [[likeness(ink_of(share, line, box)) for box in line.boxes] for line in layout.lines]


def without_edges(
    layout: PlateLayout, scores: list[list[Scores]], band: bool
) -> tuple[PlateLayout, list[list[Scores]]]:
    """Layout without coats of arms and edges that were mistaken for a first or last character.

    They resemble no character, or an I, and the remaining characters have a known format.

    Args:
        layout: the lines.
        scores: likeness of their characters; see `read`.
        band: whether the plate has a country band.

    Returns:
        The layout, and the scores of its characters.
    """
    lines, kept = [], []
    for line, row in zip(layout.lines, scores, strict=True):
        start, end = _without_edges(line, row, band) if layout.legible else (0, len(row))
        lines.append(_part(line, start, end))
        kept.append(row[start:end])
    return replace(layout, lines=tuple(lines)), kept


def _without_edges(line: Line, row: list[Scores], band: bool) -> tuple[int, int]:
    """First character, and the one after the last, that best fit a format."""
    leans = [_lean(likely) for likely in row]
    odd = [
        max(likely.values()) < _UNLIKE or x1 - x0 < _BAR * line.cap
        for likely, (x0, x1) in ((row[end], line.boxes[end]) for end in (0, -1))
    ]
    unknown = fitting(leans, line.groups, band) is None
    best, found = 0.0, (0, len(row))
    for start, after in ((0, 0), (1, 0), (0, 1), (1, 1)):
        part = _part(line, start, len(row) - after)
        if len(part.boxes) < _FEWEST:
            continue
        fit = fitting(leans[start : len(row) - after], part.groups, band)
        if fit is None:
            continue
        # Ink beyond the plate may look like a character, with which the line has no format.
        likely = start > odd[0] or after > odd[1]
        if likely and not (unknown and tuple(map(len, fit.pattern.split())) == part.groups):
            continue
        score = fit.score - _LEFT_OUT * (start + after + likely)
        if score > best:
            best, found = score, (start, len(row) - after)
    return found


def _part(line: Line, start: int, end: int) -> Line:
    """Line with the characters from `start` to before `end`."""
    groups = [*line.groups]
    groups[0] -= start
    groups[-1] -= len(line.boxes) - end
    counts = tuple(count for count in groups if count > 0)
    return replace(line, boxes=line.boxes[start:end], groups=counts)


def certainty(layout: PlateLayout, scores: list[list[Scores]]) -> float:
    """Certainty of a reading, 0 to 1: mean likeness of the characters to those that they are read
    as; 0 if they could not be separated.

    Args:
        layout: the lines.
        scores: likeness of their characters; see `read`.
    """
    if not layout.legible:
        return 0.0
    return fmean(_certainty(line, row) for line, row in zip(layout.lines, scores, strict=True))


def has_text(layout: PlateLayout, scores: list[list[Scores]]) -> bool:
    """Whether a reading is that of a plate, rather than of a lamp, a badge or a wheel.

    Args:
        layout: the lines; large enough to be read.
        scores: likeness of their characters; see `read`.
    """
    usual = _USUAL_COUNT[0] <= sum(map(len, scores)) <= _USUAL_COUNT[1]
    return certainty(layout, scores) > (_LIKELY if usual else CERTAIN)


def formats_of(
    scores: list[list[Scores]],
    layout: PlateLayout,
    band: bool,
    readable: bool,
    rng: np.random.Generator,
) -> list[Text]:
    """Format of each new line.

    It is a format of the same country if the reading fits one, another of about the same length
    if the line cannot be read with certainty, and else as read.

    Args:
        scores: likeness of the old characters; see `read`.
        layout: the old lines.
        band: whether the plate has a country band.
        readable: whether single characters can be compared.
        rng: random generator; two numbers per line.
    """
    found = []
    for number, (row, line) in enumerate(zip(scores, layout.lines, strict=True)):
        which, other = rng.random(2)
        leans = [_lean(likely) for likely in row]
        fit = fitting(leans, line.groups, band) if readable else None
        sure = readable and _certainty(line, row) > _SURE
        if fit is None and not sure and len(scores) == 1:
            fit = nearest(len(row), band, other)
        if fit is None:
            pattern = as_read(leans, line.groups) if readable else len(row) * "LD"[number]
            found.append(Text(pattern, ()))
            continue
        others = [
            one
            for one in fit.family.formats
            if len(one.split()) == len(fit.pattern.split())
            and abs(len(one) - len(fit.pattern)) <= 1
        ]
        pattern = others[int(which * len(others))]
        first = len(pattern.split()[0])
        starts = tuple(one for one in fit.family.starts.split() if len(one) == first)
        found.append(Text(pattern, starts))
    return found


def _certainty(line: Line, row: list[Scores]) -> float:
    """Mean likeness of a line's characters to those that they are read as; without bars, which
    resemble an I, unless all are narrow.
    """
    likely = [max(scores.values()) for scores in row]
    wide = [
        one for one, (x0, x1) in zip(likely, line.boxes, strict=True) if x1 - x0 >= _BAR * line.cap
    ]
    return fmean(wide or likely)


def _lean(scores: Scores) -> float:
    """Lean of a character: positive for a likely digit, negative for a likely letter."""
    return max(scores[char] for char in DIGITS) - max(scores[char] for char in LETTERS)


def choose(
    texts: list[Text],
    scores: list[list[Scores]],
    old: PlateLayout,
    new: PlateLayout,
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """New characters, each different from the old one closest to its position.

    The original only excludes characters; the generator chooses among the rest.

    Args:
        texts: format of each line.
        scores: likeness of the old characters; see `read`.
        old: layout of the old characters.
        new: layout of the new characters.
        rng: random generator; one number per character and line.

    Returns:
        Text of each line, without spaces.
    """
    result = []
    for text, row, before, after in zip(texts, scores, old.lines, new.lines, strict=True):
        places = np.array([sum(box) / 2 for box in before.boxes])
        nearest = [int(np.abs(places - sum(box) / 2).argmin()) for box in after.boxes]
        kinds = text.pattern.replace(" ", "")
        chars = [
            _other(row[place], alphabet(kind), old.legible, rng)
            for place, kind in zip(nearest, kinds, strict=True)
        ]
        starts = [
            start
            for start in text.starts
            if all(_differs(row[place], char) for place, char in zip(nearest, start, strict=False))
        ]
        which = rng.random()
        if starts:
            chars[: text.groups[0]] = starts[int(which * len(starts))]
        result.append("".join(chars))
    return tuple(result)


def _excluded(scores: Scores, legible: bool) -> set[str]:
    """Characters that the old one may be, and that are therefore not chosen."""
    best = max(scores, key=scores.__getitem__)
    excluded = {char for char, score in scores.items() if score > scores[best] - _NEAR}
    if legible:
        excluded.update(*(group for group in _ALIKE if best in group))
    return excluded


def _differs(scores: Scores, char: str) -> bool:
    return char not in _excluded(scores, legible=True)


def _other(scores: Scores, kind: str, legible: bool, rng: np.random.Generator) -> str:
    excluded = _excluded(scores, legible)
    ranked = sorted(kind, key=scores.__getitem__)
    # Likely characters may be the original, or resemble it from a distance.
    likely = 0.6 if legible else 0.5
    options = [char for char in ranked[: round(likely * len(ranked))] if char not in excluded]
    if len(options) < 4:
        options = ranked[:4]
    return sorted(options)[int(rng.random() * len(options))]


def draw(
    texts: tuple[str, ...], layout: PlateLayout, frame: PlateFrame, pen: Pen, factor: int
) -> np.ndarray:
    """Ink of the new characters.

    Args:
        texts: text of each line, without spaces.
        layout: the lines and the positions of their characters.
        frame: frame of the view.
        pen: the strokes.
        factor: pixels of the result per pixel of the view.

    Returns:
        Share of ink, (h * factor, w * factor) float32, 0 to 1.
    """
    w, h = frame.size
    canvas = np.zeros((h * factor, w * factor), np.float32)
    for text, line in zip(texts, layout.lines, strict=True):
        top, bottom = round(line.y0 * factor), round(line.y1 * factor)
        for char, (x0, x1) in zip(text, line.boxes, strict=True):
            # Relative to the usual width, so that an I stays narrow.
            width = (x1 - x0) * min(advance(char) / _USUAL_WIDTH, 1.15)
            width = max(round(width * factor), 1)
            left = round((x0 + x1) / 2 * factor - width / 2)
            stretch = pen.stretch((x1 - x0) / max(line.cap, 1))
            ink = cv2.resize(
                glyph(char, pen.weight, stretch), (width, max(bottom - top, 1)),
                interpolation=cv2.INTER_AREA,
            )  # fmt: skip
            _paste(canvas, ink, left, top)
    return canvas


def _paste(canvas: np.ndarray, ink: np.ndarray, left: int, top: int) -> None:
    y0, x0 = max(top, 0), max(left, 0)
    y1 = min(top + ink.shape[0], canvas.shape[0])
    x1 = min(left + ink.shape[1], canvas.shape[1])
    if y1 > y0 and x1 > x0:
        part = canvas[y0:y1, x0:x1]
        np.maximum(part, ink[y0 - top : y1 - top, x0 - left : x1 - left], out=part)


def pen_of(share: np.ndarray, scores: list[list[Scores]], layout: PlateLayout, side: float) -> Pen:
    """Strokes that give drawn characters as much ink as the old ones have.

    Args:
        share: share of ink, (h, w) float32.
        scores: likeness of the old characters; see `read`.
        layout: lines of the old characters.
        side: width of the plate in the image relative to that seen from the front, 0 to 1.
    """
    usual = Pen(_USUAL_WEIGHT, side)
    if not layout.legible:
        return usual
    before = after = 0.0
    for row, line in zip(scores, layout.lines, strict=True):
        stretch = usual.stretch(line.width / line.cap)
        for likely, box in zip(row, line.boxes, strict=True):
            char = max(likely, key=likely.__getitem__)
            if likely[char] < _TRUSTED or box[1] - box[0] < _BAR * line.cap:
                continue
            before += float(np.clip(ink_of(share, line, box), 0, 1.1).mean())
            after += float(glyph(char, _USUAL_WEIGHT, stretch).mean())
    if not after:
        return usual
    weight = float(np.clip(_USUAL_WEIGHT * before / after, 0.08, 0.20))
    return Pen(0.01 * round(weight / 0.01), side)  # in steps, so that glyphs can be cached
