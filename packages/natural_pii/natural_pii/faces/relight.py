"""Other light on a new face, where it is too like the old one: a soft gain over the whole head.

Most of what two pictures of faces in one place have in common is light and shade. Likeness after a
gain follows from sums over the small pictures that the gate compares, so that many gains are tried
at once, without drawing any.
"""

from itertools import product

import numpy as np
from pii_measures.face_likeness import SIDE, band_passed, coordinates_of, crop_of

from workflow_scripts.contracts.regions import Region

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
"""Of the whole head, to the right, down, and towards its edge; the weakest first."""
_HUE = np.float32((0.85, 1.03, 1.12))
"""Share of a gain by channel: skin is redder in the shade."""
_HOPELESS = (0.72, 0.86)
"""How alike two pictures may be that gains, weak or strong ones, have ever made unlike."""
_RESERVE = 0.03
"""What is counted on is a little less than the limit: the mask's edge is not exact."""


def relit(  # noqa: PLR0917 (two looks and where they are)
    before: Look,
    after: Look,
    patch: np.ndarray,
    mask: np.ndarray,
    region: Region,
    limit: float,
    strong: bool,
) -> np.ndarray | None:
    """The patch in the weakest other light that makes it unlike the original.

    Args:
        before: of the original.
        after: with the patch in its place.
        patch: (h, w, 3) uint8.
        mask: (h, w) float32, 1 where the new head is.
        region: the face, in coordinates of the patch.
        limit: how alike it may be.
        strong: more than what one would not notice is allowed.

    Returns:
        (h, w, 3) uint8, of which the likeness has still to be measured; None if no light helps.
    """
    if alikeness(before, after) > _HOPELESS[strong]:
        return None
    gains = _STRONG if strong else _GAINS
    shown = crop_of(mask, region)
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
    shapes = _shapes(region, np.float32(x) + 0.5, np.float32(y) + 0.5)
    gain = sum(float(g) * shape for g, shape in zip(gains[chosen], shapes, strict=True))
    relit = patch * (1 + np.float32(mask * gain)[..., None] * _HUE)
    return np.clip(np.rint(relit), 0, 255).astype(np.uint8)


def _shapes(region: Region, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray | float, ...]:
    """The four kinds of gain at pixels x, y."""
    across = (x - (region.x0 + region.x1) / 2) * (2 / region.width)
    return _shapes_at(across, (y - (region.y0 + region.y1) / 2) * (2 / region.height))


def _shapes_at(across: np.ndarray, down: np.ndarray) -> tuple[np.ndarray | float, ...]:
    """The same at places relative to half of the box; level beyond it."""
    across, down = (np.minimum(np.maximum(place, -1.2), 1.2) for place in (across, down))
    return 1.0, across, down, across**2 + down**2 - 0.6


def _with_gains(
    picture: np.ndarray, shown: np.ndarray | float, shapes: tuple[np.ndarray | float, ...]
) -> np.ndarray:
    """(5, 32, 32): the picture, and what each gain adds to it."""
    return np.stack([picture, *(picture * shown * shape for shape in shapes)]).astype(np.float32)


def _correlations(before: np.ndarray, parts: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """The highest correlation of (k, 32, 32) pictures of the original with what each of the gains
    makes of (k, 5, 32, 32): (n,).
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
