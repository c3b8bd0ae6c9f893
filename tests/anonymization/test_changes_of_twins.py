"""Changed parts of an image and the regions that they belong to."""

import numpy as np

from workflow_scripts.anonymization.twins import changes_of
from workflow_scripts.contracts.regions import Kind, Region, with_ids


def region(x0, y0, x1, y1, kind=Kind.FACE) -> Region:
    return with_ids([Region("a.png", kind, 1, x0, y0, x1, y1)])[0]


def outcomes(mask, *regions):
    by_id: dict[str | None, Region | None] = {None: None, **{r.id: r for r in regions}}
    return [(by_id[c.region_id], c.method, c.box) for c in changes_of(mask, regions, "m")]


def test_changed_parts_are_told_to_the_regions_that_they_cover():
    mask = np.zeros((100, 200), bool)
    mask[18:42, 18:42] = True  # over a face
    mask[60:64, 100:104] = mask[60:64, 112:116] = True  # two characters of a plate
    mask[90:95, 10:30] = True  # elsewhere
    face, plate = region(20, 20, 40, 40), region(98.5, 58.5, 117.5, 65.5, Kind.LICENSE_PLATE)
    untouched, beside, outside = (
        region(150, 20, 170, 40),
        region(40, 20, 60, 40),
        region(-30, 0, -9, 9),
    )
    assert outcomes(mask, untouched, plate, face, beside, outside) == [
        (plate, "m", (100, 60, 116, 64)),
        (face, "m", (18, 18, 42, 42)),
        (None, "m", (10, 90, 30, 95)),
    ]


def test_a_part_that_covers_several_regions_is_told_to_each():
    mask = np.ones((50, 50), bool)
    regions = region(5, 5, 10, 10), region(8, 8, 20, 20)
    assert outcomes(mask, *regions) == [(each, "m", (0, 0, 50, 50)) for each in regions]
    assert outcomes(np.zeros((50, 50), bool), *regions) == []
