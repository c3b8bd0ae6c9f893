"""Masks of COCO annotations: polygons and run-length encoded masks, checked and encoded.

hotcoco and pycocotools do not check their input: they read four numbers as a box, drop the last
number of a polygon of odd length, and accept a mask of another size.
"""

from itertools import chain
from typing import Any, TypeGuard

import numpy as np
from hotcoco import mask as rle_codec

from .values import is_number

Rle = dict[str, Any]
"""Run-length encoded mask: `{"size": [height, width], "counts": str}`, compressed."""

FEWEST_NUMBERS = 6
"""Numbers of a polygon of three points."""
MARGIN = 1.0
"""Pixels by which a polygon may exceed its image without a note, since tools round differently."""


def mask_of(segmentation: Any, width: int, height: int) -> tuple[Rle, list[str]]:
    """The mask of an annotation, and notes on omissions and clipping.

    Polygons are clipped at the border of the image, as pycocotools does.

    Args:
        segmentation: a list of polygons (x, y, x, y, …), or `{"size": [height,
            width], "counts"}` with compressed (a text) or uncompressed counts (a list).
        width: of the image, pixels.
        height: of the image, pixels.

    Raises:
        ValueError: there is no mask, or it does not fit the image.
    """
    if isinstance(segmentation, dict) and segmentation:
        return _of_runs(segmentation, width, height), []
    if not segmentation:
        raise ValueError(
            "has no mask (an empty or no segmentation); draw one, or leave its category out"
        )
    if not isinstance(segmentation, list) or not all(isinstance(x, list) for x in segmentation):
        raise ValueError("has a segmentation that is neither a list of polygons nor an RLE mask")
    for polygon in segmentation:
        if not all(map(is_number, polygon)):
            raise ValueError("has a polygon with something other than finite numbers in it")
        if len(polygon) % 2:
            raise ValueError(f"has a polygon of {len(polygon)} numbers; x and y come in pairs")
    polygons = [polygon for polygon in segmentation if len(polygon) >= FEWEST_NUMBERS]
    if not polygons:
        points = max(map(len, segmentation)) // 2
        raise ValueError(f"has a polygon of {points} points; a mask needs at least 3")
    notes = ["polygons of fewer than 3 points, left out"] * (len(polygons) < len(segmentation))
    outline = np.array(list(chain.from_iterable(polygons)), np.float64).reshape(-1, 2)
    notes += reach_beyond(outline, width, height)
    rle = rle_codec.merge(rle_codec.fr_py_objects(polygons, height, width))
    return as_text(rle), notes


def reach_beyond(points: np.ndarray, width: int, height: int) -> list[str]:
    """Note on an outline that reaches beyond the image.

    Args:
        points: (n, 2) float64, x and y of its points, pixels.
        width: of the image, pixels.
        height: of the image, pixels.

    Raises:
        ValueError: it lies outside, or exceeds the image so far that its scale is wrong.
    """
    size = np.array([width, height])
    (x0, y0), (x1, y1) = low, high = points.min(axis=0), points.max(axis=0)
    place = f"reaches from x {x0:g}, y {y0:g} to x {x1:g}, y {y1:g} in an image of {width}x{height}"
    if (high <= 1).all() and (low >= 0).all() and (size > 2).all():
        raise ValueError(f"{place}; are these fractions of its size? COCO's are pixels")
    if (high <= 0).any() or (low >= size).any():
        raise ValueError(f"{place}: it lies outside")
    if (low < -size).any() or (high > 2 * size).any():
        raise ValueError(f"{place}; it is drawn at another scale")
    clipped = (low < -MARGIN).any() or (high > size + MARGIN).any()
    return ["objects reaching beyond the image, clipped at its border"] * bool(clipped)


def _of_runs(segmentation: dict[str, Any], width: int, height: int) -> Rle:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        if not size or not _are_counts(size):
            raise ValueError("has an RLE mask without `size`, [height, width]")
        found = "x".join(map(str, size[::-1]))
        raise ValueError(f"has a mask for {found} pixels, but the image has {width}x{height}")
    if not isinstance(counts, str) and not _are_counts(counts):
        raise ValueError("has a mask whose counts are neither a text nor a list of run lengths")
    rle = {"size": [height, width], "counts": counts}
    try:
        rle_codec.area(rle)
    except (ValueError, TypeError) as error:
        raise ValueError(f"has a broken mask ({error})") from None
    try:
        # Decoded with one pixel less: only runs that fill the image fail then.
        rle_codec.area({"size": [height * width - 1, 1], "counts": counts})
    except ValueError:
        return as_text(rle_codec.fr_py_objects(rle, height, width))
    raise ValueError(
        f"has a broken mask (its counts end before the last of {width}x{height} pixels)"
    )


def _are_counts(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(x) is int and 0 <= x < 2**31 for x in value)


def as_text(rle: Rle) -> Rle:
    """The mask with its counts as text, for JSON."""
    counts = rle["counts"]
    return {**rle, "counts": counts.decode() if isinstance(counts, bytes) else counts}


def fits(bbox: Any, rle: Rle) -> bool:
    """Whether a `bbox` overlaps the box of a mask (IoU of 0.5 or more), or is missing."""
    if bbox is None or bbox == []:
        return True
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
        return False
    stated, found = np.array([bbox], np.float64), rle_codec.to_bbox(rle)[None]
    return bool(rle_codec.bbox_iou(stated, found, [False])[0, 0] >= 0.5)
