"""Method `pixelate`: mosaic of blocks in their mean colour."""

import math
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from workflow_scripts.anonymization.redaction import Area, Redaction


class Pixelate(Redaction):
    """Replace by coarse blocks."""

    method: Literal["pixelate"] = "pixelate"
    """Replace by coarse blocks."""
    strength: float = Field(0.25, gt=0, le=1)
    """Side of a block, relative to the smaller side of the region."""

    def fill(self, image: np.ndarray, area: Area) -> np.ndarray:
        """The blocks, aligned to the upper left corner of the area."""
        crop = image[area.window]
        height, width = crop.shape[:2]
        block = max(self.strength * area.side, 2)
        columns, rows = (max(math.floor(side / block), 1) for side in (width, height))
        means = cv2.resize(crop, (columns, rows), interpolation=cv2.INTER_AREA)
        return cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST)
