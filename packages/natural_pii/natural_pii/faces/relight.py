"""Other light on a new face that is too like the old one: a soft gain over the whole head.

Light and shade are most of what two faces at one place have in common. Likeness after a gain
follows from sums over the small pictures that the gate compares, so that many gains can be tried at
once without drawing any.
"""

from itertools import product

import numpy as np
from pii_measures import FaceRegion, band_passed, face_crop
from pii_measures.faces import SIDE, coordinates_of

from .gate import MARGIN, Look, alikeness

_GAINS, _STRONG = (
    np.array(sorted(product(*kinds), key=lambda gain: float(np.square(gain).sum())))
    for kinds in (
        ((0.0, -0.08, 0.08), *(((0.0, -0.1, 0.1, -0.2, 0.2),) * 2), (0.0, -0.12, 0.12)),
        (
            (0.0, -0.1, 0.1),
            *(((0.0, -0.15, 0.15, -0.3, 0.3),) * 2),
            (0.0, -0.12, 0.12, -0.24, 0.24),
        ),
    )
)
"""Gains of the whole head, to the right, down, and towards its edge, (n, 4); the weakest first."""
_HUE = np.array((0.85, 1.03, 1.12), np.float32)
"""Share of a gain for each channel: skin is redder in the shade."""
_HOPELESS = (0.72, 0.86)
"""Likeness from which weak, and strong, gains have never helped."""
_RESERVE = 0.03
"""Distance kept from the limit, since the mask's edge is not exact."""


def relit(  # noqa: PLR0917 (two looks and where they are)
    before: Look,
    after: Look,
    patch: np.ndarray,
    mask: np.ndarray,
    region: FaceRegion,
    limit: float,
    strong: bool,
) -> np.ndarray | None:
    """Patch in the weakest other light that makes it unlike the original.

    Args:
        before: look of the original.
        after: look with the patch in its place.
        patch: (h, w, 3) uint8.
        mask: (h, w) float32, 1 where the new head is.
        region: the face, in coordinates of the patch.
        limit: likeness that is allowed.
        strong: whether gains that one may notice are allowed.

    Returns:
        (h, w, 3) uint8, whose likeness is still to be measured; None where no light helps.
    """
    if alikeness(before, after) > _HOPELESS[strong]:
        return None
    gains = _STRONG if strong else _GAINS
    shown = face_crop(mask, region)
    x, y = coordinates_of(region)
    aligned = _with_gains(after.aligned, shown, _shapes(region, x, y))
    along = (1 - 2 * MARGIN) * ((np.arange(SIDE, dtype=np.float32) + 0.5) * 2 / SIDE - 1)
    boxed = _with_gains(after.boxed, 1.0, _shapes_at(*np.meshgrid(along, along)))
    details = np.moveaxis(band_passed(np.moveaxis(aligned, 0, -1)), -1, 0)
    alike = _correlations(
        np.stack([before.aligned, before.boxed, before.details]),
        np.stack([aligned, boxed, details]),
        gains,
    )
    chosen = int(np.argmax(alike <= limit - _RESERVE))
    if alike[chosen] > limit - _RESERVE:
        return None
    y, x = np.ogrid[: patch.shape[0], : patch.shape[1]]
    shapes = _shapes(region, x.astype(np.float32) + 0.5, y.astype(np.float32) + 0.5)
    gain = sum(float(g) * shape for g, shape in zip(gains[chosen], shapes, strict=True))
    relit = patch * (1 + (mask * gain).astype(np.float32)[..., None] * _HUE)
    return np.clip(np.rint(relit), 0, 255).astype(np.uint8)


def _shapes(region: FaceRegion, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray | float, ...]:
    """Shapes of the four gains at pixels x, y."""
    across = (x - (region.x0 + region.x1) / 2) * (2 / region.width)
    return _shapes_at(across, (y - (region.y0 + region.y1) / 2) * (2 / region.height))


def _shapes_at(across: np.ndarray, down: np.ndarray) -> tuple[np.ndarray | float, ...]:
    """Shapes of the four gains at places relative to half of the box; constant beyond it."""
    across, down = (np.minimum(np.maximum(place, -1.2), 1.2) for place in (across, down))
    return 1.0, across, down, across**2 + down**2 - 0.6


def _with_gains(
    picture: np.ndarray, shown: np.ndarray | float, shapes: tuple[np.ndarray | float, ...]
) -> np.ndarray:
    """A picture, and what each gain adds to it: (5, 32, 32) float32."""
    return np.stack([picture, *(picture * shown * shape for shape in shapes)]).astype(np.float32)


def _correlations(before: np.ndarray, parts: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Highest correlation (n,) of pictures (k, 32, 32) of the original with what each of n gains
    makes of (k, 5, 32, 32).
    """
    parts = parts.reshape(*parts.shape[:2], -1).astype(np.float64)
    parts -= parts.sum(axis=-1, keepdims=True) / parts.shape[-1]
    wanted = before.reshape(len(before), 1, -1).astype(np.float64)
    wanted -= wanted.sum(axis=-1, keepdims=True) / wanted.shape[-1]
    weights = np.column_stack([np.ones(len(gains)), gains])
    among = parts @ parts.transpose(0, 2, 1)
    squares = ((weights @ among) * weights).sum(axis=-1) * np.square(wanted).sum(axis=-1)
    shared = weights @ (parts @ wanted.transpose(0, 2, 1))[..., 0, None]
    return (shared[..., 0] / np.sqrt(np.maximum(squares, 1e-6))).max(axis=0)
