"""Methods that fill an area around each region."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.pictures import Picture

Shape = Literal["auto", "box", "ellipse"]


@dataclass(frozen=True)
class Area:
    """The pixels of a frame to fill for one region."""

    x0: int
    y0: int
    x1: int
    y1: int
    """Bounding box inside the frame, in pixels."""
    mask: np.ndarray
    """(y1 - y0, x1 - x0) bool: the pixels of that box; at least one."""
    side: float
    """Smaller side of the region's own box in pixels, which strengths are relative to."""

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the box."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


class Redaction(Method):
    """A method that fills an area around each region, one after the other.

    Where areas overlap, the later one is filled from the result of the earlier one, so nothing of
    the original reappears.
    """

    margin: float = Field(0.25, ge=0, le=2)
    """Margin on each side, as a share of the region's width and height. From 0.21 on, an ellipse
    contains the whole detected box."""
    shape: Shape = "auto"
    """`box`, `ellipse`, or `auto`: an ellipse for faces; for plates, the quad if it is known and
    fits, else the box."""

    @abstractmethod
    def fill(self, image: np.ndarray, area: Area) -> np.ndarray:
        """Fill for the box of an area, applied where the mask is true.

        Args:
            image: (height, width, 3) uint8 RGB, the whole frame; must not be modified.
            area: inside the frame.

        Returns:
            (area.y1 - area.y0, area.x1 - area.x0, 3) uint8 RGB, or an array that broadcasts to it.
        """

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Fill the area of each region; see `Method.anonymize`."""
        result = picture.pixels.copy()
        changes = []
        for region in picture.regions:
            area = area_of(region, result.shape[:2], self.margin, self.shape)
            if area is None:
                continue
            content = np.broadcast_to(self.fill(result, area), (*area.mask.shape, 3))
            cv2.copyTo(content, area.mask.view(np.uint8), result[area.window])
            changes.append(Change.of(region, self.method, (area.x0, area.y0, area.x1, area.y1)))
        return result, changes


def area_of(
    region: Region, frame: tuple[int, int], margin: float, shape: Shape = "auto"
) -> Area | None:
    """The pixels around a region.

    Args:
        region: its box may reach beyond the frame.
        frame: height and width, pixels.
        margin: the enlargement to each side, relative to the region's size.
        shape: see `Redaction.shape`.

    Returns:
        None if the region is empty or outside the frame.
    """
    if region.width <= 0 or region.height <= 0:
        return None
    corners = np.array([(region.x0, region.y0), (region.x1, region.y1)], np.float64)
    uses_quad = shape == "auto" and _has_fitting_quad(region)
    if uses_quad:
        corners = np.array(region.quad, np.float64)
    corners = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * (1 + 2 * margin)
    height, width = frame
    x0, y0 = (max(math.floor(value), 0) for value in corners.min(axis=0))
    x1, y1 = (
        min(math.ceil(value), end)
        for value, end in zip(corners.max(axis=0), (width, height), strict=True)
    )
    if x1 <= x0 or y1 <= y0:
        return None
    mask = np.ones((y1 - y0, x1 - x0), bool)
    if uses_quad:
        mask = _quad_mask(corners - (x0, y0), mask.shape)
    elif shape == "ellipse" or (shape == "auto" and region.kind is Kind.FACE):
        mask = _ellipse_mask(corners - (x0, y0), mask.shape)
    if not mask.any():  # in a tiny ellipse, no pixel has its centre inside
        mask[:] = True
    return Area(x0, y0, x1, y1, mask, min(region.width, region.height))


def _has_fitting_quad(region: Region) -> bool:
    """Whether a plate has a usable quad; one beside the box would leave the plate visible."""
    if region.kind is not Kind.LICENSE_PLATE or region.quad is None:
        return False
    x, y = np.mean(region.quad, axis=0)
    return region.x0 <= x <= region.x1 and region.y0 <= y <= region.y1


def _ellipse_mask(corners: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels whose centres lie in the ellipse inscribed in a box, given by two corners."""
    (centre_x, centre_y), (radius_x, radius_y) = corners.mean(axis=0), np.ptp(corners, axis=0) / 2
    y, x = np.ogrid[: shape[0], : shape[1]]
    return ((x + 0.5 - centre_x) / radius_x) ** 2 + ((y + 0.5 - centre_y) / radius_y) ** 2 <= 1


def _quad_mask(corners: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The pixels that a quad covers or touches."""
    bits = 8  # OpenCV's fixed point; its integer coordinates are the pixels' centres
    points = np.round((corners - 0.5) * 2**bits).astype(np.int32)
    return cv2.fillConvexPoly(np.zeros(shape, np.uint8), points, 1, shift=bits).astype(bool)
