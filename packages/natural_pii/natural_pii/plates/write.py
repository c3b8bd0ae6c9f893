"""Drawing of the new characters."""

from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.plates.glyphs import advance, glyph
from pii_measures.plates.layout import PlateLayout, ink_of
from pii_measures.plates.rectify import PlateFrame

from .recognise import BAR, Scores

_USUAL_WEIGHT = 0.14
"""Usual stroke width relative to the cap height."""
_USUAL_WIDTH = 0.57
"""Advance of a glyph that is drawn as wide as the old characters: nearly that of a digit. With it,
new characters in 115 photographs read as wide as the old ones."""
_TRUSTED = 0.6
"""Likeness from which a character is used to estimate the stroke width."""


@dataclass(frozen=True)
class PlatePen:
    """Strokes of the new characters."""

    weight: float
    """Width relative to the cap height."""
    foreshortening: float
    """Width of a plate seen from the side relative to that seen from the front, 0 to 1."""

    def stretch(self, width: float) -> float:
        """Stretch of glyphs for a character's width relative to the cap height; see `glyph`.

        Narrow characters have strokes of the usual width, unless they are seen from the side.
        """
        return float(np.clip(round(20 * width / _USUAL_WIDTH / self.foreshortening) / 20, 0.5, 2))


def draw(
    texts: tuple[str, ...], layout: PlateLayout, frame: PlateFrame, pen: PlatePen, factor: int
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


def pen_of(
    share: np.ndarray, scores: list[list[Scores]], layout: PlateLayout, foreshortening: float
) -> PlatePen:
    """Strokes that give drawn characters as much ink as the old ones have.

    Args:
        share: share of ink, (h, w) float32.
        scores: likeness of the old characters; see `recognise.read`.
        layout: lines of the old characters.
        foreshortening: width of the plate relative to that seen from the front, 0 to 1.
    """
    usual = PlatePen(_USUAL_WEIGHT, foreshortening)
    if not layout.legible:
        return usual
    before = after = 0.0
    for row, line in zip(scores, layout.lines, strict=True):
        stretch = usual.stretch(line.width / line.cap)
        for likely, box in zip(row, line.boxes, strict=True):
            char = max(likely, key=likely.__getitem__)
            if likely[char] < _TRUSTED or box[1] - box[0] < BAR * line.cap:
                continue
            before += float(np.clip(ink_of(share, line, box), 0, 1.1).mean())
            after += float(glyph(char, _USUAL_WEIGHT, stretch).mean())
    if not after:
        return usual
    weight = float(np.clip(_USUAL_WEIGHT * before / after, 0.08, 0.20))
    return PlatePen(round(weight, 2), foreshortening)  # in steps, so that glyphs can be cached
