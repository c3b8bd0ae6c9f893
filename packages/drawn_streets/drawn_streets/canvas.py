"""Canvas on which colour and ownership are drawn together, supersampled.

A canvas has four 8-bit channels: red, green, blue and the index of the surface that owns the pixel.
Every shape is filled with colour and index in the same call, so that a mask equals the visible
pixels by construction. A surface belongs to a value of the id image. Faces and plates are separate
surfaces with the value of their person or vehicle, from which their visible box is computed.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from .colours import Colour

_SHIFT = 4
_FIXED = 1 << _SHIFT
_MOST_SURFACES = 256


def supersampling(width: int) -> int:
    """Canvas pixels per image pixel in each direction, for an image of that width."""
    return 3 if width <= 640 else 2


@dataclass
class Canvas:
    """Drawing in progress.

    Attributes:
        width: image width, pixels.
        height: image height, pixels.
        scale: canvas pixels per image pixel in each direction.
        pixels: (height * scale, width * scale, 4) uint8: red, green, blue, surface.
        values: value in the id image, by surface.
    """

    width: int
    height: int
    scale: int
    pixels: np.ndarray
    values: list[int] = field(default_factory=list)

    @classmethod
    def blank(cls, width: int, height: int) -> "Canvas":
        """Empty canvas for an image of width x height pixels."""
        scale = supersampling(width)
        return cls(width, height, scale, np.zeros((height * scale, width * scale, 4), np.uint8))

    def copy(self) -> "Canvas":
        """Independent canvas with the same content."""
        return Canvas(self.width, self.height, self.scale, self.pixels.copy(), list(self.values))

    def surface(self, value: int) -> "Pen":
        """Pen for a new surface that belongs to a value of the id image."""
        if len(self.values) >= _MOST_SURFACES:
            raise ValueError(f"a canvas holds at most {_MOST_SURFACES} surfaces")
        self.values.append(value)
        return Pen(self, len(self.values) - 1)

    def window(self, box: np.ndarray) -> tuple[slice, slice]:
        """Rows and columns of the canvas that a box (x0, y0, x1, y1) in image pixels touches."""
        x0, y0, x1, y1 = (float(v) * self.scale for v in box)
        rows, columns = self.pixels.shape[:2]
        top, left = max(int(y0) - 1, 0), max(int(x0) - 1, 0)
        bottom, right = min(int(y1) + 2, rows), min(int(x1) + 2, columns)
        return slice(top, max(bottom, top)), slice(left, max(right, left))

    def sampled(self) -> np.ndarray:
        """Surfaces at the centres of the image pixels, (height, width) uint8 view."""
        half = self.scale // 2
        return self.pixels[half :: self.scale, half :: self.scale, 3]

    def image(self) -> np.ndarray:
        """Image at its final size, (height, width, 3) uint8 RGB."""
        size = (self.width, self.height)
        return cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)[:, :, :3].copy()

    def ids(self) -> np.ndarray:
        """Id image, (height, width) uint16."""
        return np.asarray(self.values, dtype=np.uint16)[self.sampled()]


@dataclass(frozen=True)
class Pen:
    """Pen of one surface. Points are (n, 2) in image pixels, where pixel i covers [i, i + 1)."""

    canvas: Canvas
    surface: int

    def part(self) -> "Pen":
        """Pen for a new surface with the same value of the id image."""
        return self.canvas.surface(self.canvas.values[self.surface])

    def _fixed(self, points: np.ndarray) -> np.ndarray:
        return (points * (self.canvas.scale * _FIXED) - _FIXED / 2).astype(np.int32)

    def fill(self, points: np.ndarray, colour: Colour) -> None:
        """Fill a convex polygon."""
        paint = (*colour, self.surface)
        cv2.fillConvexPoly(self.canvas.pixels, self._fixed(points), paint, cv2.LINE_8, _SHIFT)

    def fill_all(self, polygons: np.ndarray | list[np.ndarray], colour: Colour) -> None:
        """Fill polygons of any form that do not overlap: (k, n, 2) or a list."""
        if len(polygons) == 0:
            return
        paint = (*colour, self.surface)
        if isinstance(polygons, np.ndarray):
            fixed = list(self._fixed(polygons))
        else:
            fixed = [self._fixed(polygon) for polygon in polygons]
        cv2.fillPoly(self.canvas.pixels, fixed, paint, cv2.LINE_8, _SHIFT)

    def fill_each(self, polygons: np.ndarray, colour: Colour) -> None:
        """Fill convex polygons (k, n, 2) that may overlap."""
        paint = (*colour, self.surface)
        for fixed in self._fixed(polygons):
            cv2.fillConvexPoly(self.canvas.pixels, fixed, paint, cv2.LINE_8, _SHIFT)

    def glaze(self, points: np.ndarray, colour: Colour, opacity: float) -> None:
        """Draw a translucent polygon over the canvas; its pixels become part of this surface."""
        box = np.concatenate([points.min(axis=0), points.max(axis=0)])
        rows, columns = self.canvas.window(box)
        region = self.canvas.pixels[rows, columns]
        if region.size == 0:
            return
        mask = np.zeros(region.shape[:2], np.uint8)
        fixed = self._fixed(points) - np.array([columns.start, rows.start]) * _FIXED
        cv2.fillPoly(mask, [fixed.astype(np.int32)], 1, cv2.LINE_8, _SHIFT)
        inside = mask.astype(bool)
        mixed = region[inside, :3] * (1 - opacity) + np.asarray(colour) * opacity
        region[inside, :3] = mixed.astype(np.uint8)
        region[inside, 3] = self.surface

    def relight(self, box: np.ndarray, gain: np.ndarray) -> None:
        """Multiply the colours of this surface in a box by a gain.

        Args:
            box: x0, y0, x1, y1 in image pixels.
            gain: (h, w) float32, scaled to the box; 1 leaves a colour unchanged.
        """
        rows, columns = self.canvas.window(box)
        region = self.canvas.pixels[rows, columns]
        if region.size == 0:
            return
        scale = self.canvas.scale
        size = (box[2:] - box[:2]) * scale
        moved = np.array(
            [
                [gain.shape[1] / size[0], 0, 0.0],
                [0, gain.shape[0] / size[1], 0.0],
            ]
        )
        moved[:, 2] = moved[:, :2] @ (np.array([columns.start, rows.start]) - box[:2] * scale + 0.5)
        moved[:, 2] -= 0.5
        shape = (region.shape[1], region.shape[0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        full = cv2.warpAffine(gain, moved, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        mine = region[:, :, 3] == self.surface
        lit = region[mine, :3] * full[mine, None]
        region[mine, :3] = np.clip(lit, 0, 255).astype(np.uint8)

    def paste(self, texture: np.ndarray, quad: np.ndarray) -> None:
        """Warp a texture (h, w, 3) uint8 RGB onto a quad (4, 2): tl, tr, br, bl."""
        box = np.concatenate([quad.min(axis=0), quad.max(axis=0)])
        rows, columns = self.canvas.window(box)
        region = self.canvas.pixels[rows, columns]
        if region.size == 0:
            return
        height, width = texture.shape[:2]
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
        target = quad * self.canvas.scale - np.array([columns.start, rows.start]) - 0.5
        matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
        size = (region.shape[1], region.shape[0])
        warped = cv2.warpPerspective(texture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros(region.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(target * _FIXED).astype(np.int32), 1, shift=_SHIFT)
        inside = mask.astype(bool)
        region[inside, :3] = warped[inside]
        region[inside, 3] = self.surface

    def count(self, box: np.ndarray) -> int:
        """Number of canvas pixels of this surface in a box."""
        rows, columns = self.canvas.window(box)
        return int(np.count_nonzero(self.canvas.pixels[rows, columns, 3] == self.surface))
