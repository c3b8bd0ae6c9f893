"""Rectification of a plate: from the image to a frontal view, and back."""

from dataclasses import dataclass

import cv2
import numpy as np

from pii_measures.regions import PlateRegion

HEIGHT = 46
"""Intended height of a rectified plate, pixels; sufficient to separate its characters."""
MARGIN = 0.35
"""Width of the surroundings shown on each side of a plate, relative to its height."""
_LARGEST = 1000
"""Largest width of a view, pixels."""
_SMALLEST = (6.0, 2.0)
"""Width and height below which a quad is not a plate, pixels."""


@dataclass(frozen=True)
class PlateFrame:
    """Coordinate frame of a rectified plate.

    Coordinates of the view are pixels with the origin at the centre of the upper left pixel, as
    in OpenCV; the same holds for image coordinates here.
    """

    to_image: np.ndarray
    """Homography (3, 3) from view to image."""
    size: tuple[int, int]
    """Width and height of the view, including the margin around the plate."""
    plate: tuple[float, float, float, float]
    """x0, y0, x1, y1 of the quad in the view."""
    scale: float
    """Pixels of the view per pixel of the image, vertically."""

    @property
    def height(self) -> float:
        """Height of the plate in the view."""
        return self.plate[3] - self.plate[1]

    @property
    def width(self) -> float:
        """Width of the plate in the view."""
        return self.plate[2] - self.plate[0]


def quad_of(region: PlateRegion) -> np.ndarray | None:
    """Corners of a plate, (4, 2) float64 in OpenCV's coordinates, clockwise from top left.

    The box replaces a quad that is missing, not convex, or beside the box.

    Returns:
        None if the box is also too small to be a plate.
    """
    left, top, right, bottom = region.x0, region.y0, region.x1, region.y1
    box = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    if region.quad is not None and len(region.quad) == 4:
        quad = np.array(region.quad, np.float64)
        centre = quad.mean(axis=0)
        inside = (box[0] <= centre).all() and (centre <= box[2]).all()
        if inside and _is_plate(quad):
            return quad - 0.5
    return box - 0.5 if _is_plate(box) else None


def _is_plate(quad: np.ndarray) -> bool:
    if not np.isfinite(quad).all():
        return False
    width, height = _sides(quad)
    if width < _SMALLEST[0] or height < _SMALLEST[1]:
        return False
    edges = np.roll(quad, -1, axis=0) - quad
    after = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
    return bool((turns > 0).all())  # clockwise in image coordinates, and convex


def _sides(quad: np.ndarray) -> tuple[float, float]:
    """Mean width and height."""
    edges = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return float(edges[0::2].mean()), float(edges[1::2].mean())


def frame_of(quad: np.ndarray) -> PlateFrame:
    """Frame of a quad (4, 2) in OpenCV's coordinates, clockwise from top left."""
    width, height = _sides(quad)
    scale = float(np.clip(HEIGHT / height, 1.5, 6))
    scale = min(scale, _LARGEST / (width + 2 * MARGIN * height))
    w, h, m = width * scale, height * scale, round(MARGIN * height * scale) + 2
    corners = np.array([(m, m), (m + w, m), (m + w, m + h), (m, m + h)], np.float32)
    return PlateFrame(
        cv2.getPerspectiveTransform(corners, quad.astype(np.float32)).astype(np.float64),
        (round(w) + 2 * m, round(h) + 2 * m),
        (m, m, m + w, m + h),
        scale,
    )


def rectify(image: np.ndarray, frame: PlateFrame) -> np.ndarray:
    """View of an image (H, W, 3) uint8: (h, w, 3) float32, 0 to 255."""
    # Warped before the conversion, since converting a whole frame to float would take longest.
    view = cv2.warpPerspective(
        image, frame.to_image, frame.size,
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return view.astype(np.float32)


def seen(frame: PlateFrame, box: tuple[int, int, int, int]) -> np.ndarray:
    """Pixels of the view inside a box (x0, y0, x1, y1) of the image, (h, w) bool."""
    w, h = frame.size
    x, y = np.arange(w, dtype=np.float64), np.arange(h, dtype=np.float64)[:, None]
    across, down, depth = frame.to_image  # depth is positive in and around a plate
    inside = np.ones((h, w), bool)
    for row, low, high in ((across, box[0], box[2]), (down, box[1], box[3])):
        for edge, sign in ((low - 0.5, 1), (high - 0.5, -1)):
            line = sign * (row - edge * depth)
            inside &= line[0] * x > -(line[1] * y + line[2])
    return inside


def to_window(
    view: np.ndarray, frame: PlateFrame, window: tuple[int, int, int, int], supersampling: int
) -> np.ndarray:
    """View warped back into a window of the image, averaged over each pixel.

    Args:
        view: (h, w) or (h, w, n) float32; may be a multiple of the frame's size.
        frame: frame of the view.
        window: x0, y0, x1, y1, pixels of the image.
        supersampling: samples per pixel and direction.

    Returns:
        (y1 - y0, x1 - x0[, n]) float32; 0 outside the view.
    """
    x0, y0, x1, y1 = window
    s, factor = supersampling, view.shape[1] / frame.size[0]
    shift = (1 / s - 1) / 2  # the centre of the first sample in the first pixel
    samples = np.array([[1 / s, 0, x0 + shift], [0, 1 / s, y0 + shift], [0, 0, 1]])
    grow = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1]])
    matrix = grow @ np.linalg.inv(frame.to_image) @ samples
    size = ((x1 - x0) * s, (y1 - y0) * s)
    fine = cv2.warpPerspective(view, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return cv2.resize(fine, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
