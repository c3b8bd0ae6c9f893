"""Reading of the old characters: which they may be, and whether they are characters at all."""

from dataclasses import replace
from statistics import fmean

import numpy as np
from pii_measures.plates.characters import likeness
from pii_measures.plates.glyphs import DIGITS
from pii_measures.plates.layout import Line, PlateLayout, ink_of

from .formats import PlateShape, fitting

_UNLIKE = 0.55
"""Likeness below which a component is hardly a character."""
BAR = 0.3
"""Width relative to the cap height up to which a character at an end may be the plate's edge."""
CERTAIN, _LIKELY = 0.6, 0.5
"""Certainty from which a reading is that of a plate; the second value is for a usual number of
characters. Of 430 photographed plates, 405 are above; of 171 lamps, badges and other false alarms,
31."""
_USUAL_COUNT = 6, 8
_BARS = 0.4
"""Share of a line's characters that may be bars."""
_LEFT_OUT = 0.1
"""Penalty for each character that is left out as an edge."""
_FEWEST = 3
"""Fewest characters of a line."""

Scores = dict[str, float]
"""Likeness of a character to each letter and digit."""


def read(share: np.ndarray, layout: PlateLayout) -> list[list[Scores]]:
    """Likeness of each character of each line to letters and digits.

    Args:
        share: share of ink, (h, w) float32.
        layout: lines of the plate.
    """
    return [[likeness(ink_of(share, line, box)) for box in line.boxes] for line in layout.lines]


def without_edges(
    layout: PlateLayout, scores: list[list[Scores]], shape: PlateShape
) -> tuple[PlateLayout, list[list[Scores]]]:
    """Layout without coats of arms and edges that were mistaken for a first or last character.

    They resemble no character, or an I, or no format has them; and the remaining characters have a
    known format. Lines of two stay as they are.

    Args:
        layout: the lines.
        scores: likeness of their characters; see `read`.
        shape: of the plate.

    Returns:
        The layout, and the scores of its characters.
    """
    if not layout.legible or len(layout.lines) > 1:  # formats are those of whole plates
        return layout, scores
    (line,), (row,) = layout.lines, scores
    start, end = _without_edges(line, row, shape)
    return replace(layout, lines=(_part(line, start, end),)), [row[start:end]]


def _without_edges(line: Line, row: list[Scores], shape: PlateShape) -> tuple[int, int]:
    """First character, and the one after the last, that best fit a format."""
    leans = [lean_of(likely) for likely in row]
    odd = [
        max(likely.values()) < _UNLIKE or x1 - x0 < BAR * line.cap
        for likely, (x0, x1) in ((row[end], line.boxes[end]) for end in (0, -1))
    ]
    unknown = fitting(leans, line.groups, shape) is None
    best, found = 0.0, (0, len(row))
    for start, after in ((0, 0), (1, 0), (0, 1), (1, 1)):
        part = _part(line, start, len(row) - after)
        if len(part.boxes) < _FEWEST:
            continue
        fit = fitting(leans[start : len(row) - after], part.groups, shape)
        if fit is None:
            continue
        # Ink beyond the plate may look like a character, with which the line has no format.
        unlike = (odd[0] or not start) and (odd[1] or not after)
        if not unlike and not (unknown and tuple(map(len, fit.pattern.split())) == part.groups):
            continue
        score = fit.score - _LEFT_OUT * (start + after + (not unlike))
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
    """Certainty of a reading, -1 to 1: mean of its lines; 0 if characters could not be separated.

    Args:
        layout: the lines.
        scores: likeness of their characters; see `read`.
    """
    if not layout.legible:
        return 0.0
    return fmean(line_certainty(line, row) for line, row in zip(layout.lines, scores, strict=True))


def has_text(layout: PlateLayout, scores: list[list[Scores]]) -> bool:
    """Whether a reading is that of a plate, rather than of a lamp, a badge or a wheel.

    Args:
        layout: the lines; large enough to be read.
        scores: likeness of their characters; see `read`.
    """
    usual = _USUAL_COUNT[0] <= sum(map(len, scores)) <= _USUAL_COUNT[1]
    return certainty(layout, scores) > (_LIKELY if usual else CERTAIN)


def line_certainty(line: Line, row: list[Scores]) -> float:
    """Mean likeness of a line's characters to those that they are read as.

    Bars resemble an I, whatever they are: a few do not count, and more of them are evidence against
    the reading, unless all characters are narrow.
    """
    likely = [max(scores.values()) for scores in row]
    wide = [
        one for one, (x0, x1) in zip(likely, line.boxes, strict=True) if x1 - x0 >= BAR * line.cap
    ]
    too_many = len(row) - len(wide) - round(_BARS * len(row))
    return fmean([*wide, *[0.0] * max(too_many, 0)]) if wide else fmean(likely)


def lean_of(scores: Scores) -> float:
    """Lean of a character: positive for a likely digit, negative for a likely letter."""
    letters = (score for char, score in scores.items() if char not in DIGITS)
    return max(scores[char] for char in DIGITS) - max(letters)
