"""Replacement of all faces of an image: all faces of a person become the same new person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from pii_measures import FaceRegion, band_passed, correlation, face_crop

from natural_pii.replacement import Replacement, generator_of, place_of

from .donors import Donors
from .replace import Subject, replace_face, subject_of

_SAME = 0.95
"""Correlation, both of the raw and of band-passed pictures, from which two show the same face."""
_OVERLAP = 0.5
"""IoU from which two boxes are the same face, detected twice."""


def replace_faces(
    image: np.ndarray,
    faces: Sequence[FaceRegion],
    owners: Sequence[int | None],
    seed: Sequence[int],
    *,
    largest: float | None = None,
    identities: Mapping[int, int] | None = None,
    donors: Donors | None = None,
) -> tuple[np.ndarray, list[Replacement | None]]:
    """Replace all faces of an image.

    All faces of a person get the same new face: faces with the same owner, a face that was detected
    twice, and faces that look identical. The order of the faces does not matter.

    Args:
        image: (height, width, 3) uint8 RGB; not modified.
        faces: the faces.
        owners: number of the person of each face; None if unknown.
        seed: together with the positions of the old faces, determines the new people.
        largest: width in pixels above which a face is smeared instead; None for no limit.
        identities: seed of the new person by the number of the owner, for owners who get the
            same face in several images.
        donors: people from whose faces new ones are mixed; None to draw the new faces.

    Returns:
        The new image, and a replacement for each face. All are cut from the new image and can
        be pasted in any order. None for faces that are empty or outside the image.
    """
    order = sorted(range(len(faces)), key=lambda index: place_of(faces[index]))
    looked_at = ((index, subject_of(image, faces[index], largest)) for index in order)
    subjects = {index: subject for index, subject in looked_at if subject is not None}
    people: dict[int, tuple[int, int]] = {}
    for group in _groups(image, subjects, owners):
        known = [owners[index] for index in group]
        named = [None if one is None else (identities or {}).get(one) for one in known]
        shared = next((one for one in named if one is not None), None)
        if shared is None:
            shared = int(generator_of(seed, faces[group[0]]).integers(2**63))
        for number, (index, own) in enumerate(zip(group, named, strict=True)):
            people[index] = (shared if own is None else own, number)
    result = image.copy()
    found: dict[int, Replacement] = {}
    for index, subject in subjects.items():
        found[index] = replace_face(result, subject, *people[index], donors)
        found[index].paste(result)
    return result, [
        _cut(result, found[index]) if index in found else None for index in range(len(faces))
    ]


def _groups(
    image: np.ndarray, subjects: dict[int, Subject], owners: Sequence[int | None]
) -> Iterator[list[int]]:
    """Indices of the subjects in their order, grouped by person."""
    indices = list(subjects)
    leader = list(range(len(indices)))

    def lead(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    known = [owners[index] for index in indices]
    for first, second in _pairs(image, list(subjects.values()), known):
        low, high = sorted((lead(first), lead(second)))
        leader[high] = low
    for number in range(len(indices)):
        if leader[number] == number:
            yield [index for place, index in enumerate(indices) if lead(place) == number]


def _pairs(
    image: np.ndarray, subjects: Sequence[Subject], owners: Sequence[int | None]
) -> Iterator[tuple[int, int]]:
    """Pairs of subjects that show the same person."""
    seen = [face_crop(image, subject.region) for subject in subjects]
    if not seen:
        return
    crops = np.array(seen).reshape(len(seen), -1)
    crops = crops - crops.mean(axis=1, keepdims=True)
    crops /= np.maximum(np.linalg.norm(crops, axis=1, keepdims=True), 1e-3)
    plain = crops @ crops.T
    for second, subject in enumerate(subjects):
        for first in range(second):
            owned = owners[first] is not None and owners[first] == owners[second]
            if (
                owned
                or _iou(subject.region, subjects[first].region) >= _OVERLAP
                or (plain[first, second] >= _SAME and _details_alike(seen[first], seen[second]))
            ):
                yield first, second


def _details_alike(first: np.ndarray, second: np.ndarray) -> bool:
    return correlation(band_passed(first), band_passed(second)) >= _SAME


def _iou(first: FaceRegion, second: FaceRegion) -> float:
    wide = min(first.x1, second.x1) - max(first.x0, second.x0)
    high = min(first.y1, second.y1) - max(first.y0, second.y0)
    both = max(wide, 0) * max(high, 0)
    return both / (first.width * first.height + second.width * second.height - both)


def _cut(result: np.ndarray, replacement: Replacement) -> Replacement:
    """Replacement as it appears once all are in place."""
    x0, y0, x1, y1 = replacement.box
    return replace(replacement, patch=result[y0:y1, x0:x1].copy())
