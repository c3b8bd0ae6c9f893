"""Check that an anonymized twin shows the same picture as its original.

A twin may be compressed, blurred or blackened in many places. Each measure is therefore computed by
tiles and evaluated at its upper quartile: three quarters of the image may be changed.

The limits were measured outside the regions on 7 photographs and 3 videos, of which the worst value
counts. "Compressed": JPEG of quality 30 to 95, with and without 4:2:0; H.264 of CRF 23 to 35;
matrices of BT.601 and BT.709 confused; scaled to a quarter, a half, two thirds or 1.5 and back;
30 % blurred or black; examples published by deface and understand-ai's anonymizer.

| measure | compressed | limit | other pictures |
| --- | --- | --- | --- |
| structure | 0.92 and more | 0.8 | turned, mirrored, another photograph: 0.39 and less |
| offset, pixels | 0.14; 0.65 if scaled by nearest pixel | 0.8 | moved by 1 to 8: 0.96 and more |
| colours | 0.99 and more | 0.97 | channels exchanged: 0.95 and less; grey: 0 |
| brightness, levels | 3.0 | 6 | gamma 0.8 or 1.25: 14.1 and more; 0.9: 7.0 |

Video with a confused range (16 to 235 or 0 to 255) differs by 1.6 to 7.9 levels. The difference
after correcting the range, 1.1 levels, distinguishes it from another gamma, and it is accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

LEAST_STRUCTURE, LEAST_COLOURS, MOST_OFFSET, MOST_BRIGHTNESS = 0.8, 0.97, 0.8, 6.0
FEWEST_TILES = 8
"""Number of tiles below which a measure is left out."""
TEXTURE, COLOUR, DARK, LIGHT = 4.0, 10.0, 40.0, 215.0
"""Levels: standard deviation of a tile with texture, distance of a coloured tile from grey, and
limits of the mean brightness of tiles that a gamma curve alters."""
MOST_IGNORED = 0.5
"""Largest share of ignored pixels with which the offset is measured."""
CERTAIN_PEAK = 0.3
"""Height of the phase correlation's peak from which its offset is used; 1 for a copy."""

MUCH_NEARER, MOST_A_TILE_COUNTS = 0.6, 16.0
"""Ratio of distances below which a twin shows another original, and largest difference per tile in
levels. Measured on neighbouring frames of three videos, H.264 of CRF 23 and 35: 0.99 and more for
the own original, mostly 0.08 to 0.75 for exchanged frames. Frames without motion cannot be
distinguished."""


@dataclass(frozen=True)
class Resemblance:
    """Measures of a twin's resemblance to its original; None if the image does not allow one."""

    structure: float | None
    """Correlation of brightness in tiles with texture, -1 to 1."""
    offset: float | None
    """Offset along one axis, pixels."""
    colours: float | None
    """Cosine between the deviations of coloured tiles from grey, -1 to 1."""
    brightness: float | None
    """Difference of the tiles' mean levels, 0 to 255."""
    without_range: float | None
    """The same difference after correcting a confusion of video ranges."""

    @property
    def confuses_range(self) -> bool:
        """Whether the difference in brightness is that of a confused video range."""
        off = (self.brightness or 0) > MOST_BRIGHTNESS
        return off and (self.without_range or 0) < MOST_BRIGHTNESS / 2

    def differences(self) -> list[str]:
        """Differences that make the twin another picture, with the limits."""
        found = []
        if self.structure is not None and self.structure < LEAST_STRUCTURE:
            return [
                f"its texture agrees by {self.structure:.2f} (at least {LEAST_STRUCTURE}): turned, "
                "mirrored, or of another image"
            ]
        if self.offset is not None and self.offset > MOST_OFFSET:
            found.append(f"it is moved by {self.offset:.1f} pixels (at most {MOST_OFFSET})")
        if self.colours is not None and self.colours < LEAST_COLOURS:
            found.append(
                f"its colours agree by {self.colours:.2f} (at least {LEAST_COLOURS}): channels in "
                "another order, or grey"
            )
        elif (self.brightness or 0) > MOST_BRIGHTNESS and not self.confuses_range:
            found.append(
                f"its brightness differs by {self.brightness:.1f} of 255 levels (at most "
                f"{MOST_BRIGHTNESS:g}): another gamma or exposure"
            )
        return found


def resemblance(original: np.ndarray, twin: np.ndarray, ignored: np.ndarray) -> Resemblance:
    """Resemblance of a twin to its original.

    Args:
        original: (h, w, 3) uint8 RGB.
        twin: same shape.
        ignored: (h, w) bool, pixels that may differ in any way.
    """
    if ignored.all():
        return Resemblance(None, None, None, None, None)
    if (original == twin).all(axis=2)[~ignored].mean() > 0.5:
        return Resemblance(1.0, 0.0, 1.0, 0.0, 0.0)  # lossless: nothing to estimate
    side = int(np.clip(min(ignored.shape) // 16, 8, 32))
    free = ~_tiles(ignored[..., None], side).any(axis=(1, 2))
    before, after = (_tiles(image, side)[free].astype(np.float32) for image in (original, twin))
    means = before.mean(axis=1), after.mean(axis=1)
    coloured = [mean - mean.mean(axis=1, keepdims=True) for mean in means]
    grey = [tiles.mean(axis=2) for tiles in (before, after)]
    texture = [tiles - tiles.mean(axis=1, keepdims=True) for tiles in grey]
    deviation = texture[0].std(axis=1)
    middle = (means[0].mean(axis=1) >= DARK) & (means[0].mean(axis=1) <= LIGHT)
    ranges = (means[0] * 219 / 255 + 16, np.clip((means[0] - 16) * 255 / 219, 0, 255))
    levels = [-np.abs(mean - means[1]).max(axis=1) for mean in (means[0], *ranges)]
    brightness, *undone = [_best_quarter(values, middle) for values in levels]
    strong = deviation >= max(TEXTURE, float(np.median(deviation)) if deviation.size else 0)
    return Resemblance(
        structure=_best_quarter(_cosines(*texture), strong),
        # The correlation is one of whole images, and would be that of what was changed.
        offset=_offset(original, twin) if ignored.mean() <= MOST_IGNORED else None,
        colours=_best_quarter(_cosines(*coloured), np.abs(coloured[0]).max(axis=1) >= COLOUR),
        brightness=None if brightness is None else -brightness,
        without_range=None if undone[0] is None else min(-(value or 0) for value in undone),
    )


def glimpse(image: np.ndarray) -> np.ndarray:
    """Thumbnail of (h, w, 3) uint8 RGB: (32, 32) float32, brightness in levels."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)


def exchanged(
    originals: Sequence[np.ndarray], twins: Sequence[np.ndarray]
) -> list[tuple[int, int]]:
    """Twins that show another original than their own, such as the next frame of a video.

    Args:
        originals: glimpses of the originals.
        twins: glimpses of their twins, in the same order.

    Returns:
        Index of each such twin, and of the original that it shows.
    """
    found = []
    for number, twin in enumerate(twins):
        far = [np.minimum(np.abs(twin - other), MOST_A_TILE_COUNTS).mean() for other in originals]
        nearest = int(np.argmin(far))
        if far[nearest] < MUCH_NEARER * far[number]:
            found.append((number, nearest))
    return found


def _tiles(image: np.ndarray, side: int) -> np.ndarray:
    """Tiles of an image (h, w, channels) as (tiles, pixels, channels), without partial ones."""
    rows, columns = image.shape[0] // side, image.shape[1] // side
    cut = image[: rows * side, : columns * side].reshape(rows, side, columns, side, -1)
    return cut.swapaxes(1, 2).reshape(rows * columns, side * side, -1)


def _cosines(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Cosines of the angles between rows; 0 if one is flat."""
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosines: np.ndarray = (before * after).sum(axis=1) / np.maximum(lengths, 1)
    return cosines


def _best_quarter(values: np.ndarray, chosen: np.ndarray) -> float | None:
    """Upper quartile of the chosen values; None if there are too few."""
    return float(np.percentile(values[chosen], 75)) if chosen.sum() >= FEWEST_TILES else None


def _offset(original: np.ndarray, twin: np.ndarray) -> float | None:
    """Larger of the offsets along both axes, pixels; None if the images do not determine it."""
    grey = [
        cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1).astype(np.float32)
        for image in (original, twin)
    ]
    window = cv2.createHanningWindow(grey[0].shape[::-1], cv2.CV_32F)
    (x, y), peak = cv2.phaseCorrelate(grey[0], grey[1], window)
    return max(abs(x), abs(y)) if peak >= CERTAIN_PEAK else None
