"""Which regions lie on objects that can have them: a face on a person, a plate on a car."""

import math
from collections.abc import Iterable

import numpy as np

from workflow_scripts.contracts.coco import Instance, decode_mask
from workflow_scripts.contracts.regions import Region


def share_on(region: Region, instances: Iterable[Instance]) -> float:
    """The share of a region's box that lies on the masks of any of these instances, 0 to 1.

    Masks, not boxes: the box of a group, or of a person with spread arms, is mostly background.
    """
    rows = slice(math.floor(region.y0), math.ceil(region.y1))
    columns = slice(math.floor(region.x0), math.ceil(region.x1))
    covered = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    for instance in instances:
        x, y, width, height = instance.bbox
        if (
            x < columns.stop
            and y < rows.stop
            and x + width > columns.start
            and y + height > rows.start
        ):
            covered |= decode_mask(instance.segmentation)[rows, columns]
    return float(covered.mean())
