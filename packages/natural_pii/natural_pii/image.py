"""Anonymization of a whole image: its faces first, then its plates."""

from collections.abc import Mapping, Sequence

import numpy as np
from pii_measures import FaceRegion, PlateRegion

from .faces.donors import Donors
from .faces.people import replace_faces
from .plates.replace import replace_plate
from .replacement import Replacement, check_image, generator_of, place_of, seeds_of


def anonymize(
    image: np.ndarray,
    regions: Sequence[FaceRegion | PlateRegion],
    seed: int | Sequence[int],
    people: Sequence[int | None] | None = None,
    *,
    largest_face: float | None = None,
    identities: Mapping[int, int] | None = None,
    donors: Donors | None = None,
) -> tuple[np.ndarray, list[Replacement | None]]:
    """Replace faces by those of people who do not exist, and the characters of plates by others.

    The replacement of a region depends on its box and the seed, not on its position in the list.

    Args:
        image: (height, width, 3) uint8 RGB; not modified.
        regions: faces and plates; they may overlap and extend beyond the image.
        seed: one or more integers from 0; it determines the new people and characters.
        people: number of the person in each region, or None if unknown; all faces of a person get
            the same new face. Ignored for plates.
        largest_face: width in pixels above which a face is smeared; None to draw faces of any size.
        identities: seed of the new person, from 0, by the number in `people`, for people who
            get the same face in several images. All others get a different one in each image.
        donors: people from whose faces new ones are mixed; None to draw the new faces.

    Returns:
        A new image, and the replacement of each region. No pixel outside the boxes of the
        replacements differs. None for regions that are empty, not finite or outside the image.

    Raises:
        ValueError: the image is of another type or shape, `seed` is not of integers from 0,
            `people` is of another length, or there are too few donors.
    """
    check_image(image)
    if people is not None and len(people) != len(regions):
        raise ValueError(f"people: {len(people)} values for {len(regions)} regions")
    if donors is not None and donors.too_few:
        raise ValueError(f"donors: {donors.too_few}")
    seeds = seeds_of(seed)
    owners = [None] * len(regions) if people is None else people
    faces = {place: face for place, face in enumerate(regions) if isinstance(face, FaceRegion)}
    plates = {place: plate for place, plate in enumerate(regions) if isinstance(plate, PlateRegion)}
    result, replaced = replace_faces(
        image,
        list(faces.values()),
        [owners[place] for place in faces],
        seeds,
        largest=largest_face,
        identities=identities,
        donors=donors,
    )
    found = dict(zip(faces, replaced, strict=True))
    for place, plate in sorted(plates.items(), key=lambda item: place_of(item[1])):
        replacement = replace_plate(result, plate, generator_of(seeds, plate))
        if replacement is not None:
            replacement.paste(result)
        found[place] = replacement
    return result, [found[place] for place in range(len(regions))]
