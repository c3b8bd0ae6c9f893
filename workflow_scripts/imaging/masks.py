"""Run-length encoded masks: encoding, decoding, lookup of pixels."""

import numpy as np
from hotcoco import mask as rle_codec

from workflow_scripts.contracts.coco import Rle


def encode_mask(crop: np.ndarray, x0: int, y0: int, height: int, width: int) -> Rle:
    """Run-length encode a mask given as a crop of its frame.

    The cost depends on the crop, not on the frame, since most instances are small.

    Args:
        crop: (h, w) bool or 0/1 array.
        x0: column of the crop's left edge in the frame, pixels.
        y0: row of the crop's upper edge in the frame, pixels.
        height: of the frame, pixels.
        width: of the frame, pixels.
    """
    columns = np.zeros((crop.shape[1], crop.shape[0] + 2), bool)
    columns[:, 1:-1] = crop.T
    # In each column, starts and ends of runs alternate.
    changes = np.flatnonzero(columns[:, 1:] != columns[:, :-1])
    column, row = np.divmod(changes, crop.shape[0] + 1)
    borders = (column + x0) * height + row + y0
    # Runs that touch the lower edge of a column and the upper edge of the next are merged.
    apart = np.repeat(borders[1:-1:2] != borders[2::2], 2)
    borders = borders[np.concatenate(([True], apart, [True]))] if borders.size else borders
    counts = np.diff(borders, prepend=0, append=height * width)
    if counts[-1] == 0 and counts.size > 1:
        counts = counts[:-1]
    runs = {"h": height, "w": width, "counts": counts.tolist()}
    return {"size": [height, width], "counts": rle_codec.rle_to_string(runs)}


def decode_mask(rle: Rle) -> np.ndarray:
    """The mask of an RLE: (height, width) bool."""
    return rle_codec.decode(rle).astype(bool)


def mask_at(rle: Rle, row: int, column: int) -> bool:
    """Whether the mask of an RLE contains a pixel, without decoding the others."""
    height, width = rle["size"]
    pixel = rle_codec.fr_bbox([column, row, 1, 1], height, width)
    return bool(rle_codec.area(rle_codec.merge([rle, pixel], intersect=True)))


def decode_crop(rle: Rle) -> tuple[np.ndarray, int, int] | None:
    """The mask of an RLE, cropped to its pixels; None without any.

    Returns:
        The (h, w) uint8 crop of 0 and 1, and the column and row of its upper left pixel.
    """
    # Columns first: the decoded mask lies in memory column by column.
    mask = rle_codec.decode(rle)
    columns = np.flatnonzero(mask.any(axis=0))
    if not columns.size:
        return None
    mask = mask[:, columns[0] : columns[-1] + 1]
    rows = np.flatnonzero(mask.any(axis=1))
    return mask[rows[0] : rows[-1] + 1].copy(), int(columns[0]), int(rows[0])
