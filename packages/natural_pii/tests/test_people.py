"""Who gets whose new face: one person, one face; the order of regions does not count."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from face_pictures import scenes
from natural_pii import FaceRegion
from natural_pii.faces import people as module_of_people
from natural_pii.faces.people import replace_faces
from natural_pii.faces.replace import replace_face
from pii_measures import band_passed, correlation, face_crop


def moved(region: FaceRegion, right: float) -> FaceRegion:
    """The same region further to the right, with its landmarks."""
    marks = tuple((x + right, y) for x, y in region.landmarks)
    return replace(region, x0=region.x0 + right, x1=region.x1 + right, landmarks=marks)


def people(count: int) -> tuple[np.ndarray, list[FaceRegion]]:
    """Drawn faces of different people, side by side."""
    found = [(image, region) for image, regions in scenes() for region in regions]
    found = [(image, region) for image, region in found if region.height > 24][:count]
    tiles, regions = [], []
    for image, region in found:
        x0, y0 = int(region.x0) - 30, int(region.y0) - 30
        big = cv2.copyMakeBorder(image, 120, 120, 120, 120, cv2.BORDER_REFLECT)
        tiles.append(big[y0 + 120 : y0 + 270, x0 + 120 : x0 + 270])
        marks = tuple((x - x0, y - y0) for x, y in region.landmarks)
        box = {"x0": region.x0 - x0, "x1": region.x1 - x0}
        box |= {"y0": region.y0 - y0, "y1": region.y1 - y0}
        here = replace(region, landmarks=marks, **box)
        regions.append(moved(here, 150.0 * len(regions)))
    return np.hstack(tiles), regions


def new_people(image, regions, owners):
    """Who is drawn for each region, as far as the calls of `replace_face` tell."""
    _, results = replace_faces(image, regions, owners, (0,))
    looks = []
    for region, outcome in zip(regions, results, strict=True):
        after = image.copy()
        outcome.paste(after)
        looks.append(face_crop(after, region))
    return looks


def people_drawn(image, regions, owners, **options) -> list[int]:
    """The seed that each region's new person was drawn from."""
    seeds = {}
    with pytest.MonkeyPatch.context() as patch:

        def noted(canvas, subject, person, *others):
            seeds[subject.region] = person
            return replace_face(canvas, subject, person, *others)

        patch.setattr(module_of_people, "replace_face", noted)
        replace_faces(image, regions, owners, (0,), **options)
    return [seeds[region] for region in regions]


def test_the_same_picture_twice_gets_one_new_person():
    image, (region,) = people(1)
    twice = np.hstack([image, image])
    regions = [region, moved(region, image.shape[1])]
    first, second = new_people(twice, regions, [None, None])
    assert correlation(band_passed(first), band_passed(second)) > 0.6


def test_faces_of_one_owner_get_one_person_and_others_do_not():
    image, regions = people(4)
    together = people_drawn(image, regions, [7, 7, None, 8])
    assert together[0] == together[1]
    assert len(set(together)) == 3
    assert len(set(people_drawn(image, regions, [None] * 4))) == 4


def test_an_identity_is_the_same_person_wherever_and_in_whatever_image():
    image, regions = people(3)
    owners, identities = [7, None, 8], {7: 123}
    here = people_drawn(image, regions, owners, identities=identities)
    assert here[0] == 123
    assert here[1:] == people_drawn(image, regions, owners)[1:]
    there = people_drawn(image, regions, [8, 7, None], identities=identities)
    assert there[1] == 123
    assert 123 not in (there[0], there[2])


def test_a_face_found_twice_is_one_person():
    image, (region,) = people(1)
    again = replace(region, x0=region.x0 + 3, y1=region.y1 + 4)
    first, second = people_drawn(image, [region, again], [None, None])
    assert first == second


def test_the_order_of_regions_does_not_matter():
    image, regions = scenes()[-1]
    # The last one has the box of the first.
    regions = [*regions, moved(regions[0], 9.0), replace(regions[0], landmarks=None)]
    owners = [1, None, 1, *[None] * (len(regions) - 3)]
    image_one, first = replace_faces(image, regions, owners, (3,))
    image_two, second = replace_faces(image, regions[::-1], owners[::-1], (3,))
    assert np.array_equal(image_one, image_two)
    for a, b in zip(first, second[::-1], strict=True):
        assert a.box == b.box
        assert a.patch.tobytes() == b.patch.tobytes()
