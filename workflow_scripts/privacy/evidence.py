"""The attacker's data: faces and plates of the images, and their own pictures."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from identity_attacks.alterations import another_picture
from identity_attacks.cutouts import Cutout
from identity_attacks.evidence import Evidence
from pii_measures import FaceRegion, PlateRegion
from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file

from workflow_scripts.contracts.advice import DETECTED_AGAIN
from workflow_scripts.contracts.attacks import LEAST_WIDTH, AttackedRegions
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.regions import Kind, Points, Region, with_ids, write_regions
from workflow_scripts.imaging.images import write_png
from workflow_scripts.privacy.pairs import Pair

ANNOTATIONS = "pictures.coco.json"
REGIONS = "regions.parquet"
"""Files in the folder of an attacker's own pictures."""
AROUND = 1.0
"""Margin around a region in its cut-out, relative to the region's longer side."""


def drawn(regions: Iterable[Region], most: int) -> tuple[set[str], dict[Kind, AttackedRegions]]:
    """The attacked regions: a random sample of the large enough ones.

    Args:
        regions: regions of all images.
        most: size of the sample of each kind.

    Returns:
        Their ids, and the numbers by kind. A region's rank in the draw depends on its id alone.
    """
    chosen: set[str] = set()
    numbers = {}
    by_kind: dict[Kind, list[Region]] = defaultdict(list)
    for region in regions:
        by_kind[region.kind].append(region)
    for kind, found in by_kind.items():
        large = [region for region in found if region.width >= LEAST_WIDTH[kind]]
        sample = sorted(large, key=lambda region: _digest(region.id))[:most]
        chosen |= {region.id for region in sample}
        numbers[kind] = AttackedRegions(
            regions=len(found),
            attacked=len(sample),
            small=len(found) - len(large),
            not_drawn=len(large) - len(sample),
        )
    return chosen, numbers


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def cutouts_of(
    pairs: Sequence[Pair], chosen: set[str], threads: int
) -> Iterator[tuple[list[Cutout], list[Cutout]]]:
    """Cut-outs of the chosen regions from original and variant, image by image."""

    def both(pair: Pair) -> tuple[list[Cutout], list[Cutout]]:
        regions = [region for region in pair.regions if region.id in chosen]
        if not regions:
            return [], []
        old, new = pair.read()
        return [cut(old, region) for region in regions], [cut(new, region) for region in regions]

    with ThreadPoolExecutor(max_workers=threads) as pool:
        yield from pool.map(both, pairs)


def cut(image: np.ndarray, region: Region) -> Cutout:
    """A region with its surroundings.

    Args:
        image: (h, w, 3) uint8 RGB.
        region: it may reach beyond the image.

    Raises:
        UserError: it is outside the image.
    """
    height, width = image.shape[:2]
    if not (region.x0 < width and region.y0 < height and min(region.x1, region.y1) > 0):
        raise UserError(
            f"region {region.id} of {region.image} is outside the image, which has {width} x "
            f"{height} pixels; {DETECTED_AGAIN}"
        )
    pad = AROUND * max(region.width, region.height)
    x0, y0 = max(math.floor(region.x0 - pad), 0), max(math.floor(region.y0 - pad), 0)
    x1, y1 = min(math.ceil(region.x1 + pad), width), min(math.ceil(region.y1 + pad), height)
    box = region.x0 - x0, region.y0 - y0, region.x1 - x0, region.y1 - y0
    place: FaceRegion | PlateRegion
    if region.kind is Kind.FACE:
        place = FaceRegion(*box, _moved(region.landmarks, x0, y0))
    else:
        place = PlateRegion(*box, _moved(region.quad, x0, y0))
    pixels = image[y0:y1, x0:x1].copy()
    return Cutout(region.id, region.id, region.image, pixels, place)


def _moved(points: Points | None, x0: int, y0: int) -> Points | None:
    return points and tuple((x - x0, y - y0) for x, y in points)


def write_pictures(originals: Iterable[Cutout], folder: Path) -> int:
    """Write an attacker's own pictures of the people and plates.

    Args:
        originals: cut-outs of the people and plates.
        folder: new folder for the images, with annotations and regions like those of a data set.

    Returns:
        Number of pictures.
    """
    images: list[CocoImage] = []
    regions: list[Region] = []
    for original in originals:
        seed = int.from_bytes(_digest(original.region)[:8], "big")
        picture = another_picture(original, np.random.default_rng(seed))
        height, width = picture.pixels.shape[:2]
        file = folder / f"{original.region}.png"
        write_png(file, picture.pixels)
        digest = sha256_of_file(file)
        images.append(CocoImage(len(images) + 1, file.name, width, height, digest))
        regions += with_ids([_region_of(picture, file.name)], digest)
    CocoSplit((), tuple(images), ()).write(folder / ANNOTATIONS)
    write_regions(folder / REGIONS, regions)
    return len(images)


def _region_of(picture: Cutout, name: str) -> Region:
    place = picture.place
    height, width = picture.pixels.shape[:2]
    x0, x1 = (float(np.clip(x, 0, width)) for x in (place.x0, place.x1))
    y0, y1 = (float(np.clip(y, 0, height)) for y in (place.y0, place.y1))
    if isinstance(place, FaceRegion):
        return Region(name, Kind.FACE, 1.0, x0, y0, x1, y1, landmarks=place.landmarks)
    return Region(name, Kind.LICENSE_PLATE, 1.0, x0, y0, x1, y1, quad=place.quad)


def pictures_in(pairs: Sequence[Pair]) -> Iterator[Cutout]:
    """The attacker's own pictures after a treatment; each shows one region."""
    for pair in pairs:
        (region,) = pair.regions
        _, pixels = pair.read()
        yield replace(cut(pixels, region), person=_person_on(pair))


def refuse_other_pictures(pictures: Sequence[Pair], chosen: set[str]) -> None:
    """Check that the attacker has exactly one picture of each attacked region.

    Raises:
        UserError: they were made from other regions, or their regions are of other pictures.
    """
    own = {_person_on(pair) for pair in pictures}
    if own != chosen or any(len(pair.regions) != 1 for pair in pictures):
        raise UserError(
            f"--pictures: {len(own & chosen)} of the {len(chosen)} attacked regions have "
            f"a picture, and {len(own - chosen)} pictures are of other regions; make the pictures "
            "again, from the same regions and with the same settings"
        )


def _person_on(picture: Pair) -> str:
    return Path(picture.image.file_name).stem


def evidence_of(kind: Kind, frames: Iterable[Cutout], pictures: Iterable[Cutout] = ()) -> Evidence:
    """The attacker's data for one kind of region."""
    shape = FaceRegion if kind is Kind.FACE else PlateRegion
    own, theirs = (
        [one for one in cutouts if isinstance(one.place, shape)] for cutouts in (frames, pictures)
    )
    return Evidence(own, theirs)
