"""Measurements of an image and its regions, compared with the original."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from image_files import ImageFileError, has_hidden_channel, kinds_in
from pii_measures import PlateRegion, quality
from pii_measures.plates.comparison import CharacterMatch, compare_plate
from plain_commands.errors import UserError
from plain_commands.files import read_bytes
from twin_comparison.changes import SPECK, difference

from workflow_scripts.contracts.advice import SHARD_MADE_AGAIN
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.privacy.again import Finder
from workflow_scripts.privacy.pairs import Pair, is_changed, pixels_of


@dataclass(frozen=True, eq=False)
class RegionFinding:
    """One region, compared with its original."""

    image: str
    number: int
    """Position among the image's regions."""
    kind: Kind
    width: float
    """Width of the box in the original, pixels."""
    route: str | None
    """Change listed in the manifest, or None."""
    changed: bool
    """Whether at least a tenth of the box changed."""
    found: bool | None
    """Whether the detector finds the region; None without a detector."""
    found_before: bool | None
    """Whether the detector finds the region in the original."""
    ssim: float
    """SSIM, mean over the box."""
    squared_error: float
    """Mean squared error over the box and channels."""
    characters: CharacterMatch | None = None
    """Characters of a plate that a person could read in the original, if any."""


@dataclass(frozen=True, eq=False)
class ImageFinding:
    """One image, compared with its original."""

    image: str
    linked: bool
    """Whether the file is identical to the original."""
    compared: bool
    """Whether the pixels were compared: the image has regions, or its file differs."""
    pixels: int
    outside: int
    """Number of changed pixels outside the boxes in the manifest."""
    lossy: bool
    """Whether a lossy codec was used; differences that it explains are not counted as changes."""
    tolerance_assumed: bool
    """Whether what the codec explains was assumed: too little lies beside the regions to estimate
    it."""
    ssim: float
    squared_error: float
    metadata: tuple[str, ...]
    """Kinds of metadata in the file, with "alpha" for a channel that was not searched."""
    regions: tuple[RegionFinding, ...] = ()
    whole_image: bool = False
    """Whether it was not compared with its original outside the regions."""


def measure_images(
    pairs: Sequence[Pair],
    finders: Mapping[Kind, Finder],
    threads: int,
) -> Iterator[ImageFinding]:
    """Measure images in parallel, each with one thread; yields in the order of the pairs."""
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        yield from pool.map(lambda pair: measure_image(pair, finders), pairs)


def measure_image(pair: Pair, finders: Mapping[Kind, Finder]) -> ImageFinding:
    """Compare an image with its original.

    An original without regions is not decoded if its file is unchanged.
    """
    carried = _metadata_in(pair.anonymized)
    name, size = pair.image.file_name, pair.image.width * pair.image.height
    if pair.is_original and not pair.regions:
        return ImageFinding(name, True, False, size, 0, False, False, 1.0, 0.0, carried)
    old, new = pair.read()
    differences = pair.compared(old, new)
    changed = differences.changed()
    tiny = [min(one.width, one.height) < 2 * SPECK for one in pair.regions]
    closely = differences.changed(specks=True) if any(tiny) else changed
    differs = difference(old, new) > 0 if pair.is_lossy else changed
    similar = quality.ssim_where_changed(old, new, differs)
    found_before = _found(finders, old, pair)
    found = found_before if pair.is_original else _found(finders, new, pair)
    regions = []
    for number, region in enumerate(pair.regions):
        regions.append(
            RegionFinding(
                image=name,
                number=number,
                kind=region.kind,
                width=region.width,
                route=pair.route_of(region),
                changed=is_changed(region, closely if tiny[number] else changed),
                found=found.get(region.id),
                found_before=found_before.get(region.id),
                ssim=float(pixels_of(region, similar).mean(dtype=np.float64)),
                squared_error=quality.squared_error(pixels_of(region, old), pixels_of(region, new)),
                characters=_characters(old, new, region),
            )
        )
    boxes = [change.box for change in pair.changes]
    return ImageFinding(
        image=name,
        linked=pair.is_original,
        compared=True,
        pixels=size,
        outside=quality.outside_of(changed, boxes),
        lossy=pair.is_lossy,
        tolerance_assumed=differences.is_assumed,
        ssim=float(similar.mean(dtype=np.float64)),
        squared_error=quality.squared_error(old, new),
        metadata=carried,
        regions=tuple(regions),
        whole_image=pair.whole_image,
    )


def _metadata_in(path: Path) -> tuple[str, ...]:
    raw = read_bytes(path)
    try:
        return (*kinds_in(raw), "alpha") if has_hidden_channel(raw) else kinds_in(raw)
    except (ImageFileError, OSError) as error:
        raise UserError(f"{path}: {error}; {SHARD_MADE_AGAIN}") from None


def _found(finders: Mapping[Kind, Finder], image: np.ndarray, pair: Pair) -> dict[str, bool]:
    picture = pair.picture.with_pixels(image)
    return {
        region_id: is_found
        for finder in finders.values()
        for region_id, is_found in finder.finds(picture).items()
    }


def _characters(old: np.ndarray, new: np.ndarray, region: Region) -> CharacterMatch | None:
    if region.kind is Kind.FACE:
        return None
    plate = compare_plate(old, new, PlateRegion(*region.box, region.quad))
    return None if plate is None else plate.characters
