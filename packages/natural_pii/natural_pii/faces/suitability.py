"""Suitability of photographed faces, and of their parts, for new faces."""

import numpy as np

from .glasses import darkness_of_lines
from .grid import blurred
from .parts import DENSITY, details_of, grey_of, inner, masks, parts, plane, spot
from .unwrap import UnwrappedFace

_TURNED = 0.6
"""Largest yaw of a donor, radians."""
_LOPSIDED = 0.35
"""Largest difference of a part from its mirror image, logarithm; above it, light or expression is
one-sided, or hair covers one side."""
_HAIR = 0.24
"""Deviation from smooth skin around the eyes, logarithm, from which hair hangs over them."""
_CLOSED = -0.55
"""Brightness of the pupils relative to skin above which eyes are closed, logarithm."""
_ALIKE = {"eyes": 0.7, "nose": 0.55, "mouth": 0.5}
"""Least correlation of a part with the mean; parts below it are covered or misplaced."""
_GLASSES = 0.14
"""Darkness of a line across the bridge of the nose from which it belongs to glasses, logarithm."""
_FAINTEST = 0.14
"""Least standard deviation of the features, logarithms."""
_BEARDED, _LIP, _CHIN = -0.22, -0.28, -0.2
"""Least brightness around the mouth, of the upper lip and of the middle below the mouth, relative
to the cheeks, logarithms; below it there is a beard."""
_COVERED, _STRANGE = 0.12, 0.3
"""Largest share of covered skin between the features, and the difference from smooth skin, as a
logarithm, from which skin counts as covered."""


def reason_against(face: UnwrappedFace) -> str | None:
    """Reason why a face is unsuitable as a donor; None if its parts are to be judged."""
    grey = grey_of(face.texture)
    between, features = masks()[-1] * inner(), (1 - masks()[-1]) * inner()
    covered = np.average(np.abs(grey) * between > _STRANGE, weights=between > _STRANGE)
    reasons = {
        "turned away": abs(face.yaw) > _TURNED,
        "blurred": spread(grey, features) < _FAINTEST,
        "partly covered": covered > _COVERED,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def reasons_against_parts(
    face: UnwrappedFace, placed: np.ndarray, mean: np.ndarray
) -> list[str | None]:
    """For each part of a face, the reason why it is unsuitable, or None.

    Args:
        face: a face.
        placed: its texture with each part at its position in the mean, (height, width, 3).
        mean: brightness of the mean face, (height, width).
    """
    grey, grey_placed = grey_of(face.texture), grey_of(placed)
    details = details_of(grey_placed)
    uneven = blurred(np.abs(details - details[:, ::-1]), 0.15 * DENSITY)
    has_glasses = _line_across_the_bridge(grey) > _GLASSES
    reasons = {
        "eyes": {
            "eyes with glasses": has_glasses,
            "eyes under hair": _around_eyes(grey_placed) > _HAIR,
            "closed eyes": _darkest_of_pupils(grey_placed) > _CLOSED,
        },
        "nose": {"noses with glasses": has_glasses},
        "mouth": {"bearded mouths": _is_bearded(grey, grey_placed)},
    }
    found: list[str | None] = []
    for part in parts():
        alike = correlation(grey_placed, mean, part.support)
        every = reasons[part.name] | {
            f"lopsided {part.plural}": (uneven * part.support).max() > _LOPSIDED,
            f"{part.plural} unlike the others": alike < _ALIKE[part.name],
        }
        found.append(next((reason for reason, holds in every.items() if holds), None))
    return found


def _is_bearded(grey: np.ndarray, placed: np.ndarray) -> bool:
    """Whether it is dark around the mouth, above its corners or below its middle.

    Args:
        grey: brightness of a face, (height, width).
        placed: the same with each part at its position in the mean.
    """
    cheeks = spot(1.2, 1.2, 0.35, 0.45)
    around = spot(0, 2.5, 1.1, 0.95) * (1 - spot(0, 2.3, 0.9, 0.38)) * (plane().v > 1.75)
    lip, chin = spot(0.55, 1.78, 0.5, 0.22), spot(0, 3.35, 0.6, 0.3)
    darkness = (grey, around, _BEARDED), (placed, lip, _LIP), (placed, chin, _CHIN)
    return any(
        np.average(one, weights=where) - np.average(one, weights=cheeks) < limit
        for one, where, limit in darkness
    )


def _around_eyes(grey: np.ndarray) -> float:
    """Largest deviation from smooth skin above the brows and beside the eyes, logarithm."""
    eyes, grid = parts()[0].support, plane()
    rim = (grid.v < -0.95) | ((np.abs(grid.u) > 1.75) & (grid.v < 0.5))
    return float((np.abs(blurred(grey, 0.1 * DENSITY)) * eyes * rim * inner()).max())


def _darkest_of_pupils(grey: np.ndarray) -> float:
    """Brightness of the darkest row of the pupils, mean of both, logarithm."""
    grid = plane()
    rows, columns = np.abs(grid.v.ravel()) < 0.4, np.abs(np.abs(grid.u.ravel()) - 1) < 0.15
    return float(grey[np.ix_(rows, columns)].mean(axis=1).min())


def _line_across_the_bridge(grey: np.ndarray) -> float:
    """Darkness of the darkest line between the eyes relative to the skin above and below it."""
    grid = plane()
    rows, columns = np.abs(grid.v.ravel() + 0.1) < 0.6, np.abs(grid.u.ravel()) < 0.3
    profile = grey[np.ix_(rows, columns)].mean(axis=1)
    return float(darkness_of_lines(profile, round(0.8 * DENSITY)).max())


def spread(values: np.ndarray, weights: np.ndarray) -> float:
    """Weighted standard deviation."""
    return float(np.average(centred(values, weights) ** 2, weights=weights) ** 0.5)


def correlation(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> float:
    """Weighted correlation."""
    a, b = centred(first, weights), centred(second, weights)
    size = (weights * a * a).sum() * (weights * b * b).sum()
    return float((weights * a * b).sum() / max(size, 1e-9) ** 0.5)


def centred(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values minus their weighted mean."""
    return values - np.average(values, weights=weights)
