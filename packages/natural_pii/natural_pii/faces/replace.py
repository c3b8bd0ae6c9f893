"""One person becomes another one, in all pictures of them: `replace_person`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed

import numpy as np
from pii_measures.face_likeness import window_of

from natural_pii.replacement import Replacement, Route
from workflow_scripts.contracts.regions import Region

from . import gate
from .boxes import Box, clipped, enlarged
from .composite import Backdrop, backdrop_of, composite
from .estimate import Optics, Skin, is_skin, optics_of, skin_of
from .fallback import smeared_ellipse
from .identity import draw_identity
from .portrait import draw_head
from .pose import Pose, pose_of
from .relight import relit
from .render import Extent, render

LET_THROUGH = gate.MAX_SIMILARITY - 0.05
"""What others measure with slightly other crops should not exceed the limit either."""
_WIDE = Extent(core=0.91, rim=1.0, brow=-1.15)
_PEOPLE = (
    (0.5, 0.5, 1.0), (0.8, 0.2, 1.0), (1.0, -0.2, 1.0), (1.0, -0.5, 1.0), (1.0, -0.4, 0.6),
    (1.0, -0.8, 0.4), (1.0, -0.8, 0.2), (1.0, -0.8, 0.0),
)  # fmt: skip
"""Who is tried until the gate lets one through: how far from the average, how much of the light's
direction is kept, and of the head's turn. Light is most of what any two pictures of faces have in
common; of heads that are turned, it is where face and hair are."""
_WIDE_FROM = 4
_FAR = 0.84
"""How alike somebody may be so that one of the others before the wide ones has ever passed."""
_FILLS = ((0.0, 0.0, False), (1.0, 0.06, False), (1.0, -0.06, False), (1.0, 0.0, True))
"""How even the fallback is, to which side it gets brighter, and whether it covers all that is
compared, until the gate lets it through. Of one colour, the last one is like nothing."""
_SHIFTS, _WIDE_SHIFTS = (0.32, 0.4), (0.32, 0.32, 0.48, 0.48)
"""How far up and down each of them is tried at most, in half distances of the eyes."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A face that is to be replaced, and what is known of it."""

    region: Region
    pose: Pose
    before: gate.Look
    box: Box | None
    """Of the patch that a head is drawn into; None where none can be drawn."""
    skin: Skin
    optics: Optics


def replace_person(
    image: np.ndarray, subjects: Sequence[Subject | None], seed: int
) -> list[Replacement | None]:
    """Replace all faces of one person by those of another one, who does not exist.

    Args:
        image: (height, width, 3) uint8 RGB, in which earlier faces have been replaced: where two
            overlap, nothing of the earlier one may come back. Is painted on where there are several
            subjects, and left as it was.
        subjects: the faces, from the image before any face was replaced.
        seed: decides who the new person is.

    Returns:
        A replacement for each subject, to be pasted in this order.
    """
    drawable = sum(subject is not None and subject.box is not None for subject in subjects)
    best: list[Replacement | None] = [None] * len(subjects)
    backdrops: dict[int, Backdrop] = {}
    number = 0
    while number < len(_PEOPLE) and sum(map(bool, best)) < drawable:
        found, least = _as_person(image, subjects, backdrops, seed, number)
        if sum(map(bool, found)) > sum(map(bool, best)):
            best = found
        number = max(number + 1, _WIDE_FROM if least > _FAR else 0)
    return _with_fallbacks(image, subjects, best)


def subject_of(original: np.ndarray, region: Region) -> Subject | None:
    """What is known of a face; None when it has no extent or lies outside of the frame.

    Args:
        original: (height, width, 3) uint8 RGB, before anything was replaced.
        region: a face; box and landmarks may reach beyond the frame.
    """
    frame = original.shape[:2]
    if not np.isfinite((region.x0, region.y0, region.x1, region.y1)).all():
        return None
    if region.width <= 0 or region.height <= 0:
        return None
    hidden = clipped(enlarged(region, 0), frame)
    if hidden is None:
        return None
    pose = pose_of(region)
    box = clipped(_outer_box(pose), frame) if pose.drawable else None
    skin = skin_of(original, pose)
    if box is not None and not (_overlap(hidden, box) and is_skin(skin, _part(original, box))):
        box = None
    optics = optics_of(_part(original, clipped(enlarged(region, 0.08), frame)))  # in its focus
    return Subject(region, pose, gate.look_of(original, region), box, skin, optics)


def _as_person(
    image: np.ndarray,
    subjects: Sequence[Subject | None],
    backdrops: dict[int, Backdrop],
    seed: int,
    number: int,
) -> tuple[list[Replacement | None], float]:
    """All the faces as those of one new person, None for those that the gate refuses; and how
    alike the least alike attempt was.

    Args:
        image: see `replace_person`.
        subjects: the faces.
        backdrops: of subjects, while nobody paints into the image; is filled.
        seed: decides with `number` who the person is.
        number: in `_PEOPLE`.
    """
    several = len(subjects) > 1
    found: list[Replacement | None] = []
    least = 1.0
    with _painted_for_now(image) as paint:
        for index, subject in enumerate(subjects):
            result = None
            if subject is not None and subject.box is not None:
                if several or index not in backdrops:
                    backdrops[index] = _backdrop(image, subject)
                result, alike = _attempt(image, subject, backdrops[index], seed, number, index)
                least = min(least, alike)
            if result is not None and several:
                paint(result)
            found.append(result)
    return found, least


@contextmanager
def _painted_for_now(image: np.ndarray) -> Iterator[Callable[[Replacement], None]]:
    """Yield a function that pastes into the image; what it was before comes back at the end."""
    covered: list[Replacement] = []

    def paint(replacement: Replacement) -> None:
        covered.append(changed(replacement, patch=_part(image, replacement.box).copy()))
        replacement.paste(image)

    yield paint
    for old in reversed(covered):
        old.paste(image)


def _backdrop(image: np.ndarray, subject: Subject) -> Backdrop:
    part = _part(image, subject.box)
    return backdrop_of(part, subject.skin, subject.optics, subject.pose.unit)


def _attempt(  # noqa: PLR0917 (a face, and who it becomes)
    image: np.ndarray, subject: Subject, backdrop: Backdrop, seed: int, number: int, index: int
) -> tuple[Replacement | None, float]:
    """One face as that of the person `number`, at the first place that the gate lets through; and
    how alike the least alike one was, before it got other light.
    """
    unlike, light, turn = _PEOPLE[number]
    held = subject.pose if turn == 1 else subject.pose.turned_back(turn)
    who = draw_identity(np.random.default_rng((seed, number)), unlike)
    head = draw_head(who, held, subject.skin.softened(light))
    wide = number >= _WIDE_FROM
    draws = np.random.default_rng((seed, number))  # the same places in each picture
    grain = np.random.default_rng((seed, number, index))
    extent = _WIDE if wide else Extent()
    least = 1.0
    for pose, moved in _elsewhere(held, unlike, draws, _WIDE_SHIFTS if wide else _SHIFTS):
        drawn = render(head, pose, subject.box, extent.covering(*moved))
        patch = composite(backdrop, drawn, grain)
        after = _look_with(subject, image, patch, subject.box)
        alike = gate.alikeness(subject.before, after)
        least = min(least, alike)
        if alike > LET_THROUGH:
            mask = np.maximum(drawn.core, drawn.rim)
            here = _seen_from(subject.region, *subject.box[:2])
            other = relit(subject.before, after, patch, mask, here, LET_THROUGH, number > 0)
            if other is not None:
                patch, alike = other, alike_with(subject, image, other, subject.box)
        if alike <= LET_THROUGH:
            route = Route.NATURAL_WIDE if wide else Route.NATURAL
            return Replacement(patch, subject.box, route, alike), least
    return None, least


def _elsewhere(
    pose: Pose, unlike: float, draws: np.random.Generator, shifts: Sequence[float]
) -> Iterator[tuple[Pose, tuple[float, float]]]:
    """Places above and below the landmarks, and how far to the right and down of them: whose
    features lie elsewhere is somebody else.
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
    image: np.ndarray, subjects: Sequence[Subject | None], found: list[Replacement | None]
) -> list[Replacement | None]:
    """The same, with the fallback for each subject that has no replacement yet."""
    several = len(subjects) > 1
    results = []
    with _painted_for_now(image) as paint:
        for subject, natural in zip(subjects, found, strict=True):
            result = natural
            if subject is not None and natural is None:
                result = filled(image, subject)
            if result is not None and several:
                paint(result)
            results.append(result)
    return results


def filled(image: np.ndarray, subject: Subject) -> Replacement:
    """The fallback: what lies around the face, or less and less of it."""
    options = []
    for even, slope, whole in _FILLS:
        soft = smeared_ellipse(image, subject.region, even, slope, whole)
        alike = alike_with(subject, image, soft.patch, soft.box)
        options.append(Replacement(soft.patch, soft.box, Route.FALLBACK, alike))
        if alike <= LET_THROUGH:
            break
    return min(options, key=lambda option: option.similarity)


def _part(image: np.ndarray, box: Box) -> np.ndarray:
    x0, y0, x1, y1 = box
    return image[y0:y1, x0:x1]


def alike_with(subject: Subject, image: np.ndarray, patch: np.ndarray, box: Box) -> float:
    """The similarity that a patch would have in its place."""
    return gate.alikeness(subject.before, _look_with(subject, image, patch, box))


def _look_with(subject: Subject, image: np.ndarray, patch: np.ndarray, box: Box) -> gate.Look:
    """What of a face is compared, with a patch in its place."""
    pad = 3
    region, frame = subject.region, image.shape[:2]
    seen = clipped(enlarged(region, 0), frame) or box
    lefts, tops, rights, bottoms = zip(box, seen, window_of(region, frame), strict=True)
    left, top = max(min(lefts) - pad, 0), max(min(tops) - pad, 0)
    right, bottom = max(rights) + pad, max(bottoms) + pad
    around = image[top:bottom, left:right].copy()
    x0, y0, x1, y1 = box
    around[y0 - top : y1 - top, x0 - left : x1 - left] = patch
    return gate.look_of(around, _seen_from(region, left, top))


def _seen_from(region: Region, left: int, top: int) -> Region:
    """The region in a part of the image that begins there."""
    marks = region.landmarks and tuple((x - left, y - top) for x, y in region.landmarks)
    x0, y0, x1, y1 = region.x0 - left, region.y0 - top, region.x1 - left, region.y1 - top
    return Region(region.image, region.kind, region.score, x0, y0, x1, y1, marks)


def _outer_box(pose: Pose) -> np.ndarray:
    """(2, 2), the corners of what a head can cover."""
    corners = [(u, v, z) for u in (-2.3, 2.3) for v in (-2.3, 4.2) for z in (-0.6, 0.3)]
    points = pose.pixels(np.array(corners))
    return np.stack([points.min(axis=0) - 2, points.max(axis=0) + 2])


def _overlap(first: Box, second: Box) -> bool:
    return max(first[0], second[0]) < min(first[2], second[2]) and max(first[1], second[1]) < min(
        first[3], second[3]
    )
