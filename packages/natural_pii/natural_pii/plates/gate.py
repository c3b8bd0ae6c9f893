"""Comparison of a replaced plate with the original."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures import Reading, reads_alike
from pii_measures.pixels import limited, quantile
from pii_measures.plates.ink import blurred
from pii_measures.plates.rectify import PlateFrame

from .zone import Zone

MARGIN = 0.15
"""Excess of the new characters' correlation with the original over that of unrelated characters in
the same places that is allowed where characters are compared one by one as well."""
BLIND_MARGIN = 0.06
"""Excess that is allowed where characters are too small for that."""
BLIND_LIMIT = 0.3
"""Correlation that is always allowed there: the edges of a plate alone correlate that much."""
IDENTICAL = 0.9
"""Correlation from which two pictures show the same character, whatever it reads as."""
LEGIBLE_CAP = 6.0
"""Cap height in the image, pixels, from which a person may read."""


@dataclass(frozen=True)
class Comparison:
    """Remains of the original's characters."""

    correlation: float
    """Correlation of what is finer than the plate's light, -1 to 1."""
    limit: float
    """Correlation that is allowed."""
    unchanged: float
    """Share of characters that read as before."""
    left: float
    """Share of the strokes in the middle of the plate that were not painted over."""

    @property
    def passed(self) -> bool:
        """Whether nothing of the original can be read."""
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
    """Detail finer than a third of the plate's height, (h, w) float32."""
    share = limited(share, -0.5, 1.5)
    return share - blurred(share, 0.3 * height, 0.3 * height)


def _correlation(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> float:
    """Normalized correlation of two residuals inside a mask, -1 to 1; 0 where one is flat."""
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
    """Comparison of the ink in a view before and after.

    Args:
        before: share of ink in the original, (h, w) float32.
        after: share of ink after the replacement, with the original's ground and ink.
        others: shares of ink of unrelated characters in the same places; consumed only where their
            correlation with the original matters.
        reading: reading of the original.
        zone: part that was painted anew.
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
    found = _correlation(old, residual(after, frame.height), mask)
    limit = MARGIN if compared else BLIND_LIMIT
    if found > limit:
        unrelated = [_correlation(old, residual(ink, frame.height), mask) for ink in others]
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
    """Whether both look or certainly read like the same character; never where they are narrow."""
    if min(before.shape) < 2 or before.shape[1] < 0.3 * before.shape[0]:
        return False
    same = _correlation(before, after, np.ones(before.shape, bool))
    return same > IDENTICAL or reads_alike(before, after)


def _left(before: np.ndarray, zone: Zone, frame: PlateFrame, band: float) -> float:
    """Share of the original's edges that were not painted over.

    Any edge in the middle of a plate may be that of a stroke, whatever was taken for ink and
    wherever characters were found.
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
