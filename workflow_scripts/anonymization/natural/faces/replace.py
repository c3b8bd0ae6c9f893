"""One face becomes another one: `replace_face`."""

import numpy as np

from workflow_scripts.anonymization.natural.replacement import Replacement, Route
from workflow_scripts.regions import Region

from .boxes import Box, clipped, enlarged
from .composite import composite
from .estimate import is_skin, optics_of, skin_of
from .fallback import blurred_ellipse
from .gate import MAX_SIMILARITY, correlation, crop_of
from .identity import draw_identity
from .pose import Pose, pose_of
from .render import Extent, render

_WIDE = Extent(core=0.91, rim=1.0, brow=-1.15)
_TRIES = (
    *((Route.NATURAL, Extent()),) * 6,
    *((Route.NATURAL_WIDE, _WIDE),) * 4,
)
"""What is tried until the gate lets a face through, each time another person."""


def replace_face(
    image: np.ndarray,
    region: Region,
    rng: np.random.Generator,
    original: np.ndarray | None = None,
) -> Replacement | None:
    """Replace one face by that of a person who does not exist.

    Args:
        image: (height, width, 3) uint8 RGB, in which earlier faces have been replaced: where two
            overlap, nothing of the earlier one may come back. Is left as it is.
        region: a face; its box and landmarks may reach beyond the frame.
        rng: decides who the new person is; is advanced by one number whatever happens, so that a
            person who shows several times can be given generators of the same seed.
        original: the image before any face was replaced, which the new one is matched to and
            compared with; `image` if not given.

    Returns:
        None when the region has no extent or lies outside of the frame.
    """
    seed = int(rng.integers(2**63))
    frame = image.shape[:2]
    original = image if original is None else original
    hidden = clipped(enlarged(region, 0), frame)
    if region.width <= 0 or region.height <= 0 or hidden is None:
        return None
    pose = pose_of(region)
    box = clipped(_outer_box(pose), frame)
    if not pose.drawable or box is None or not _overlap(hidden, box):
        return _blurred(image, region, pose, original)
    before = crop_of(original, pose)
    skin = skin_of(original, pose)
    window = _part(image, box)
    if not is_skin(skin, _part(original, box)):
        return _blurred(image, region, pose, original)
    optics = optics_of(_part(original, clipped(enlarged(region, 0.08), frame)))  # in its focus
    for number, (route, extent) in enumerate(_TRIES):
        draws = np.random.default_rng((seed, number))
        unlike = number / (len(_TRIES) - 1)
        who = draw_identity(draws, unlike)
        drawn = render(who, _elsewhere(pose, unlike, draws), skin, box, extent)
        patch = composite(window, drawn, skin, optics, draws)
        alike = _alike(before, image, patch, box, pose)
        if alike <= MAX_SIMILARITY:
            return Replacement(patch, box, route, alike)
    return _blurred(image, region, pose, original)


def _part(image: np.ndarray, box: Box) -> np.ndarray:
    x0, y0, x1, y1 = box
    return image[y0:y1, x0:x1]


def _elsewhere(pose: Pose, unlike: float, draws: np.random.Generator) -> Pose:
    """A place beside the landmarks, at most a third of the eyes' half distance away: whose
    features lie elsewhere is somebody else.
    """
    if unlike == 0:
        return pose
    u, v, size = draws.uniform(0.5, 1, 3) * draws.choice((-1, 1), 3) * (0.6 + 0.4 * unlike)
    return pose.shifted(0.16 * u, 0.30 * v, 1 + 0.06 * size)


def _alike(before: np.ndarray, image: np.ndarray, patch: np.ndarray, box: Box, pose: Pose) -> float:
    """The similarity that a patch would have in its place."""
    x0, y0, x1, y1 = box
    pad = 3
    left, top = max(x0 - pad, 0), max(y0 - pad, 0)
    around = image[top : y1 + pad, left : x1 + pad].copy()
    around[y0 - top : y1 - top, x0 - left : x1 - left] = patch
    return correlation(before, crop_of(around, pose.moved(-left, -top)))


def _blurred(image: np.ndarray, region: Region, pose: Pose, original: np.ndarray) -> Replacement:
    """The fallback: a strong blur in a wide ellipse."""
    soft = blurred_ellipse(image, region)
    alike = _alike(crop_of(original, pose), image, soft.patch, soft.box, pose)
    return Replacement(soft.patch, soft.box, Route.FALLBACK, alike)


def _outer_box(pose: Pose) -> np.ndarray:
    """(2, 2), the corners of what a head can cover."""
    corners = [(u, v, z) for u in (-2.3, 2.3) for v in (-2.3, 4.2) for z in (-0.6, 0.3)]
    points = pose.pixels(np.array(corners))
    return np.stack([points.min(axis=0) - 2, points.max(axis=0) + 2])


def _overlap(first: Box, second: Box) -> bool:
    return max(first[0], second[0]) < min(first[2], second[2]) and max(first[1], second[1]) < min(
        first[3], second[3]
    )
