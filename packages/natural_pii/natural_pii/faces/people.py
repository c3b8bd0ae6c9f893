"""Replacement of all faces of an image, the same person by the same new one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from pii_measures import FaceRegion, correlation

from natural_pii.replacement import Box, Replacement, generator_of, place_of

from . import gate
from .replace import LET_THROUGH, Subject, filled, replace_person, subject_of

_SAME = 0.9
"""Correlation, both as seen and band-passed, from which two pictures show the same face."""
_OVERLAP = 0.5
"""IoU of two boxes from which they are one face, found twice."""
_ROUNDS = 3
"""Times that all faces are compared again: a patch over one may undo a neighbour's."""


def replace_faces(
    image: np.ndarray,
    faces: Sequence[FaceRegion],
    owners: Sequence[int | None],
    seed: Sequence[int],
) -> tuple[np.ndarray, list[Replacement | None]]:
    """Replace all faces of an image.

    One person gets one new face: two faces of one owner, one face found twice, or the same picture
    of a face twice. The order of the faces does not matter, unless two have the same box.

    Args:
        image: (height, width, 3) uint8 RGB; is not changed.
        faces: the faces.
        owners: for each face the number of the person whose it is; None where unknown.
        seed: determines the new people, together with the places of the old ones.

    Returns:
        The new image, and a replacement for each face, all cut from it: they can be pasted in any
        order. None for faces without extent or outside of the image.
    """
    order = sorted(range(len(faces)), key=lambda index: place_of(faces[index]))
    looked_at = ((index, subject_of(image, faces[index])) for index in order)
    subjects = {index: subject for index, subject in looked_at if subject is not None}
    result = image.copy()
    found: dict[int, Replacement] = {}
    for group in _groups(subjects, owners):
        number = int(generator_of(seed, faces[group[0]]).integers(2**63))
        replaced = replace_person(result, [subjects[index] for index in group], number)
        for index, replacement in zip(group, replaced, strict=True):
            replacement.paste(result)
            found[index] = replacement
    alike = _look_again(result, subjects, found)
    replacements = [
        _cut(result, found[index], alike[index]) if index in found else None
        for index in range(len(faces))
    ]
    return result, replacements


def _groups(subjects: dict[int, Subject], owners: Sequence[int | None]) -> Iterator[list[int]]:
    """Indices of the subjects, in their order, grouped by person."""
    indices = list(subjects)
    leader = list(range(len(indices)))

    def lead(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    known = [owners[index] for index in indices]
    for first, second in _pairs(list(subjects.values()), known):
        low, high = sorted((lead(first), lead(second)))
        leader[high] = low
    for number in range(len(indices)):
        if leader[number] == number:
            yield [index for place, index in enumerate(indices) if lead(place) == number]


def _pairs(subjects: Sequence[Subject], owners: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """Pairs of subjects that are the same person."""
    crops = np.array([subject.before.aligned.ravel() for subject in subjects])
    if not len(crops):
        return
    crops = crops - crops.mean(axis=1, keepdims=True)
    crops /= np.maximum(np.linalg.norm(crops, axis=1, keepdims=True), 1e-3)
    plain = crops @ crops.T
    for second, subject in enumerate(subjects):
        for first in range(second):
            other = subjects[first]
            owned = owners[first] is not None and owners[first] == owners[second]
            if (
                owned
                or _iou(subject.region, other.region) >= _OVERLAP
                or (plain[first, second] >= _SAME and _details_alike(subject, other))
            ):
                yield first, second


def _details_alike(first: Subject, second: Subject) -> bool:
    return correlation(first.before.details, second.before.details) >= _SAME


def _iou(first: FaceRegion, second: FaceRegion) -> float:
    wide = min(first.x1, second.x1) - max(first.x0, second.x0)
    high = min(first.y1, second.y1) - max(first.y0, second.y0)
    both = max(wide, 0) * max(high, 0)
    return both / (first.width * first.height + second.width * second.height - both)


def _look_again(
    result: np.ndarray, subjects: dict[int, Subject], found: dict[int, Replacement]
) -> dict[int, float]:
    """Take the fallback, in place, for faces that a neighbour's patch made like the original, and
    another fallback where it was one already. Returns the final likeness of each face.
    """
    for _ in range(_ROUNDS):
        alike = {index: _alike_now(result, subjects[index]) for index in found}
        bad = [index for index in found if alike[index] > LET_THROUGH]
        if not bad:
            return alike
        for index in bad:
            filling = filled(result, subjects[index])
            filling.paste(result)
            found[index] = replace(filling, box=_around(filling.box, found[index].box))
    return {index: _alike_now(result, subjects[index]) for index in found}


def _alike_now(image: np.ndarray, subject: Subject) -> float:
    return gate.alikeness(subject.before, gate.look_of(image, subject.region))


def _around(first: Box, second: Box) -> Box:
    low, high = np.minimum(first, second), np.maximum(first, second)
    return (int(low[0]), int(low[1]), int(high[2]), int(high[3]))


def _cut(result: np.ndarray, replacement: Replacement, alike: float) -> Replacement:
    """The replacement as it looks once all are in place."""
    x0, y0, x1, y1 = replacement.box
    return replace(replacement, patch=result[y0:y1, x0:x1].copy(), similarity=alike)
