"""Comparing a replaced plate with the original."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.pixels import limited, quantile
from pii_measures.plates.clean import blurred
from pii_measures.plates.glyphs import READABLE
from pii_measures.plates.read import likeness
from pii_measures.plates.reading import Reading
from pii_measures.plates.rectify import Frame

from .zone import Zone

MARGIN = 0.15
"""How much more than unrelated characters in the same places the new ones may correlate with the
original, where characters are compared one by one as well."""
BLIND_MARGIN = 0.06
"""The same where they are too small for that."""
BLIND_LIMIT = 0.3
"""What is let through there in any case: a plate's edges alone correlate that much."""
IDENTICAL = 0.9
"""Correlation of two pictures of one character, whatever it reads as."""
LEGIBLE_CAP = 6.0
"""Cap height in the image, pixels, from which a person may read."""


@dataclass(frozen=True)
class Comparison:
    """How much of the original's characters is left."""

    correlation: float
    """Of what is finer than the plate's light, -1 to 1."""
    limit: float
    """The most that is let through."""
    unchanged: float
    """Share of characters that read as before."""
    left: float
    """Share of the strokes in the middle of the plate that were not painted over."""

    @property
    def passed(self) -> bool:
        """Whether nothing can be read."""
        return self.correlation <= self.limit and self.unchanged == 0 and self.covered

    @property
    def covered(self) -> bool:
        """Whether the strokes were painted over."""
        return self.left < 0.08


def readable(reading: Reading) -> bool:
    """Whether single characters are large enough to be compared."""
    layout = reading.layout
    cap = min(line.cap for line in layout.lines) / reading.frame.scale
    return layout.legible and cap >= LEGIBLE_CAP


def residual(share: np.ndarray, height: float) -> np.ndarray:
    """What is finer than a third of the plate's height, (h, w) float32."""
    share = limited(share, -0.5, 1.5)
    return share - blurred(share, 0.3 * height, 0.3 * height)


def correlation(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> float:
    """Normalized correlation of two residuals inside a mask; 0 where one is flat."""
    if mask.sum() < 4:
        return 0.0
    x, y = a[mask], b[mask]
    x, y = x - x.mean(), y - y.mean()
    norm = (float(x @ x) * float(y @ y)) ** 0.5
    return float(x @ y) / norm if norm > 1e-9 else 0.0


def compare(
    before: np.ndarray,
    after: np.ndarray,
    others: Iterable[np.ndarray],
    reading: Reading,
    zone: Zone,
) -> Comparison:
    """Compare the ink of a view before and after.

    Args:
        before: (h, w) float32, share of ink in the original.
        after: the same after the replacement, with the same ground and ink.
        others: the same of unrelated characters in the same places; looked at only where it
            matters what they have in common with the original.
        reading: of the original.
        zone: what was painted anew.
    """
    layout, frame = reading.layout, reading.frame
    compared = readable(reading)
    mask = np.zeros(before.shape, bool)
    for line in layout.lines:
        mask[
            max(round(line.y0), 0) : round(line.y1) + 1,
            max(round(line.boxes[0][0]), 0) : round(line.boxes[-1][1]) + 1,
        ] = True
    old = residual(before, frame.height)
    found = correlation(old, residual(after, frame.height), mask)
    limit = MARGIN if compared else BLIND_LIMIT
    if found > limit:
        unrelated = [correlation(old, residual(ink, frame.height), mask) for ink in others]
        usual = max(sum(unrelated) / len(unrelated), 0.0)
        limit = usual + MARGIN if compared else max(usual + BLIND_MARGIN, BLIND_LIMIT)
    same = count = 0
    if compared:
        for line in layout.lines:
            rows = slice(max(round(line.y0), 0), round(line.y1) + 1)
            for x0, x1 in line.boxes:
                columns = slice(max(round(x0), 0), round(x1) + 1)
                same += _reads_alike(before[rows, columns], after[rows, columns])
                count += 1
    return Comparison(
        found,
        limit,
        same / max(count, 1),
        _left(before, zone, frame, reading.band),
    )


def _reads_alike(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether both are best read as the same character, and with some certainty."""
    if min(before.shape) < 2:
        return False
    old, new = likeness(before), likeness(after)
    first, second = (max(READABLE, key=scores.__getitem__) for scores in (old, new))
    narrow = before.shape[1] < 0.3 * before.shape[0]
    same = correlation(before, after, np.ones(before.shape, bool))
    if same > IDENTICAL and not narrow:
        return True
    return first == second and min(old[first], new[second]) > 0.75 and not narrow


def _left(before: np.ndarray, zone: Zone, frame: Frame, band: float) -> float:
    """Share of the original's edges that were not painted over.

    Whatever is ink here and what ground, and wherever characters were found: in the middle of a
    plate each edge may be that of a stroke.
    """
    x0, y0, x1, y1 = frame.plate
    soft = cv2.GaussianBlur(before, (0, 0), 0.4 * frame.scale)
    steps = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    inside = zone.text & zone.mask
    fine = steps > 0.4 * quantile(steps[inside], 0.97) if inside.any() else steps > 0
    middle = np.zeros(before.shape, bool)
    middle[
        round(y0 + 0.22 * frame.height) : round(y1 - 0.22 * frame.height) + 1,
        round(max(x0 + 0.105 * frame.width, band + 0.04 * frame.width + frame.scale)) : round(
            x1 - 0.105 * frame.width
        )
        + 1,
    ] = True
    strokes = fine & middle
    return float((strokes & ~zone.mask).sum()) / max(float(strokes.sum()), 1.0)
