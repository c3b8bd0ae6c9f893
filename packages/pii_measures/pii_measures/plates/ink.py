"""Ground, ink and light of a plate."""

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from pii_measures.appearance import grey
from pii_measures.pixels import dot, limited, median, quantile, scaled, three, times, weighted

from .rectify import PlateFrame

_LEAST_CONTRAST = 4.0
"""Difference of ink and ground, grey levels, below which nothing can be read."""
_LEAST_COLOUR = 40.0
"""Distance between ink and ground, grey levels, below which colour is dominated by noise."""
_BLUE, _LEAST_BLUE = 0.22, 9.0
"""Blue minus the mean of red and green, relative to the brightest of them and in grey levels, from
which a pixel may belong to a country band."""
_WIDEST_DISC = 31
"""Side of the largest disc for removing strokes, pixels."""


@dataclass(frozen=True)
class InkModel:
    """Model of a plate: view = field + share * gain * ink."""

    field: np.ndarray
    """Ground with its light, (h, w, 3) float32."""
    ink: np.ndarray
    """Ink minus ground under average light, (3,) float32."""
    ground: np.ndarray
    """Ground under average light, (3,) float32."""
    dark_ground: bool
    """Whether the characters are lighter than the ground."""
    plainness: float = 1.0
    """Factor of `colour`, below 1 on plates whose characters differ from the ink themselves, for
    example where they are overexposed."""

    @property
    def is_blue(self) -> bool:
        """Whether the characters are as blue as a country band."""
        red, green, blue = (self.ground + self.ink).tolist()
        return blue - (red + green) / 2 > max(_BLUE * max(red, green, blue), _LEAST_BLUE)

    def gain(self, field: np.ndarray) -> np.ndarray:
        """Light on the ink, relative to the average.

        Args:
            field: ground of such a plate, (h, w, 3) float32.

        Returns:
            (h, w, 3) float32, 0.2 to 4; 1 on a dark ground, on which light is not visible.
        """
        if self.dark_ground:
            return np.ones_like(field)
        return limited(scaled(field, 1 / np.maximum(self.ground, 8)), 0.2, 4)

    @cached_property
    def _lit(self) -> tuple[np.ndarray, np.ndarray]:
        """Ink under the light of the field, (h, w, 3), and the square of its length, (h, w)."""
        ink = scaled(self.gain(self.field), self.ink)
        return ink, dot(ink, ink)

    def share(self, view: np.ndarray) -> np.ndarray:
        """Share of ink in a view, (h, w) float32: 0 on the ground, 1 in a wide stroke."""
        ink, square = self._lit
        return dot(view - self.field, ink) / np.maximum(square, np.float32(1e-3))

    def share_on(self, view: np.ndarray, field: np.ndarray) -> np.ndarray:
        """Share of ink in a view (h, w, 3) on another ground (h, w, 3) under the same light."""
        return replace(self, field=field).share(view)

    def colour(self, view: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Distance of a view from any mixture of ground and ink, relative to their distance.

        Args:
            view: (h, w, 3) float32.
            share: its share of ink, (h, w) float32.

        Returns:
            (h, w) float32: about 0 on the ground and in characters, more on coloured seals.
        """
        ink, square = self._lit
        rest = view - self.field - times(ink, share)
        rest = np.sqrt(dot(rest, rest) / np.maximum(square, np.float32(_LEAST_COLOUR**2)))
        return rest if self.plainness == 1 else rest * np.float32(self.plainness)


def take_apart(view: np.ndarray, seen: np.ndarray, frame: PlateFrame, dark: bool) -> InkModel:
    """Model of a plate's ink and ground.

    Strokes are the part of the brightness removed by a closing (on dark grounds, an opening),
    since they are narrow and shadows are not.

    Args:
        view: (h, w, 3) float32, 0 to 255.
        seen: (h, w) bool, pixels inside the image.
        frame: frame of the view.
        dark: whether the ground is darker than the ink.
    """
    luma = cv2.GaussianBlur(grey(view), (0, 0), max(0.3 * frame.scale, 0.5))
    inner = _inside(frame, 0.08, 0.08) & seen
    if not inner.any():
        inner = _inside(frame, 0, 0)
    depth = np.abs(_without_strokes(luma, 0.42 * frame.height, dark) - luma)
    contrast = quantile(depth[inner], 0.97)
    ground = inner & (depth <= 0.25 * contrast) & ~_is_band(view, frame)
    strokes = inner & (depth >= 0.65 * contrast)
    field = smooth(view, ground, 0.3 * frame.height, 0.3 * frame.height)
    mean = np.array(cv2.mean(field, inner.view(np.uint8))[:3], np.float32)
    sign = 1 if dark else -1
    contrast = max(contrast, _LEAST_CONTRAST)
    ink = np.full(3, sign * contrast, np.float32)
    plain = InkModel(field, ink, mean, dark)
    if not strokes.any():
        return plain
    ink = median((view - field)[strokes] / plain.gain(field)[strokes])
    if sign * float(grey(ink[None, None])[0, 0]) < _LEAST_CONTRAST:
        return plain
    return replace(plain, ink=ink.astype(np.float32))


def _without_strokes(luma: np.ndarray, side: float, dark: bool) -> np.ndarray:
    """Closing (on a dark ground, opening) with a disc. Wide discs use a smaller copy, since time
    grows with the square of the side.
    """
    height, width = luma.shape
    step = max(side / _WIDEST_DISC, 1.0)
    if step > 1:
        size = (max(round(width / step), 1), max(round(height / step), 1))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    disc = max(round(side / step), 3)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (disc, disc))
    operation = cv2.MORPH_OPEN if dark else cv2.MORPH_CLOSE
    even = cv2.morphologyEx(luma, operation, kernel)
    return cv2.resize(even, (width, height), interpolation=cv2.INTER_LINEAR) if step > 1 else even


def against_surroundings(view: np.ndarray, model: InkModel, frame: PlateFrame) -> float:
    """Brightness of a plate's ground relative to its surroundings, 0.05 to 20."""
    ground = quantile(grey(model.field)[_inside(frame, 0.05, 0.1)], 0.5)
    around = quantile(grey(view)[~_inside(frame, -0.02, -0.1)], 0.5)
    return float(np.clip(ground / max(around, 1), 0.05, 20))


def _inside(frame: PlateFrame, across: float, down: float) -> np.ndarray:
    """Plate without a margin given relative to its width and height, (h, w) bool."""
    x0, y0, x1, y1 = frame.plate
    mx, my = across * frame.width, down * frame.height
    mask = np.zeros(frame.size[::-1], bool)
    mask[round(y0 + my) : round(y1 - my) + 1, round(x0 + mx) : round(x1 - mx) + 1] = True
    return mask


def light_share(view: np.ndarray, seen: np.ndarray, frame: PlateFrame) -> float:
    """Share of light pixels on the plate after removal of its local mean, 0 to 1.

    A light ground covers more than half of a plate, unless the characters are bold.
    """
    luma, inner = grey(view), _inside(frame, 0.12, 0.14) & seen
    if not inner.any():
        return 1.0
    side = 0.8 * frame.height
    weight = inner.astype(np.float32)
    mean = blurred(luma * weight, side, side) / np.maximum(blurred(weight, side, side), 1e-3)
    values = (luma - mean)[inner]
    low, high = (quantile(values, share) for share in (0.04, 0.96))
    return float((values > (low + high) / 2).mean())


def rim(view: np.ndarray, frame: PlateFrame) -> float:
    """Brightness of the rows above and below the characters minus that of theirs, -4 to 4.

    The unit is the range of brightness. Positive on a light ground.
    """
    luma = grey(view)
    x0, y0, x1, _ = frame.plate

    def rows(start: float, end: float) -> np.ndarray:
        first = round(y0 + start * frame.height)
        columns = slice(round(x0 + 0.12 * frame.width), round(x1 - 0.12 * frame.width) + 1)
        return luma[first : max(round(y0 + end * frame.height), first + 1), columns]

    middle = rows(0.2, 0.8)
    span = max(quantile(middle, 0.96) - quantile(middle, 0.04), _LEAST_CONTRAST)
    ends = (quantile(rows(0.14, 0.2), 0.5) + quantile(rows(0.8, 0.86), 0.5)) / 2
    return float(np.clip((ends - rows(0.3, 0.7).mean()) / span, -4, 4))


def _is_band(view: np.ndarray, frame: PlateFrame) -> np.ndarray:
    """Blue pixels, (h, w) bool."""
    red, green, blue = cv2.split(view)
    bright = np.maximum(np.maximum(red, green), blue)
    blue = weighted(view, (-0.5, -0.5, 1))
    x0, y0, x1, y1 = (round(value) for value in frame.plate)
    usual = quantile(blue[y0 : y1 + 1, x0 : x1 + 1], 0.5)
    return blue > max(usual, 0) + np.maximum(_BLUE * bright, _LEAST_BLUE)


def bands(view: np.ndarray, frame: PlateFrame) -> tuple[float, float]:
    """Inner edges x of a European plate's blue bands on the left and right; on a side without a
    band, the side of the plate.
    """
    x0, y0, x1, y1 = frame.plate
    rows = slice(round(y0 + 0.2 * frame.height), round(y1 - 0.2 * frame.height) + 1)
    blue = _is_band(view, frame)[rows].mean(axis=0) > 0.5
    slack, widest = 0.1 * frame.width, min(0.2 * frame.width, 0.7 * frame.height)
    on_left = _run(blue[max(round(x0 - slack), 0) :], slack + 0.13 * frame.width)
    on_right = _run(blue[: round(x1 + slack) + 1][::-1], slack + 0.13 * frame.width)
    left, right = x0, x1
    if 0.015 * frame.width < on_left[1] - on_left[0] < widest:
        left = max(round(x0 - slack), 0) + on_left[1]
    if 0.015 * frame.width < on_right[1] - on_right[0] < widest:
        right = min(round(x1 + slack), len(blue) - 1) - on_right[1]
    return float(left), float(right)


def has_stripe(view: np.ndarray, frame: PlateFrame) -> bool:
    """Whether a plate has a blue stripe at the top, like those of Mercosur.

    Args:
        view: (h, w, 3) float32.
        frame: frame of the view.
    """
    x0, y0, x1, _ = (round(value) for value in frame.plate)
    rows = slice(round(y0 + 0.04 * frame.height), round(y0 + 0.18 * frame.height) + 1)
    return bool(_is_band(view, frame)[rows, max(x0, 0) : x1 + 1].mean() > 0.5)


def limits(
    view: np.ndarray, model: InkModel, frame: PlateFrame, sides: tuple[float, float]
) -> tuple[float, float]:
    """Left and right end x of the ground, at the plate's border or the car.

    Args:
        view: (h, w, 3) float32.
        model: model of the plate.
        frame: frame of the view.
        sides: x between which to search, from `bands`.
    """
    x0, y0, x1, y1 = frame.plate
    # More rows than characters cover, so that no stem is mistaken for a border.
    rows = slice(round(y0 + 0.09 * frame.height), round(y1 - 0.09 * frame.height) + 1)
    change = view[rows] - model.field[rows]
    distance = np.sqrt(dot(change, change))
    far = distance > max(0.28 * float(np.linalg.norm(model.ink)), 8)
    other = far.mean(axis=0) > 0.95
    # Beyond a plate's side, there are no characters, so rows do not differ, and there is no
    # ground, unlike beyond the stem of an L.
    strength = max(float(np.linalg.norm(model.ink)), 1.0)
    even = distance[len(distance) // 6 : -(len(distance) // 6) or None].std(axis=0) < 0.3 * strength
    left, right = max(sides[0], x0), min(sides[1], x1)
    reach, first, last = 0.11 * frame.width, max(round(x0), 0), round(x1)
    for near in np.flatnonzero(other[: round(x0 + reach)])[::-1]:
        if near <= first or (even[first:near].mean() > 0.9 and far[:, first:near].mean() > 0.5):
            left = max(left, near + 1.0)
            break
    start = round(x1 - reach)
    for away in np.flatnonzero(other[start:]) + start:
        beyond = slice(away + 1, last + 1)
        if away >= last or (even[beyond].mean() > 0.9 and far[:, beyond].mean() > 0.5):
            right = min(right, away - 1.0)
            break
    return float(left), float(right)


def _run(flags: np.ndarray, start: float) -> tuple[int, int]:
    """First index of the first run of True if it starts by `start`, and the index after the run."""
    hits = np.flatnonzero(flags)
    if not len(hits) or hits[0] > start:
        return 0, 0
    breaks = np.flatnonzero(np.diff(hits) > 2)
    return int(hits[0]), int(hits[breaks[0]] if len(breaks) else hits[-1]) + 1


def smooth(view: np.ndarray, mask: np.ndarray, sigma_x: float, sigma_y: float) -> np.ndarray:
    """Colours under a mask, continued over the whole view: (h, w, 3) float32.

    A normalized convolution that approaches the mean far from the mask.

    Args:
        view: (h, w, 3) float32.
        mask: (h, w) bool or float32 weights.
        sigma_x: horizontal standard deviation, pixels.
        sigma_y: vertical standard deviation, pixels.
    """
    weight = mask.astype(np.float32, copy=False)
    height, width = weight.shape
    across, down = _steps(sigma_x, sigma_y)
    size = max(width // across, 2), max(height // down, 2)
    known = cv2.merge((cv2.multiply(view, three(weight)), weight))
    known = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    *colour, weights = cv2.sumElems(known)
    mean = [part / weights for part in colour] if weights else cv2.mean(view)[:3]
    # First on an even smaller copy, for pixels far from the mask.
    few = max(size[0] // 3, 2), max(size[1] // 3, 2)
    far = cv2.resize(known, few, interpolation=cv2.INTER_AREA)
    far = _shared(far, np.array(mean, np.float32),
                  3 * sigma_x * few[0] / width, 3 * sigma_y * few[1] / height)  # fmt: skip
    far = cv2.resize(far, size, interpolation=cv2.INTER_LINEAR)
    near = _shared(known, far, sigma_x * size[0] / width, sigma_y * size[1] / height)
    return cv2.resize(near, (width, height), interpolation=cv2.INTER_LINEAR)


def _shared(known: np.ndarray, beyond: np.ndarray, sigma_x: float, sigma_y: float) -> np.ndarray:
    """Blurred colours (h, w, 3) divided by blurred weights, of both in one array (h, w, 4)."""
    near = cv2.GaussianBlur(known, (0, 0), sigmaX=max(sigma_x, 0.3), sigmaY=max(sigma_y, 0.3))
    red, green, blue, weight = cv2.split(near)
    colour = cv2.merge((red, green, blue)) + np.float32(0.02) * beyond
    return cv2.multiply(colour, three(1 / (weight + np.float32(0.02))))


def _steps(sigma_x: float, sigma_y: float) -> tuple[int, int]:
    """Pixels, across and down, that may be merged before a blur."""
    return max(round(sigma_x / 4), 1), max(round(sigma_y / 4), 1)


def blurred(values: np.ndarray, sigma_x: float, sigma_y: float) -> np.ndarray:
    """Gaussian blur; a wide one is computed on a smaller copy."""
    height, width = values.shape[:2]
    fx, fy = _steps(sigma_x, sigma_y)
    size = (max(width // fx, 2), max(height // fy, 2))
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(
        small, (0, 0), sigmaX=max(sigma_x * size[0] / width, 0.3),
        sigmaY=max(sigma_y * size[1] / height, 0.3),
    )  # fmt: skip
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
