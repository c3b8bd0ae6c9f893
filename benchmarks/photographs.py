"""Folder of photographs with their faces and plates, and the identification of people.

No photograph is part of this repository.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from identity_attacks.cutouts import FaceCutout
from identity_attacks.recognizers import Recognizer
from image_files import listing
from plain_commands.console import progress
from plain_commands.errors import UserError
from plain_commands.files import read_bytes
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.regions import Kind, Region, with_ids
from workflow_scripts.imaging.images import decode_image, shrunk
from workflow_scripts.imaging.pictures import Picture, picture_of
from workflow_scripts.pii.detectors.centerface import CenterFace
from workflow_scripts.pii.detectors.plates import Plates
from workflow_scripts.privacy.evidence import cut

Sizes = dict[str, tuple[float, float]]
"""Size classes: least size, and the size below which sizes are, pixels."""
DETECTORS = {
    Kind.FACE: CenterFace(threshold=0.5),
    Kind.LICENSE_PLATE: Plates(threshold=0.6),
}
"""Detectors with higher thresholds than the workflow's, so that only faces and plates are found."""
SCENE = 160
"""Side in pixels below which an image shows a face with little around it."""
SAME_PERSON = 0.5
"""Distance of two originals below which they count as one person. dlib's authors use 0.6, but then
chains of similar faces would merge several people."""


@dataclass(frozen=True)
class Photograph:
    """Photograph with its detected regions; its pixels are read when they are used."""

    folder: Path
    name: str
    """Path relative to the folder."""
    kind: Kind
    """Kind of its regions."""
    factor: float = 1.0
    """Factor by which it is reduced, up to 1."""

    @property
    def pixels(self) -> np.ndarray:
        """(height, width, 3) uint8 RGB, upright; UserError if the file cannot be read."""
        path = self.folder / self.name
        return shrunk(decode_image(read_bytes(path), path, upright=True), self.factor)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """Regions that the detector finds at this size."""
        return found_in(self.pixels, self.name, self.kind)

    def reduced(self, factor: float) -> "Photograph":
        """The same photograph at another size."""
        return replace(self, factor=min(factor, 1.0))

    def treated(self, method: Method, seed: Sequence[int]) -> np.ndarray:
        """Pixels with all regions treated by a method."""
        picture = picture_of(self.pixels, self.regions, name=self.name)
        return method.anonymize(picture, np.random.default_rng(seed))[0]


def found_in(pixels: np.ndarray, name: str, kind: Kind) -> tuple[Region, ...]:
    """Faces or plates in an image (h, w, 3) uint8 RGB, with ids."""
    return tuple(with_ids(DETECTORS[kind].regions(picture_of(pixels, name=name), kind)))


def photographs_in(folder: Path, kind: Kind) -> Iterator[Photograph]:
    """Photographs in a folder and its subfolders, sorted by name.

    Raises:
        UserError: the folder contains no image.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name a folder of photographs")
    found = listing(folder)
    if not found.images:
        raise UserError(f"{folder}: no JPEG, PNG, WebP, BMP or TIFF file in it")
    for line in found.left_out:
        print(f"left out: {line}", file=sys.stderr)
    for name in progress(found.images, total=len(found.images), description="searching"):
        yield Photograph(folder, name, kind)


def size_of(region: Region) -> float:
    """Size that determines a region's class, pixels: a face's smaller side, or a plate's width."""
    return region.width if region.kind is Kind.LICENSE_PLATE else min(region.width, region.height)


def surroundings(
    pixels: np.ndarray, region: Region, side: float
) -> tuple[np.ndarray, tuple[int, int]]:
    """Copy of a square around a region, clipped to the image.

    Returns:
        (h, w, 3) uint8 RGB, and the position (x, y) of its corner in the image.
    """
    x, y = (region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2
    height, width = pixels.shape[:2]
    x0, y0 = max(int(x - side / 2), 0), max(int(y - side / 2), 0)
    x1, y1 = min(int(x + side / 2), width), min(int(y + side / 2), height)
    return pixels[y0:y1, x0:x1].copy(), (x0, y0)


def of_size(
    photographs: Sequence[Photograph], low: float, high: float, n: int, rng: np.random.Generator
) -> list[tuple[Photograph, Region]]:
    """One region of a given size from each of `n` photographs, or fewer if there are no more.

    A photograph with larger regions is reduced, and its regions are detected again. Photographs
    that are then at least as large as `SCENE` come first.

    Args:
        photographs: photographs, searched in this order.
        low: least size, pixels.
        high: upper limit of the size, excluded.
        n: number of regions.
        rng: random generator for the region of a photograph, and its size.
    """
    chosen: list[tuple[Photograph, Region]] = []
    small: list[tuple[Photograph, Region]] = []
    for photograph in photographs:
        found = _of_size(photograph, low, high, rng)
        if found is not None:
            fits = min(found[0].pixels.shape[:2]) >= SCENE
            (chosen if fits else small).append(found)
        if len(chosen) == n:
            break
    return (chosen + small)[:n]


def _of_size(
    photograph: Photograph, low: float, high: float, rng: np.random.Generator
) -> tuple[Photograph, Region] | None:
    as_it_is = [region for region in photograph.regions if low <= size_of(region) < high]
    larger = [region for region in photograph.regions if size_of(region) >= high]
    if as_it_is:
        return photograph, as_it_is[rng.integers(len(as_it_is))]
    if not larger:
        return None
    smaller = photograph.reduced(
        rng.uniform(low, high) / size_of(larger[rng.integers(len(larger))])
    )
    found = [region for region in smaller.regions if low <= size_of(region) < high]
    return (smaller, found[rng.integers(len(found))]) if found else None


@dataclass(frozen=True, eq=False)
class Face:
    """Face in a photograph."""

    photograph: Photograph
    region: Region
    vector: np.ndarray
    """Vector by a recogniser, (d,)."""
    person: str = ""

    def picture(self, most: float) -> Picture:
        """Photograph with this region only, reduced to a face of at most `most` pixels."""
        whole = picture_of(self.photograph.pixels, [self.region], name=self.photograph.name)
        return whole.reduced(most / size_of(self.region))


def faces_in(photograph: Photograph, least: float, recognizer: Recognizer) -> list[Face]:
    """Faces of at least `least` pixels in a photograph, not yet identified."""
    large = [region for region in photograph.regions if size_of(region) >= least]
    pixels = photograph.pixels if large else None
    cutouts = [cut(pixels, region) for region in large if pixels is not None]
    vectors = recognizer.vectors(cutouts)
    return [
        Face(photograph, region, vector, region.id)
        for region, vector in zip(large, vectors, strict=True)
    ]


def with_people(faces: Sequence[Face], recognizer: Recognizer) -> list[Face]:
    """The same faces, each with its person: the id of the first face in a group of similar ones.

    Two faces in one photograph are different people, unless another photograph links them.
    """
    vectors = np.array([face.vector for face in faces])
    images = np.array([face.photograph.name for face in faces])
    near = recognizer.similarity(vectors, vectors) > -SAME_PERSON
    same = near & (images[:, None] != images)
    _, person = connected_components(csr_matrix(same), directed=False)
    _, first = np.unique(person, return_index=True)
    return [
        replace(face, person=faces[first[number]].region.id)
        for face, number in zip(faces, person, strict=True)
    ]


def cutout_of(face: Face, picture: Picture, pixels: np.ndarray | None = None) -> FaceCutout:
    """Face in its picture, or in other pixels of the same size, such as treated ones."""
    (region,) = picture.regions
    cutout = cut(picture.pixels if pixels is None else pixels, region)
    return replace(cutout, person=face.person)


def picture_with(cutout: FaceCutout) -> Picture:
    """Cut-out as a separate picture with one region."""
    place = cutout.place
    height, width = cutout.pixels.shape[:2]
    x0, x1 = (min(max(x, 0.0), width) for x in (place.x0, place.x1))
    y0, y1 = (min(max(y, 0.0), height) for y in (place.y0, place.y1))
    region = Region(
        cutout.image, Kind.FACE, 1.0, x0, y0, x1, y1, landmarks=place.landmarks, id=cutout.region
    )
    return picture_of(cutout.pixels, [region], name=cutout.image)
