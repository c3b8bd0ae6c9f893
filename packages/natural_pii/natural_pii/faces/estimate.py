"""Estimates of the skin's tone and light, which a new face takes from the image.

They are coarse on purpose (one colour and one slope of brightness), so that no structure of the old
face is transferred to the new one.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.pixels import limited, median

from .glasses import has_glasses
from .paint import Colour
from .pose import Pose

GAMMA = 2.2
_SAMPLES = np.array(
    [(-0.6, -1.2), (0.6, -1.2), (0.0, -1.1), (-1.2, 0.95), (1.2, 0.95), (-1.0, 1.5), (1.0, 1.5),
     (0.0, 0.5), (0.0, 3.15), (-1.25, 2.4), (1.25, 2.4)]
)  # fmt: skip
"""Points where skin is sampled, (u, v)."""
_ACROSS = 9
"""Largest number of pixels across the spot around a sample."""
SAMPLES = np.column_stack([_SAMPLES, 0.25 - 0.28 * _SAMPLES[:, 0] ** 2])
"""Points where skin is sampled, (11, 3) as (u, v, z)."""
_BARE = np.array(
    [(-0.5, -1.2, 0.1), (0.5, -1.2, 0.1), (0.0, -1.1, 0.2), (0.0, 0.2, 0.4), (-1.3, 0.55, 0.0),
     (1.3, 0.55, 0.0)]
)  # fmt: skip
_COVERED = np.array(
    [(-1.0, 1.5, 0.1), (1.0, 1.5, 0.1), (0.0, 1.75, 0.4), (-0.9, 2.3, 0.2), (0.9, 2.3, 0.2),
     (0.0, 2.3, 0.4), (0.0, 2.9, 0.35), (-0.6, 2.8, 0.3), (0.6, 2.8, 0.3)]
)  # fmt: skip
"""Points that a face mask leaves bare, and points that it covers including the lips, (u, v, z)."""
_PLACES = np.concatenate([SAMPLES, _BARE, _COVERED])
_BARE_END = len(SAMPLES) + len(_BARE)
_BLUER, _EVEN = 0.12, 0.065
"""Least excess of blue over the skin above (logarithm of red over blue), and largest variation of
brightness, of a face mask; skin with a mouth does not meet both."""


@dataclass(frozen=True, eq=False)
class Skin:
    """Colour and light of skin.

    Attributes:
        tone: linear RGB in the middle of the face.
        slopes: change of the logarithm of brightness per unit, right and down.
        masked: whether a cloth mask covers nose and mouth.
        glasses: whether there are glasses with a dark frame.
    """

    tone: Colour
    slopes: tuple[float, float]
    masked: bool
    glasses: bool = False


def to_linear(image: np.ndarray) -> np.ndarray:
    """Linear RGB, float32, 0 to 1, of display RGB, uint8."""
    return _LINEAR[image]


_LINEAR = (np.arange(256, dtype=np.float32) / 255) ** np.float32(GAMMA)


def to_display(linear: np.ndarray) -> np.ndarray:
    """Display RGB, float32, 0 to 255, of linear RGB."""
    return cv2.pow(limited(linear, 0, 1), 1 / GAMMA).reshape(linear.shape) * np.float32(255)


def display_tone(skin: Skin) -> np.ndarray:
    """Tone of a skin as display RGB, (3,) float32, 0 to 255."""
    return to_display(np.array(skin.tone, np.float32)).ravel()


def brightness(linear: np.ndarray) -> np.ndarray:
    """Brightness of linear RGB, (..., 3) to (...)."""
    return linear @ np.array((0.30, 0.55, 0.15), np.float32)


def skin_of(image: np.ndarray, pose: Pose) -> Skin:
    """Skin of the face at a pose in an image (H, W, 3) uint8."""
    spots = spots_in(image, pose.pixels(_PLACES), 0.26 * pose.unit)
    bare, covered = spots[len(SAMPLES) : _BARE_END], spots[_BARE_END:]
    colours = to_linear(spots[: len(SAMPLES)])
    bright = brightness(colours)
    facing = np.cos(pose.yaw) - 0.56 * SAMPLES[:, 0] * np.sin(pose.yaw)
    hidden = facing < 0.58  # on the far side of a turned head, or beyond it
    masked = _is_masked(bare, covered)
    if masked:
        hidden |= SAMPLES[:, 1] > 0.8
    weights = np.where(hidden | (bright > 0.97), 0.05, 1.0)
    core = [index for index in (2, 3, 4, 5, 6, 7) if weights[index] > 0.5] or [2, 7]
    seed = median(colours[core]).clip(0.004, 0.95)
    chroma = np.log(colours.clip(0.003) / seed)
    chroma -= chroma.mean(axis=1, keepdims=True)
    weights *= np.exp(-((np.abs(chroma).max(axis=1) / 0.25) ** 2)) + 1e-3
    offsets = np.log(bright.clip(0.003) / brightness(seed))
    weights *= np.exp(-((np.maximum(np.abs(offsets) - 0.6, 0) / 0.5) ** 2))
    share = weights / weights.sum()
    tone = np.exp(share @ np.log(colours.clip(0.003)))
    offsets = np.log(bright.clip(0.003) / brightness(tone))
    red, green, blue = tone.tolist()
    glasses = has_glasses(image, pose)
    return Skin((red, green, blue), _slopes(offsets, weights), masked, glasses)


def _is_masked(bare: np.ndarray, covered: np.ndarray) -> bool:
    """Whether the lower face has a uniform colour that is bluer than the upper face.

    Args:
        bare: colours (6, 3) uint8 at `_BARE`.
        covered: colours (9, 3) uint8 at `_COVERED`.
    """
    upper, lower = np.log(bare + np.float32(8)), np.log(covered + np.float32(8))
    bluer = median(upper[:, 0] - upper[:, 2]) - median(lower[:, 0] - lower[:, 2])
    return bool(bluer > _BLUER and lower.mean(axis=1).std() < _EVEN)


def is_skin(skin: Skin, window: np.ndarray) -> bool:
    """Whether the tone may be that of skin, in which red exceeds green and blue for all people.

    On an object that a detector mistook for a face (a sign, a helmet, white hair), a drawn face
    would stand out. If the window (h, w, 3) uint8 around the face is grey, nothing is ruled out.
    """
    red, green, blue = display_tone(skin).tolist()
    first, second, third = cv2.split(window)
    high, low = cv2.max(cv2.max(first, second), third), cv2.min(cv2.min(first, second), third)
    colourful = cv2.mean(cv2.subtract(high, low))[0] > 10
    return not colourful or red > max(1.04 * green, 1.03 * blue)


def _slopes(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Slopes of values (11,) over the samples' u and v, shrunk towards zero."""
    weighted = _DESIGN.T * weights
    _, right, down = np.linalg.solve(weighted @ _DESIGN + _SHRINK, weighted @ values).tolist()
    return right, down


_DESIGN = np.column_stack([np.ones(len(SAMPLES)), SAMPLES[:, 0], SAMPLES[:, 1] - 0.8])
_SHRINK = np.diag([0.05, 0.4, 0.4])


def spots_in(image: np.ndarray, points: np.ndarray, radius: float) -> np.ndarray:
    """Median colours (n, 3) uint8 around points (n, 2); the image is continued by its edge."""
    reach = max(radius, 0.5)
    count = min(round(2 * reach) + 1, _ACROSS)
    around = np.linspace(-reach, reach, count)
    columns, rows = (
        np.floor(points[:, axis, None] + around).clip(0, end - 1).astype(int)
        for axis, end in ((0, image.shape[1]), (1, image.shape[0]))
    )
    seen = image[rows[:, :, None], columns[:, None, :]].reshape(len(points), -1, 3)
    middle = seen.shape[1] // 2
    return np.partition(seen, middle, axis=1)[:, middle]
