"""Photographed face unwrapped onto a plane, without the colour and light of its skin.

The texture holds the logarithm of each point relative to smooth skin: eyes, brows, nose, mouth,
folds and their fine structure.
"""

from dataclasses import dataclass

import numpy as np
from pii_measures import FaceRegion

from natural_pii.replacement import FallbackReason, check_image

from .estimate import display_tone
from .field import plane_of, skin_field, to_log
from .grid import at, blurred, smooth
from .parts import DENSITY, HIGHEST, LOWEST, average_head, average_person, plane
from .portrait import draw_head
from .render import render
from .replace import subject_of

_HALF_HIDDEN = 0.1, 0.3
"""Yaw from which the far side of a face is too narrow in the photograph, and is increasingly
replaced, radians."""
_LEAST_SKIN = 0.55
"""Least share of skin around the features; below it, too much of them is covered."""


@dataclass(frozen=True, eq=False)
class UnwrappedFace:
    """Face on `plane()`.

    Attributes:
        texture: (height, width, 3) float32, logarithms relative to smooth skin.
        yaw, pitch: pose of the head in the photograph, radians.
        unit: pixels of the photograph per unit of face coordinates.
        traits: see `Surroundings.traits`.
    """

    texture: np.ndarray
    yaw: float
    pitch: float
    unit: float
    traits: tuple[bool, bool]


def unwrapped(image: np.ndarray, region: FaceRegion) -> UnwrappedFace | FallbackReason:
    """Unwrap a face onto `plane()`, or the reason why it cannot be.

    Args:
        image: (height, width, 3) uint8 RGB.
        region: the face.

    Raises:
        ValueError: the image is of another type or shape.
    """
    check_image(image)
    subject = subject_of(image, region)
    if subject is None or subject.reason or subject.skin is None or subject.skin.masked:
        return (subject and subject.reason) or FallbackReason.NO_SKIN
    pose, (x0, y0, x1, y1) = subject.pose, subject.box
    window = image[y0:y1, x0:x1]
    samples = plane_of(pose, x0, y0, window.shape[:2])
    # A drawn head in the same pose tells where skin and features are.
    drawn = render(draw_head(average_person(), pose, subject.skin), pose, pose, subject.box)
    zone = samples.small(drawn.head * (1 - drawn.features))
    seen, tone = to_log(window), to_log(display_tone(subject.skin)).ravel()
    light = skin_field(samples, samples.small(seen), zone, tone)
    if light.share < _LEAST_SKIN:
        return FallbackReason.NO_SKIN
    deviations = seen - samples.over(light.coefficients)
    deviations = blurred(deviations, 0.4 * pose.unit / DENSITY if pose.unit > DENSITY else 0)
    _, height = average_head()
    u, v = np.broadcast_arrays(plane().u, plane().v)
    points = pose.pixels(np.stack([u, v, height], axis=-1).reshape(-1, 3)).astype(np.float32)
    columns, rows = (points - np.array([x0 + 0.5, y0 + 0.5], np.float32)).T.reshape(2, *u.shape)
    texture = at(deviations, np.ascontiguousarray(columns), np.ascontiguousarray(rows))
    texture = _completed(np.clip(texture, LOWEST, HIGHEST), pose.yaw)
    around = subject.surroundings
    return UnwrappedFace(texture, pose.yaw, pose.pitch, pose.unit, around.traits)


def _completed(texture: np.ndarray, yaw: float) -> np.ndarray:
    """Texture whose far side, if the head is turned, is the mirrored near side."""
    far = smooth(plane().u * np.sign(yaw), 0.0, 0.4) * smooth(np.abs(yaw), *_HALF_HIDDEN)
    return texture + far[..., None] * (texture[:, ::-1] - texture)
