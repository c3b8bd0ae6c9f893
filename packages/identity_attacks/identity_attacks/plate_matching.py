"""Recognition of license plates by appearance, without reading them.

Even an unreadable blur or mosaic depends on the original characters. An attacker with another
picture of a plate treats it in the same way and compares the results.
"""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from pii_measures import quad_of

from .cutouts import PlateCutout
from .evidence import Evidence
from .rates import Success
from .retrieval import retrieve

STRIP = (192, 48)
"""Width and height of a rectified plate, pixels."""
SMALL = (96, 24)
"""Width and height of the picture that is compared, pixels."""
EDGE = 0.06
"""Margin left out at each side, relative to the plate's size; edges of a treatment look alike."""
FINE, COARSE = 2.0, 12.0
"""Standard deviations of a band-pass filter, pixels: finer detail is noise, coarser is light."""


def plate_matching(variant: Evidence) -> Success:
    """Plates of a variant, looked up among other pictures with the same treatment; see `retrieve`.

    Args:
        variant: treated plates, and the attacker's own `pictures`, treated by the same method with
            other random numbers.
    """
    frames = cast("Sequence[PlateCutout]", variant.frames)
    pictures = cast("Sequence[PlateCutout]", variant.pictures)
    seen, known = strips(frames), strips(pictures)
    return retrieve(seen @ known.T, variant.frames, variant.pictures)


def strips(plates: Sequence[PlateCutout]) -> np.ndarray:
    """Appearance of plates as vectors of length 1, (n, d) float32.

    Zeros for plates of a single colour, such as black boxes, which all look alike; NaN for plates
    without area.
    """
    width, height = STRIP
    across, down = EDGE * width, EDGE * height
    places = (
        np.array(
            [
                (-across, -down),
                (width + across, -down),
                (width + across, height + down),
                (-across, height + down),
            ],
            np.float32,
        )
        - 0.5
    )
    vectors = np.full((len(plates), SMALL[0] * SMALL[1]), np.nan, np.float32)
    for row, plate in enumerate(plates):
        corners = quad_of(plate.place)
        if corners is None:
            continue
        matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), places)
        strip = cv2.warpPerspective(plate.pixels, matrix, STRIP, borderMode=cv2.BORDER_REPLICATE)
        grey = cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY).astype(np.float32)
        look = cv2.resize(cv2.GaussianBlur(grey, (0, 0), FINE), SMALL, interpolation=cv2.INTER_AREA)
        look = look - cv2.GaussianBlur(look, (0, 0), COARSE)
        look = look - look.mean()
        length = float(np.linalg.norm(look))
        vectors[row] = look.ravel() / length if length > 1 else 0  # below 1 grey level: rounding
    return vectors
