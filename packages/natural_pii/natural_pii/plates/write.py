"""Choice and drawing of new characters."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from pii_measures.plates.characters import likeness
from pii_measures.plates.glyphs import DIGITS, LETTERS, advance, glyph
from pii_measures.plates.layout import PlateLayout, ink_of
from pii_measures.plates.rectify import PlateFrame

from .formats import alphabet, as_read, fitting

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
_UNLIKE = 0.55
"""Likeness below which a component is hardly a character."""
_TRUSTED = 0.6
"""Likeness from which a character is used to estimate the stroke width."""

Scores = dict[str, float]
"""Likeness of a character to each letter and digit."""


@dataclass(frozen=True)
class Text:
    """New text of a line."""

    pattern: str
    """Format of the line; see `formats.Family`."""
    start: str
    """First group, if the format has usual ones; otherwise empty."""

    @property
    def groups(self) -> tuple[int, ...]:
        """Number of characters in each group."""
        return tuple(map(len, self.pattern.split()))


def read(share: np.ndarray, layout: PlateLayout) -> list[list[Scores]]:
    """Likeness of each character of each line to letters and digits.

    Args:
        share: share of ink, (h, w) float32.
        layout: lines of the plate.
    """
    return [[likeness(ink_of(share, line, box)) for box in line.boxes] for line in layout.lines]


def without_seals(
    layout: PlateLayout, scores: list[list[Scores]], band: bool
) -> tuple[PlateLayout, list[list[Scores]]]:
    """Layout without coats of arms that were mistaken for a first or last character.

    These resemble no character, and the remaining ones have a known format.

    Args:
        layout: the lines.
        scores: likeness of their characters; see `read`.
        band: whether the plate has a country band.

    Returns:
        The layout, and the scores of its characters.
    """
    lines, kept = [], []
    for line, row in zip(layout.lines, scores, strict=True):
        leans = [_lean(likely) for likely in row]
        odd = [max(row[end].values()) < _UNLIKE for end in (0, -1)]
        found = line, row
        if layout.legible and any(odd) and fitting(leans, line.groups, band) is None:
            start, end = int(odd[0]), len(row) - odd[-1]
            groups = [*line.groups]
            groups[0] -= start
            groups[-1] -= len(row) - end
            counts = tuple(count for count in groups if count)
            if fitting(leans[start:end], counts, band) is not None:
                found = replace(line, boxes=line.boxes[start:end], groups=counts), row[start:end]
        lines.append(found[0])
        kept.append(found[1])
    return replace(layout, lines=tuple(lines)), kept


def formats_of(
    scores: list[list[Scores]], layout: PlateLayout, band: bool, rng: np.random.Generator
) -> list[Text]:
    """Format of each new line: a format of the country if the reading fits one, else as read.

    Args:
        scores: likeness of the old characters; see `read`.
        layout: the old lines.
        band: whether the plate has a country band.
        rng: random generator; two numbers per line.
    """
    found = []
    for row, line in zip(scores, layout.lines, strict=True):
        which, first = rng.random(2)
        leans = [_lean(likely) for likely in row]
        fit = fitting(leans, line.groups, band) if layout.legible else None
        if fit is None:
            found.append(Text(as_read(leans, line.groups), ""))
            continue
        family, pattern = fit
        others = [
            one
            for one in family.formats
            if len(one.split()) == len(pattern.split()) and abs(len(one) - len(pattern)) <= 1
        ]
        pattern = others[int(which * len(others))]
        starts = [one for one in family.starts.split() if len(one) == len(pattern.split()[0])]
        found.append(Text(pattern, starts[int(first * len(starts))] if starts else ""))
    return found


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
        rng: random generator; one number per character.

    Returns:
        Text of each line, without spaces.
    """
    result = []
    for text, row, before, after in zip(texts, scores, old.lines, new.lines, strict=True):
        places = np.array([sum(box) / 2 for box in before.boxes])
        nearest = [int(np.abs(places - sum(box) / 2).argmin()) for box in after.boxes]
        kinds = text.pattern.replace(" ", "").ljust(len(nearest), "L")
        if not old.legible:
            kinds = "L" * after.groups[0] + "D" * (len(nearest) - after.groups[0])
        chars = [
            _other(row[place], alphabet(kind), old.legible, rng)
            for place, kind in zip(nearest, kinds, strict=False)
        ]
        start = text.start
        if start and all(
            _differs(row[place], char) for place, char in zip(nearest, start, strict=False)
        ):
            chars[: len(start)] = start
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
    texts: tuple[str, ...], layout: PlateLayout, frame: PlateFrame, weight: float, factor: int
) -> np.ndarray:
    """Ink of the new characters.

    Args:
        texts: text of each line, without spaces.
        layout: the lines and the positions of their characters.
        frame: frame of the view.
        weight: stroke width relative to the cap height.
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
            width = (x1 - x0) * min(advance(char) / 0.62, 1.15)
            width = max(round(width * factor), 1)
            left = round((x0 + x1) / 2 * factor - width / 2)
            ink = cv2.resize(
                glyph(char, weight), (width, max(bottom - top, 1)),
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


def stroke_weight(share: np.ndarray, scores: list[list[Scores]], layout: PlateLayout) -> float:
    """Stroke width, relative to the cap height, that gives drawn characters as much ink as the old.

    Args:
        share: share of ink, (h, w) float32.
        scores: likeness of the old characters; see `read`.
        layout: lines of the old characters.
    """
    if not layout.legible:
        return _USUAL_WEIGHT
    before = after = 0.0
    for row, line in zip(scores, layout.lines, strict=True):
        for likely, box in zip(row, line.boxes, strict=True):
            char = max(likely, key=likely.__getitem__)
            if likely[char] < _TRUSTED or box[1] - box[0] < 0.3 * line.cap:
                continue
            before += float(np.clip(ink_of(share, line, box), 0, 1.1).mean())
            after += float(glyph(char, _USUAL_WEIGHT).mean())
    if not after:
        return _USUAL_WEIGHT
    weight = float(np.clip(_USUAL_WEIGHT * before / after, 0.08, 0.20))
    return 0.02 * round(weight / 0.02)  # in a few steps, so that drawn glyphs can be cached
