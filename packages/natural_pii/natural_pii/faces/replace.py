"""Replacement of all faces of one person by those of another one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed

import numpy as np
from pii_measures import FaceRegion
from pii_measures.faces import window_of

from natural_pii.replacement import Box, Replacement, Route, clipped, enlarged

from . import gate
from .composite import Backdrop, backdrop_of, composite
from .estimate import Optics, Skin, is_skin, optics_of, skin_of
from .fallback import smeared_ellipse
from .identity import draw_identity
from .portrait import draw_head
from .pose import Pose, pose_of
from .relight import relit
from .render import Extent, render

LET_THROUGH = gate.MAX_SIMILARITY - 0.05
"""Likeness up to which a face is accepted: measured with slightly other crops, it should not exceed
the limit either."""
_WIDE = Extent(core=0.91, rim=1.0, brow=-1.15)
_PEOPLE = (
    (0.5, 0.5, 1.0), (0.8, 0.2, 1.0), (1.0, -0.2, 1.0), (1.0, -0.5, 1.0), (1.0, -0.4, 0.6),
    (1.0, -0.8, 0.4), (1.0, -0.8, 0.2), (1.0, -0.8, 0.0),
)  # fmt: skip
"""People who are tried until the gate accepts one: distance from the average, and the shares of the
light's direction and of the head's yaw that are kept. Light is most of what two pictures of faces
have in common; of turned heads, it is the places of face and hair."""
_WIDE_FROM = 4
"""Number of the first person for whom more is painted anew."""
_FAR = 0.84
"""Likeness from which no other person before the wide ones has ever been accepted."""
_FILLS = ((0.0, 0.0, False), (1.0, 0.06, False), (1.0, -0.06, False), (1.0, 0.0, True))
"""Fallbacks that are tried until the gate accepts one: share of a single colour, slope of its
brightness, and whether it covers everything that is compared. The last one is of one colour and
like nothing."""
_SHIFTS, _WIDE_SHIFTS = (0.32, 0.4), (0.32, 0.32, 0.48, 0.48)
"""Largest shifts up and down at which a person is tried, in half distances of the eyes."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A face to be replaced, and what is known of it."""

    region: FaceRegion
    pose: Pose
    before: gate.Look
    box: Box | None
    """Box of the patch that a head is drawn into; None where none can be drawn."""
    skin: Skin
    optics: Optics


def replace_person(image: np.ndarray, subjects: Sequence[Subject], seed: int) -> list[Replacement]:
    """Replace all faces of one person by those of another one, who does not exist.

    Args:
        image: (height, width, 3) uint8 RGB, in which earlier faces have been replaced already:
            where two overlap, nothing of the earlier one may come back. Where there are several
            subjects, it is painted on and restored.
        subjects: the faces, from the image before any face was replaced.
        seed: determines the new person.

    Returns:
        A replacement for each subject, to be pasted in this order.
    """
    drawable = sum(subject.box is not None for subject in subjects)
    best: list[Replacement | None] = [None] * len(subjects)
    backdrops: dict[int, Backdrop] = {}
    number = 0
    while number < len(_PEOPLE) and sum(map(bool, best)) < drawable:
        found, least = _as_person(image, subjects, backdrops, seed, number)
        if sum(map(bool, found)) > sum(map(bool, best)):
            best = found
        number = max(number + 1, _WIDE_FROM if least > _FAR else 0)
    return _with_fallbacks(image, subjects, best)


def subject_of(original: np.ndarray, region: FaceRegion) -> Subject | None:
    """Subject of a face; None where it has no extent or lies outside of the image.

    Args:
        original: (height, width, 3) uint8 RGB, before anything was replaced.
        region: a face; box and landmarks may reach beyond the image.
    """
    frame = original.shape[:2]
    if not np.isfinite((region.x0, region.y0, region.x1, region.y1)).all():
        return None
    if region.width <= 0 or region.height <= 0:
        return None
    hidden = clipped(enlarged(region, 0), frame)
    around = clipped(enlarged(region, 0.08), frame)
    if hidden is None or around is None:
        return None
    pose = pose_of(region)
    box = clipped(_outer_box(pose), frame) if pose.drawable else None
    skin = skin_of(original, pose)
    if box is not None and not (_overlap(hidden, box) and is_skin(skin, _part(original, box))):
        box = None
    optics = optics_of(_part(original, around))  # as sharp as the face itself
    return Subject(region, pose, gate.look_of(original, region), box, skin, optics)


def _as_person(
    image: np.ndarray,
    subjects: Sequence[Subject],
    backdrops: dict[int, Backdrop],
    seed: int,
    number: int,
) -> tuple[list[Replacement | None], float]:
    """Draw one new person over all faces.

    Args:
        image: see `replace_person`.
        subjects: the faces.
        backdrops: backdrops of the subjects, which stay the same while nobody paints into the
            image; is filled.
        seed: determines the person together with `number`.
        number: index into `_PEOPLE`.

    Returns:
        A replacement for each face, None where the gate refused all; and the least likeness of all
        attempts.
    """
    several = len(subjects) > 1
    found: list[Replacement | None] = []
    least = 1.0
    with _painted_for_now(image) as paint:
        for index, subject in enumerate(subjects):
            result = None
            if subject.box is not None:
                if several or index not in backdrops:
                    window = _part(image, subject.box)
                    backdrops[index] = backdrop_of(
                        window, subject.skin, subject.optics, subject.pose.unit
                    )
                result, alike = _attempt(
                    image, subject, subject.box, backdrops[index], (seed, number, index)
                )
                least = min(least, alike)
            if result is not None and several:
                paint(result)
            found.append(result)
    return found, least


@contextmanager
def _painted_for_now(image: np.ndarray) -> Iterator[Callable[[Replacement], None]]:
    """Yield a function that pastes into the image; the image is restored at the end."""
    covered: list[Replacement] = []

    def paint(replacement: Replacement) -> None:
        covered.append(changed(replacement, patch=_part(image, replacement.box).copy()))
        replacement.paste(image)

    yield paint
    for old in reversed(covered):
        old.paste(image)


def _attempt(
    image: np.ndarray,
    subject: Subject,
    box: Box,
    backdrop: Backdrop,
    draws_from: tuple[int, int, int],
) -> tuple[Replacement | None, float]:
    """Draw a new person over one face, at the first place that the gate accepts.

    Args:
        image: see `replace_person`.
        subject: the face.
        box: the patch that is drawn into.
        backdrop: that patch in the image.
        draws_from: seed, number of the person, and index of the face among the person's.

    Returns:
        The replacement, None where the gate refused all places; and the least likeness of all
        attempts, before they got other light.
    """
    seed, number, _ = draws_from
    unlike, light, turn = _PEOPLE[number]
    held = subject.pose if turn == 1 else subject.pose.turned_back(turn)
    who = draw_identity(np.random.default_rng((seed, number)), unlike)
    head = draw_head(who, held, subject.skin.softened(light))
    wide = number >= _WIDE_FROM
    draws = np.random.default_rng((seed, number))  # the same places in each picture
    grain = np.random.default_rng(draws_from)
    extent = _WIDE if wide else Extent()
    least = 1.0
    for pose, moved in _elsewhere(held, unlike, draws, _WIDE_SHIFTS if wide else _SHIFTS):
        drawn = render(head, pose, box, extent.covering(*moved))
        patch = composite(backdrop, drawn, grain)
        after = _look_with(subject, image, patch, box)
        alike = gate.alikeness(subject.before, after)
        least = min(least, alike)
        if alike > LET_THROUGH:
            mask = np.maximum(drawn.core, drawn.rim)
            here = _seen_from(subject.region, *box[:2])
            other = relit(subject.before, after, patch, mask, here, LET_THROUGH, number > 0)
            if other is not None:
                patch, alike = other, _alike_with(subject, image, other, box)
        if alike <= LET_THROUGH:
            route = Route.NATURAL_WIDE if wide else Route.NATURAL
            return Replacement(patch, box, route, alike), least
    return None, least


def _elsewhere(
    pose: Pose, unlike: float, draws: np.random.Generator, shifts: Sequence[float]
) -> Iterator[tuple[Pose, tuple[float, float]]]:
    """Poses above and below the landmarks, each with its shift to the right and down in units:
    with features in other places, a face is somebody else's.
    """
    far = 0.6 + 0.4 * unlike
    up = _sign(draws)
    for number, far_down in enumerate(shifts):
        u, v, size = (draws.uniform(0.5, 1, 3) * far).tolist()
        down = far_down * v * (up if number % 2 else -up)
        right = 0.12 * u * _sign(draws)
        gain = 1 + 0.06 * size * _sign(draws)
        yield pose.shifted(right, down, gain), (right, down)


def _sign(draws: np.random.Generator) -> int:
    return 1 - 2 * int(draws.integers(2))


def _with_fallbacks(
    image: np.ndarray, subjects: Sequence[Subject], found: Sequence[Replacement | None]
) -> list[Replacement]:
    """Replacements of all subjects, with the fallback for those that have none yet."""
    several = len(subjects) > 1
    results = []
    with _painted_for_now(image) as paint:
        for subject, natural in zip(subjects, found, strict=True):
            result = natural or filled(image, subject)
            if several:
                paint(result)
            results.append(result)
    return results


def filled(image: np.ndarray, subject: Subject) -> Replacement:
    """Fallback of a face: a smear of its surroundings, the first one that the gate accepts."""
    best, least = None, float("inf")
    for even, slope, whole in _FILLS:
        patch, box = smeared_ellipse(image, subject.region, even, slope, whole)
        alike = _alike_with(subject, image, patch, box)
        if best is None or alike < least:
            best, least = Replacement(patch, box, Route.FALLBACK, alike), alike
        if alike <= LET_THROUGH:
            break
    assert best is not None
    return best


def _part(image: np.ndarray, box: Box) -> np.ndarray:
    x0, y0, x1, y1 = box
    return image[y0:y1, x0:x1]


def _alike_with(subject: Subject, image: np.ndarray, patch: np.ndarray, box: Box) -> float:
    """Likeness that a patch would have in its place."""
    return gate.alikeness(subject.before, _look_with(subject, image, patch, box))


def _look_with(subject: Subject, image: np.ndarray, patch: np.ndarray, box: Box) -> gate.Look:
    """Look of a face with a patch in its place."""
    pad = 3
    region, frame = subject.region, (image.shape[0], image.shape[1])
    seen = clipped(enlarged(region, 0), frame) or box
    lefts, tops, rights, bottoms = zip(box, seen, window_of(region, frame), strict=True)
    left, top = max(min(lefts) - pad, 0), max(min(tops) - pad, 0)
    right, bottom = max(rights) + pad, max(bottoms) + pad
    around = image[top:bottom, left:right].copy()
    x0, y0, x1, y1 = box
    around[y0 - top : y1 - top, x0 - left : x1 - left] = patch
    return gate.look_of(around, _seen_from(region, left, top))


def _seen_from(region: FaceRegion, left: int, top: int) -> FaceRegion:
    """The region in coordinates of a part of the image that begins at left, top."""
    marks = region.landmarks and tuple((x - left, y - top) for x, y in region.landmarks)
    x0, y0, x1, y1 = region.x0 - left, region.y0 - top, region.x1 - left, region.y1 - top
    return FaceRegion(x0, y0, x1, y1, marks)


def _outer_box(pose: Pose) -> np.ndarray:
    """Corners (2, 2) of the box that a head can cover, pixels."""
    corners = [(u, v, z) for u in (-2.3, 2.3) for v in (-2.3, 4.2) for z in (-0.6, 0.3)]
    points = pose.pixels(np.array(corners))
    return np.stack([points.min(axis=0) - 2, points.max(axis=0) + 2])


def _overlap(first: Box, second: Box) -> bool:
    return max(first[0], second[0]) < min(first[2], second[2]) and max(first[1], second[1]) < min(
        first[3], second[3]
    )
