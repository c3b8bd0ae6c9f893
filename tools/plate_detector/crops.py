"""Training crops, each determined by the seed and its number."""

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np

from tools.plate_detector.camera import homography, photographed
from tools.plate_detector.paper import Paper
from tools.plate_detector.scenes import Window, cut_window, windows_of
from tools.plate_detector.surroundings import draw_surroundings, draw_wheel
from tools.plate_detector.vehicles import VehicleEnd, draw_end

SIDE = 160
"""Side of a training crop, pixels."""
NARROWEST, WIDEST = 11.0, 210.0
"""Widths of the plates, pixels; slightly beyond the intended range of the detector."""
_FINE = 2
"""Factor by which a crop is drawn larger and then averaged, so that small details look right."""
_KEPT_SCENES = 40
_PHOTOGRAPHS = 2
"""Number of crops per drawing, since drawing takes longer than learning."""


@dataclass(frozen=True)
class TrainingCrop:
    """A crop and its plates.

    Attributes:
        image: (SIDE, SIDE, 3) uint8 RGB.
        quads: (n, 4, 2) float64 pixels, corners tl, tr, br, bl; may extend beyond the crop.
        ignored: (m, 4, 2), plates that are hidden or too small to count.
    """

    image: np.ndarray
    quads: np.ndarray
    ignored: np.ndarray


@dataclass(frozen=True)
class Still:
    """Drawn picture before the effects of a camera.

    Attributes:
        canvas: (h, h, 3) uint8 RGB, larger than a crop.
        quads: (n, 4, 2) pixels of the canvas.
        hidden: (m, 4, 2), plates that are partly hidden by an object.
        width: approximate width of a plate in a crop, pixels.
    """

    canvas: np.ndarray
    quads: np.ndarray
    hidden: np.ndarray
    width: float


class TrainingCrops:
    """Crops of a seed.

    Args:
        seed: seed of the training.
        scene_share: share of crops from whole scenes of the embedded data set.
        per_scene: number of crops after which another scene is drawn; the last 40 are in use.
    """

    def __init__(self, seed: int, scene_share: float = 0.2, per_scene: int = 480) -> None:
        self.seed = seed
        self.scene_share = scene_share
        self.per_scene = per_scene
        self._scenes: OrderedDict[int, list[Window]] = OrderedDict()
        self._still: tuple[int, Still] | None = None

    def __getitem__(self, number: int) -> TrainingCrop:
        """Crop `number`, from 0."""
        rng = np.random.default_rng((self.seed, number))
        if rng.random() < self.scene_share:
            window = self._window(rng, number // self.per_scene)
            if window is not None:
                return _of_window(rng, window)
        return photograph(rng, self._drawn(number // _PHOTOGRAPHS))

    def _drawn(self, number: int) -> Still:
        if self._still is None or self._still[0] != number:
            self._still = number, draw_still(np.random.default_rng((self.seed, number, 1)))
        return self._still[1]

    def _window(self, rng: np.random.Generator, newest: int) -> Window | None:
        index = int(rng.integers(max(newest - _KEPT_SCENES, 0), newest + 1))
        if index not in self._scenes:
            self._scenes[index] = windows_of(self.seed, index)
            while len(self._scenes) > _KEPT_SCENES + 1:
                self._scenes.popitem(last=False)
        windows = self._scenes[index]
        return windows[int(rng.integers(len(windows)))] if windows else None


def draw_still(rng: np.random.Generator) -> Still:
    """Draw surroundings with vehicles in perspective in front of them."""
    large = SIDE * _FINE
    hostile = rng.random() < 0.34
    canvas = draw_surroundings(rng, large, hostile=hostile)
    quads = hidden = np.zeros((0, 4, 2))
    width = float(np.exp(rng.uniform(np.log(NARROWEST + 1), np.log(WIDEST * 0.9))))
    if not hostile or rng.random() < 0.45:
        crowd = 1 + (width < 60) * int(rng.integers(0, 3)) + (width < 24) * int(rng.integers(0, 3))
        for number in range(crowd):
            plate = width * (1 if number == 0 else rng.uniform(0.6, 1.3))
            end = draw_end(rng, _FINE * plate, 2 * large, bare=bool(rng.random() < 0.2))
            canvas, mine, covered = _stand_before(rng, canvas, end, _FINE * plate)
            shares = np.array([_share_covered(quad, covered) for quad in quads])
            hidden = np.concatenate((hidden, quads[shares >= 0.1]))
            quads = np.concatenate((quads[shares < 0.1], mine))
    return Still(canvas, quads, hidden, width)


def photograph(rng: np.random.Generator, still: Still) -> TrainingCrop:
    """Crop of a drawn picture, with the effects of light and camera."""
    side = round(SIDE * rng.uniform(1, 1.3))
    x, y = (int(v) for v in rng.integers(0, side - SIDE + 1, 2))
    image = cv2.resize(still.canvas, (side, side), interpolation=cv2.INTER_AREA)
    image = np.ascontiguousarray(image[y : y + SIDE, x : x + SIDE])
    quads, hidden = (q * (side / len(still.canvas)) - (x, y) for q in (still.quads, still.hidden))
    smallest = float(widths(quads).min()) if len(quads) else still.width
    return _sorted(photographed(rng, image, smallest), quads, hidden)


def _stand_before(
    rng: np.random.Generator, canvas: np.ndarray, end: VehicleEnd, plate: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a vehicle, with a plate `plate` pixels wide, onto a canvas.

    Returns:
        The canvas, the vehicle's plates (n, 4, 2) in its pixels, and a mask of the vehicle, (h, w)
        uint8, 255 inside.
    """
    large = len(canvas)
    bent = rng.random()
    yaw = rng.uniform(-1.05, 1.05) if bent < 0.45 else rng.normal(0, 0.2)
    pitch, roll = rng.normal(0, 0.1), rng.normal(0, 0.07)
    if rng.random() < 0.15:
        roll = rng.uniform(-0.5, 0.5)
    height, width = end.pixels.shape[:2]
    distance = 0.9 * max(width, height) + rng.uniform(0.3, 8) * large
    near = 0.05
    if rng.random() < 0.6:  # far enough inside that the plate is complete
        near = max(near, 0.52 * min(plate / large, 0.9))
    target = rng.uniform(near, 1 - near), rng.uniform(0.6 * near, 1 - 0.6 * near)
    matrix = homography(
        end.anchor, (target[0] * large, target[1] * large), (yaw, pitch, roll), distance
    )
    size = (large, large)
    seen = cv2.warpPerspective(end.pixels, matrix, size, flags=cv2.INTER_LINEAR)
    share = cv2.warpPerspective(end.alpha, matrix, size, flags=cv2.INTER_LINEAR)
    covered = share.copy()
    if rng.random() < 0.5:  # the visible part of the flank
        canvas = _with_flank(rng, canvas, covered, end, matrix=matrix, yaw=yaw)
    shadow = cv2.blur(share, (25, 25)).astype(np.float32) * (0.4 * rng.random() / 255)
    weight = share.astype(np.float32) / 255
    light = cv2.merge([(1 - np.roll(shadow, 8, axis=0)) * (1 - weight)] * 3)
    canvas = cv2.multiply(canvas, light, dtype=cv2.CV_8U)
    canvas = cv2.add(canvas, cv2.multiply(seen, cv2.merge([weight] * 3), dtype=cv2.CV_8U))
    # Here, coordinates refer to corners of pixels; in OpenCV's warps, to their centres.
    mine = [apply(matrix, quad - 0.5) + 0.5 for quad in end.quads]
    return canvas, np.array(mine).reshape(-1, 4, 2), covered


def _with_flank(
    rng: np.random.Generator,
    canvas: np.ndarray,
    covered: np.ndarray,
    end: VehicleEnd,
    *,
    matrix: np.ndarray,
    yaw: float,
) -> np.ndarray:
    """Draw the side of the vehicle beside its front or rear: a plain area, a window and a wheel.

    It is added to the mask `covered` (h, w) uint8 in place.
    """
    height, width = end.pixels.shape[:2]
    edge = 0.95 * width if yaw > 0 else 0.05 * width
    (x0, y0), (x1, y1) = apply(matrix, np.array([(edge, height * 0.15), (edge, height * 0.8)]))
    reach = np.sign(yaw) * abs(np.sin(yaw)) * width * rng.uniform(0.6, 1.8)
    rise = (y1 - y0) * 0.12
    paint = end.pixels[height // 2, width // 4].astype(float) * rng.uniform(0.6, 1)
    canvas = canvas.copy()

    def fill(corners: list[tuple[float, float]], colour: tuple[float, ...]) -> None:
        points = np.clip(np.array(corners), -9999, 9999).astype(np.int32)
        cv2.fillPoly(canvas, [points], colour, cv2.LINE_AA)
        cv2.fillPoly(covered, [points], 255)

    fill([(x0, y0), (x0 + reach, y0 + rise), (x1 + reach, y1 - rise), (x1, y1)], tuple(paint))
    glass = [(x0 + 0.1 * reach, y0 + 0.6 * rise), (x0 + 0.8 * reach, y0 + 1.4 * rise)]
    fill([*glass, (glass[1][0], y0 + 3 * rise), (glass[0][0], y0 + 3 * rise)], (52, 58, 64))
    wheel = round(x1 + 0.4 * reach), round(np.clip(y1 - 0.3 * rise, -9999, 9999))
    axes = round(min(abs(reach) * 0.14, 999)) + 1, round(min(abs(y1 - y0) * 0.18, 999)) + 1
    if max(map(abs, wheel)) < 9999:
        draw_wheel(rng, Paper(canvas, 1.0, (0.0, 0.0)), wheel, axes)
        cv2.ellipse(covered, wheel, axes, 0, 0, 360, 255, -1)
    return canvas


def _of_window(rng: np.random.Generator, window: Window) -> TrainingCrop:
    image, quads, ignored = cut_window(rng, window, SIDE)
    smallest = float(widths(quads).min()) if len(quads) else 20.0
    if rng.random() < 0.6:
        image = photographed(rng, image, smallest)
    return _sorted(image, quads, ignored)


def _sorted(image: np.ndarray, quads: np.ndarray, hidden: np.ndarray) -> TrainingCrop:
    """Crop with its plates, separated into those to find and those that are hardly visible."""
    inside = np.clip(quads, 0, SIDE)
    seen = np.array([_area(quad) for quad in inside]) / np.maximum([_area(q) for q in quads], 1e-6)
    wide = widths(quads)
    good = (seen > 0.85) & (wide >= NARROWEST) & (wide <= WIDEST)
    ignored = np.concatenate((quads[~good & (seen > 0.02)], hidden))
    return TrainingCrop(image, quads[good], ignored)


def widths(quads: np.ndarray) -> np.ndarray:
    """Mean length of the upper and the lower edge of quads (n, 4, 2): (n,)."""
    upper = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    lower = np.linalg.norm(quads[:, 2] - quads[:, 3], axis=1)
    return (upper + lower) / 2


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points (n, 2) by a 3 x 3 homography."""
    mapped = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    return mapped[:, :2] / mapped[:, 2:]


def _area(quad: np.ndarray) -> float:
    x, y = quad.T
    return 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))


def _share_covered(quad: np.ndarray, alpha: np.ndarray) -> float:
    inside = np.zeros(alpha.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.rint(np.clip(quad, -9999, 9999)).astype(np.int32), 1)
    return float(alpha[inside > 0].mean() / 255) if inside.any() else 0.0
