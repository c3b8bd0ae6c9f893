"""Smears in place of faces over which none can be drawn."""

import cv2
import numpy as np
from pii_measures import FaceRegion

from natural_pii.grain import noise as camera_noise
from natural_pii.replacement import Box, clipped

from .grid import smooth

MARGIN = 0.2
"""Margin of the ellipse around the box, relative to its size."""
_FULL = 0.78
"""Share of the ellipse's radius within which none of the old pixels remains."""
_LEAST_RADIUS = 1.5
"""Least half width and half height of the ellipse, pixels."""
_NOISIEST = 2.0
"""Largest noise, grey levels: without smooth skin, the measured noise is mostly texture."""
_MIDDLE = 0.5
"""Share of the radius within which pixels count for the mean colour of the face."""


def smeared_ellipse(
    image: np.ndarray,
    region: FaceRegion,
    is_face: bool,
    noise: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, Box]:
    """Ellipse around a face, filled by continuing its surroundings from all sides.

    A blurred face would still be recognisable, so the filling comes from outside the ellipse and
    from a single colour.

    Args:
        image: (height, width, 3) uint8 RGB.
        region: a face, at least partly inside the image.
        is_face: whether the middle gets the mean colour of the face rather than the surroundings'.
        noise: standard deviation of the image's noise, grey levels.
        rng: random generator for the noise.

    Returns:
        A patch (y1 - y0, x1 - x0, 3) uint8, and its box in the image.
    """
    middle_x, middle_y = (region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2
    reach_x, reach_y = (
        max((0.5 + MARGIN) * side, _LEAST_RADIUS) for side in (region.width, region.height)
    )
    corners = [(middle_x - reach_x, middle_y - reach_y), (middle_x + reach_x, middle_y + reach_y)]
    box = clipped(np.array(corners), image.shape[:2])
    assert box is not None  # since the region is partly inside
    x0, y0, x1, y1 = box
    patch = image[y0:y1, x0:x1].astype(np.float32)
    y, x = np.ogrid[y0:y1, x0:x1]
    across, down = (x + 0.5 - middle_x) / reach_x, (y + 0.5 - middle_y) / reach_y
    reach = np.sqrt(across**2 + down**2)
    known = smooth(reach, 0.9, 1.0).astype(np.float32)
    colours = patch * known[..., None]
    if is_face and (reach < _MIDDLE).any():
        inner = 0.3 * (1 - smooth(reach, 0.1, _MIDDLE)).astype(np.float32)
        colours += inner[..., None] * patch[reach < _MIDDLE].mean(axis=0)
        known += inner
    if known.max() <= 0:  # the ellipse is larger than the frame
        colours, known = colours + patch.mean(axis=(0, 1)), known + 1
    fill = _continued(colours, known)
    alpha = 1 - smooth(reach, _FULL, 1.0)[..., None]
    if alpha.max() < 1:  # a few pixels, none of which has its centre inside
        alpha[:] = 1
    fill = fill + camera_noise(reach.shape, min(noise, _NOISIEST), rng)
    mixed = patch + alpha * (fill - patch)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8), box


def _continued(colours: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Smooth colours (h, w, 3) that join the known ones, from averages over ever larger squares.

    Args:
        colours: (h, w, 3) float32, multiplied by the weights.
        weights: (h, w) float32, 1 where a colour is known, 0 where it is not.
    """
    height, width = weights.shape
    if min(height, width) <= 2:
        wider = colours.sum(axis=(0, 1)) / max(float(weights.sum()), 1e-6)
        wider = np.broadcast_to(wider.astype(np.float32), colours.shape)
    else:
        size = (width + 1) // 2, (height + 1) // 2
        smaller = [
            cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (colours, weights)
        ]
        gain = 1 / np.maximum(smaller[1], 0.5)
        wider = _continued(smaller[0] * gain[..., None], smaller[1] * gain)
        wider = cv2.resize(wider, (width, height), interpolation=cv2.INTER_LINEAR)
        wider = cv2.GaussianBlur(wider, (0, 0), 1.0)
    return colours + (1 - np.minimum(weights, 1))[..., None] * wider
