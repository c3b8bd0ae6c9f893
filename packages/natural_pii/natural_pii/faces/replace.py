"""Replacement of a face by that of a new person, or by a smear."""

import math
from dataclasses import dataclass, field

import numpy as np
from pii_measures import FaceRegion
from pii_measures.appearance import noise_level

from natural_pii.replacement import Box, FallbackReason, Replacement, Route, clipped, enlarged

from .composite import composite
from .donors import Donors, mixed_head
from .estimate import Skin, is_skin, skin_of
from .fallback import smeared_ellipse
from .field import plane_of
from .identity import draw_identity
from .portrait import draw_head
from .pose import Pose, pose_of
from .render import render
from .surroundings import Surroundings, surroundings_of

_PLACE = 1
"""Stream of the person's random numbers for the moves of features."""
_NOISIEST = 4.0
"""Largest noise, grey levels; anything above it is texture."""
_CORNERS = np.array([(u, v, z) for u in (-2.3, 2.3) for v in (-2.3, 4.2) for z in (-0.6, 0.3)])
"""Corners of a box around a head, (8, 3) as (u, v, z)."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Face to be replaced, with measurements."""

    region: FaceRegion
    pose: Pose
    skin: Skin | None
    """Skin of the face; None if the colour is not that of skin."""
    noise: float
    """Standard deviation of the noise, grey levels."""
    route: Route
    """Planned route; the fallback is taken if the face turns out not to be skin."""
    box: Box
    """Box of the patch into which a head is drawn, or else of the face."""
    reason: FallbackReason | None = None
    """Reason for the fallback."""
    surroundings: Surroundings = field(default_factory=Surroundings)
    """Facts that a drawn face must not contradict."""


def replace_face(
    image: np.ndarray,
    subject: Subject,
    person: int,
    number: int = 0,
    donors: Donors | None = None,
) -> Replacement:
    """Replace a face by that of a person who does not exist.

    Args:
        image: (height, width, 3) uint8 RGB, in which other faces may have been replaced already:
            where two overlap, nothing of the earlier original may reappear.
        subject: the face, measured before any face was replaced.
        person: seed of the new person.
        number: number of the face among those of the person; changes only the noise.
        donors: people from whose faces the new one is mixed; None to draw it.
    """
    grain = np.random.default_rng((person, number))
    if subject.route is Route.NATURAL:
        drawn = _drawn_over(image, subject, person, grain, donors)
        if drawn is not None:
            return Replacement(drawn, subject.box, Route.NATURAL)
    is_face = subject.skin is not None
    patch, box = smeared_ellipse(image, subject.region, is_face, subject.noise, grain)
    if subject.route is Route.LARGE:
        return Replacement(patch, box, Route.LARGE)
    return Replacement(patch, box, Route.FALLBACK, subject.reason or FallbackReason.NO_SKIN)


def subject_of(
    original: np.ndarray, region: FaceRegion, largest: float | None = None
) -> Subject | None:
    """Measure a face; None if it is empty or outside the image.

    Args:
        original: (height, width, 3) uint8 RGB, before any replacement.
        region: a face; box and landmarks may extend beyond the image.
        largest: width in pixels above which no head is drawn; None for no limit.
    """
    frame = original.shape[:2]
    if not all(map(math.isfinite, (region.x0, region.y0, region.x1, region.y1))):
        return None
    if region.width <= 0 or region.height <= 0:
        return None
    hidden = clipped(enlarged(region, 0), frame)
    if hidden is None:
        return None
    pose = pose_of(region)
    skin = skin_of(original, pose)
    noise = min(noise_level(_part(original, hidden)), _NOISIEST)
    box = clipped(_outer_box(pose), frame) if pose.drawable else None
    seen = skin if is_skin(skin, _part(original, box or hidden)) else None
    route, reason = Route.NATURAL, None
    if largest is not None and region.width > largest:
        route = Route.LARGE
    elif box is None or not _overlap(hidden, box):
        route, reason = Route.FALLBACK, FallbackReason.TURNED_AWAY
    elif seen is None:
        route, reason = Route.FALLBACK, FallbackReason.NO_SKIN
    around = Surroundings() if route is not Route.NATURAL else surroundings_of(original, pose, skin)
    return Subject(region, pose, seen, noise, route, box or hidden, reason, around)


def _drawn_over(
    image: np.ndarray,
    subject: Subject,
    person: int,
    grain: np.random.Generator,
    donors: Donors | None,
) -> np.ndarray | None:
    """Patch (h, w, 3) uint8 with a new face; None if there is too little skin."""
    pose, skin, box = subject.pose, subject.skin, subject.box
    if skin is None:
        return None
    moved = pose.moved(np.random.default_rng((person, _PLACE)))
    window = _part(image, box)
    who = draw_identity(np.random.default_rng(person), subject.surroundings)
    if donors is None:
        head = draw_head(who, pose, skin)
    else:
        head = mixed_head(donors, who, pose, skin, subject.surroundings.traits)
    drawn = render(head, pose, moved, box)
    plane = plane_of(pose, *box[:2], window.shape[:2])
    return composite(window, plane, skin, subject.noise, drawn, rng=grain)


def _part(image: np.ndarray, box: Box) -> np.ndarray:
    x0, y0, x1, y1 = box
    return image[y0:y1, x0:x1]


def _outer_box(pose: Pose) -> np.ndarray:
    """Corners (2, 2) of the box that a head may cover, pixels."""
    points = pose.pixels(_CORNERS)
    return np.array([points.min(axis=0) - 2, points.max(axis=0) + 2])


def _overlap(first: Box, second: Box) -> bool:
    return max(first[0], second[0]) < min(first[2], second[2]) and max(first[1], second[1]) < min(
        first[3], second[3]
    )
