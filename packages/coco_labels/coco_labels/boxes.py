"""Boxes of COCO annotations, checked."""

from typing import Any

import numpy as np
from hotcoco import mask as rle_codec

from .masks import Rle, as_text, mask_of, reach_beyond
from .values import is_number

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

WITHOUT_BOX = "objects without a bbox: the box of the mask is used"


def box_of(bbox: Any, segmentation: Any, width: int, height: int) -> tuple[Box | None, list[str]]:
    """The box of an annotation, and notes on omissions and clipping.

    The `bbox` has priority. An annotation without one gets the box of its mask.

    Args:
        bbox: a list of x, y, width and height in pixels, or None.
        segmentation: see `mask_of`; ignored if there is a `bbox`.
        width: of the image, pixels.
        height: of the image, pixels.

    Returns:
        The part of the box inside the image, or None for a box without width or height.

    Raises:
        ValueError: there is no box, or it does not fit the image.
    """
    if bbox is None or bbox == []:
        if not segmentation:
            raise ValueError("has neither a bbox nor a mask; draw one, or leave its category out")
        rle, notes = mask_of(segmentation, width, height)
        if not rle_codec.area(rle):
            return None, notes
        x, y, w, h = map(float, rle_codec.to_bbox(rle))
        return (x, y, w, h), [WITHOUT_BOX, *notes]
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
        raise ValueError("has a bbox that is not four finite numbers: x, y, width, height")
    x, y, w, h = map(float, bbox)
    if w < 0 or h < 0:
        raise ValueError(f"has a bbox {w:g} wide and {h:g} high; COCO's are x, y, width, height")
    if not w or not h:
        return None, []
    notes = reach_beyond(np.array([[x, y], [x + w, y + h]]), width, height)
    x0, y0 = max(x, 0.0), max(y, 0.0)
    return (x0, y0, min(x + w, width) - x0, min(y + h, height) - y0), notes


def pixels_of(box: Box, width: int, height: int) -> Rle:
    """The pixels of an image that a box covers, as a mask; see pycocotools' `frPyObjects`.

    Args:
        box: x, y, width, height in pixels.
        width: of the image, pixels.
        height: of the image, pixels.
    """
    return as_text(rle_codec.fr_bbox(box, height, width))
