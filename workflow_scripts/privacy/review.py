"""A person's review of the detection: pictures of the sample, and the corrected regions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from listed_regions.region_files import ListedRegion
from plain_commands.counts import counted
from pydantic import ValidationError
from region_review.answers import Answers
from region_review.sample import FoundRegion, ReviewTile

from workflow_scripts.contracts.regions import Region
from workflow_scripts.imaging.pictures import Picture

QUALITY = 92
"""JPEG quality of the pictures in the page."""


def found_regions(pictures: Iterable[Picture]) -> dict[str, list[FoundRegion]]:
    """The detected regions by image, in the format of the package `region_review`."""
    return {
        picture.record.file_name: [
            FoundRegion(
                id=region.id,
                kind=region.kind.value,
                box=region.box,
            )
            for region in picture.regions
        ]
        for picture in pictures
    }


def views_of(
    tiles: Sequence[ReviewTile], pictures: Iterable[Picture]
) -> Iterator[dict[str, bytes]]:
    """JPEG files of the tiles by tile, image by image; each image is read once."""
    by_image: dict[str, list[ReviewTile]] = defaultdict(list)
    for tile in tiles:
        by_image[tile.image].append(tile)
    for picture in pictures:
        if own := by_image.get(picture.record.file_name):
            pixels = replace(picture).pixels  # freed with the copy
            yield {tile.id: _view(tile, pixels) for tile in own}


def _view(tile: ReviewTile, pixels: np.ndarray) -> bytes:
    x0, y0, x1, y1 = map(int, tile.view)
    cut = cv2.cvtColor(pixels[y0:y1, x0:x1], cv2.COLOR_RGB2BGR)
    ok, encoded = cv2.imencode(".jpg", cut, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not ok:
        raise ValueError(f"cannot encode {cut.shape} as JPEG")
    return encoded.tobytes()


def corrected(
    regions: Iterable[Region], answers: Answers, split: str | None
) -> tuple[list[ListedRegion], list[str]]:
    """The regions without the wrong ones, plus the missed ones with score 1.

    Args:
        regions: all detected regions.
        answers: a person's answers about a sample of them.
        split: split of the images, if their data set has two.

    Returns:
        The rows of a file of regions, and one sentence per kind of region that it cannot hold.
    """
    rows, without_points, too_small = [], 0, 0
    for region in regions:
        if region.id in answers.wrong:
            continue
        found = {"score": region.score, "track": region.track}
        points = {"landmarks": region.landmarks, "quad": region.quad}
        row = _listed(region.image, split, region.kind, region.box, **found, **points)
        if row is None:
            row = _listed(region.image, split, region.kind, region.box, **found)
            without_points += row is not None
        too_small += row is None
        rows += [row] if row else []
    for missed in answers.missed:
        row = _listed(missed.image, split, missed.kind, missed.box)
        too_small += row is None
        rows += [row] if row else []
    notes = {
        "saved without points, whose centre is not in the box": without_points,
        "left out, of 2 pixels or less in the upper left corner of the image": too_small,
    }
    return rows, [f"{counted(number, 'region')} {text}" for text, number in notes.items() if number]


def _listed(
    image: str, split: str | None, kind: str, box: Sequence[float], **more: Any
) -> ListedRegion | None:
    """A row of a file of regions; None if such a file cannot hold the region."""
    corners = dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))
    try:
        return ListedRegion.model_validate(
            {"image": image, "split": split, "kind": str(kind), **corners, **more}
        )
    except ValidationError:
        return None
