"""What a new face takes from the picture: tone and light of the skin, blur, noise, black, contrast.

All of it is coarse on purpose: one colour, one slope of brightness, four numbers. No structure of
the old face passes through here.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .identity import Colour
from .pose import Pose

GAMMA = 2.2
_SAMPLES = np.array(
    [(-0.6, -1.2), (0.6, -1.2), (0.0, -1.1), (-1.2, 0.95), (1.2, 0.95), (-1.0, 1.5), (1.0, 1.5),
     (0.0, 0.5), (0.0, 3.15), (-1.25, 2.4), (1.25, 2.4)]
)  # fmt: skip
"""Where skin is looked at, (u, v)."""
SAMPLES = np.column_stack([_SAMPLES, 0.25 - 0.28 * _SAMPLES[:, 0] ** 2])


@dataclass(frozen=True, eq=False)
class Skin:
    """The colour of skin and how it is lit.

    Attributes:
        tone: linear RGB of the face's middle.
        slopes: change of the logarithm of brightness per unit, right and down.
        offsets: (11,) of each sample, the logarithm of its brightness relative to the tone.
        weights: (11,) how much each sample looked like skin.
    """

    tone: Colour
    slopes: tuple[float, float]
    offsets: np.ndarray
    weights: np.ndarray

    def softened(self, share: float) -> "Skin":
        """The same colour in a light whose direction tells by `share` only, 0 to 1."""
        right, down = self.slopes
        usual = SAMPLES[:, 2]
        return replace(
            self,
            slopes=(share * right, share * down),
            offsets=usual + share * (self.offsets - usual),
        )


def to_linear(image: np.ndarray) -> np.ndarray:
    """Linear RGB, 0 to 1, float32, of uint8 or float32 0 to 255."""
    return (np.float32(image) / 255) ** np.float32(GAMMA)


def to_display(linear: np.ndarray) -> np.ndarray:
    """Float32 0 to 255 of linear RGB."""
    return np.clip(linear, 0, 1) ** np.float32(1 / GAMMA) * 255


def brightness(linear: np.ndarray) -> np.ndarray:
    """Brightness of linear RGB, over the last axis."""
    return linear @ np.float32((0.30, 0.55, 0.15))


def skin_of(image: np.ndarray, pose: Pose) -> Skin:
    """Estimate skin and light of the face that `pose` describes."""
    colours = np.array([_spot(image, point, 0.28 * pose.unit) for point in pose.pixels(SAMPLES)])
    bright = brightness(colours)
    facing = np.cos(pose.yaw) - 0.56 * SAMPLES[:, 0] * np.sin(pose.yaw)
    hidden = facing < 0.58  # on the far side of a turned head, or beyond it
    weights = np.where(hidden | (bright < 0) | (bright > 0.97), 0.05, 1.0)
    core = [index for index in (2, 3, 4, 5, 6, 7) if weights[index] > 0.5] or [2, 7]
    seed = np.median(colours[core], axis=0).clip(0.004, 0.95)
    chroma = np.log(colours.clip(0.003) / seed)
    chroma -= chroma.mean(axis=1, keepdims=True)
    weights *= np.exp(-((np.abs(chroma).max(axis=1) / 0.25) ** 2)) + 1e-3
    offsets = np.log(bright.clip(0.003) / brightness(seed))
    weights *= np.exp(-((np.clip(np.abs(offsets) - 0.6, 0, None) / 0.5) ** 2))
    share = weights / weights.sum()
    tone = np.exp(share @ np.log(colours.clip(0.003)))
    offsets = np.log(bright.clip(0.003) / brightness(tone))
    slopes = plane(offsets, weights)[1:]
    return Skin(tuple(tone.tolist()), (float(slopes[0]), float(slopes[1])), offsets, weights)


def is_skin(skin: Skin, window: np.ndarray) -> bool:
    """Whether the tone is that of skin, as far as colour can tell.

    Skin of all people is redder than it is blue. On what a detector took for a face by mistake (a
    sign, a helmet, white hair) a drawn one would be noticed. Where light leaves no colours, (h, w,
    3) `window` around the face has none, and nothing is ruled out.
    """
    red, _, blue = to_display(np.float32(skin.tone))
    colourful = float(np.ptp(window.astype(np.int16), axis=2).mean()) > 10
    return not colourful or float(red) > 1.03 * float(blue)


def plane(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Offset and slopes over the samples' u and v, drawn towards zero slopes."""
    design = np.column_stack([np.ones(len(values)), SAMPLES[:, 0], SAMPLES[:, 1] - 0.8])
    normal = design.T @ (weights[:, None] * design) + np.diag([0.05, 0.4, 0.4])
    return np.linalg.solve(normal, design.T @ (weights * values))


def _spot(image: np.ndarray, point: np.ndarray, radius: float) -> np.ndarray:
    """Median linear colour around a point; of the frame's edge when it lies outside."""
    height, width = image.shape[:2]
    reach = max(radius, 0.5)
    x0, x1 = (int(np.clip(np.floor(point[0] + d), 0, width - 1)) for d in (-reach, reach))
    y0, y1 = (int(np.clip(np.floor(point[1] + d), 0, height - 1)) for d in (-reach, reach))
    part = image[y0 : y1 + 1, x0 : x1 + 1].reshape(-1, 3)
    return to_linear(np.median(part, axis=0))


@dataclass(frozen=True)
class Optics:
    """What camera and air did to the picture around a face.

    Attributes:
        blur: Gaussian sigma of its sharpest edges, pixels.
        noise: standard deviation, of 255.
        black: the darkest that is there, of 255.
    """

    blur: float
    noise: float
    black: float


def optics_of(window: np.ndarray) -> Optics:
    """Estimate from (h, w, 3) uint8 around a face."""
    grey = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY).astype(np.float32)
    black = float(np.percentile(grey, 1.0))
    if min(grey.shape) < 8:
        return Optics(0.8, 1.0, black)
    return Optics(_edge_blur(grey), _noise(grey), black)


def _edge_blur(grey: np.ndarray) -> float:
    """How blurred the sharpest edges are: blur once more and see how much less steep they get.

    Source: Zhuo and Sim, "Defocus map estimation from a single image" (2011).
    """
    again = 1.0
    first, second = (_steepness(image) for image in (grey, cv2.GaussianBlur(grey, (0, 0), again)))
    # The larger a face, the more of it is soft by nature.
    share = np.interp(min(grey.shape), (24, 64, 100), (90, 97, 98.5))
    strong = first >= max(np.percentile(first, share), 3.0)
    if np.count_nonzero(strong) < 6:
        return 1.2
    ratio = np.percentile(first[strong] / np.maximum(second[strong], 1e-3), 45)
    return float(np.clip(again / np.sqrt(max(ratio**2 - 1, 0.03)), 0.4, 4.0))


def _steepness(grey: np.ndarray) -> np.ndarray:
    gy, gx = np.gradient(grey)
    return np.hypot(gx, gy)


def _noise(grey: np.ndarray) -> float:
    """Median absolute response of a Laplacian that ignores edges, in its flattest third.

    Source: Immerkaer, "Fast noise variance estimation" (1996), with a median.
    """
    kernel = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
    response = np.abs(cv2.filter2D(grey, -1, kernel))[1:-1, 1:-1]
    steep = cv2.boxFilter(_steepness(cv2.GaussianBlur(grey, (0, 0), 1.0)), -1, (3, 3))[1:-1, 1:-1]
    flat = response[steep <= np.percentile(steep, 30)]
    return float(np.clip(np.median(flat) / 0.6745, 0.0, 5.0))
