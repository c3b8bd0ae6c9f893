"""A folder of photographs: the faces in them, and who is who. No photograph is part of this
repository.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from identity_attacks.cutouts import FaceCutout
from image_files import listing
from pii_detectors import CenterFaceSearch
from pii_measures import FaceRegion
from plain_commands.console import progress
from plain_commands.errors import UserError
from plain_commands.files import read_bytes
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.images import decode_image
from workflow_scripts.imaging.pictures import picture_of

SEARCH = CenterFaceSearch(threshold=0.5, every_size=True)
"""A higher threshold than the workflow's: what is measured should be faces."""
AROUND = 2.0
"""Margin around a face in its cut-out, relative to the longer side of its box."""
SAME_PERSON = 0.5
"""Distance of two originals below which they count as one person. dlib's authors take 0.6; chains
of faces of one person would then join several people."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph and the faces in it."""

    name: str
    """Path relative to the folder."""
    pixels: np.ndarray
    """(height, width, 3) uint8 RGB."""
    faces: tuple[FaceRegion, ...]
    """In the order of their scores."""

    def reduced(self, factor: float) -> "Photograph":
        """The photograph made smaller by a factor below 1, its faces found anew."""
        pixels = cv2.resize(self.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return replace(self, pixels=pixels, faces=faces_in(pixels))

    def anonymized(self, method: Method, seed: Sequence[int]) -> "Photograph":
        """The photograph with all of its faces treated by a method."""
        regions = [_region(self.name, str(number), face) for number, face in enumerate(self.faces)]
        picture = picture_of(self.pixels, regions, name=self.name)
        return replace(self, pixels=method.anonymize(picture, np.random.default_rng(seed))[0])


def photographs_in(folder: Path) -> Iterator[Photograph]:
    """The photographs of a folder, upright, sorted by name.

    Raises:
        UserError: the folder holds no image, or one that cannot be read.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name a folder of photographs")
    found = listing(folder)
    if not found.images:
        raise UserError(f"{folder}: no JPEG, PNG, WebP, BMP or TIFF file in it")
    for line in found.left_out:
        print(f"left out: {line}", file=sys.stderr)
    for name in progress(found.images, total=len(found.images), description="finding faces"):
        path = folder / name
        pixels = decode_image(read_bytes(path), path, upright=True)
        yield Photograph(name, pixels, faces_in(pixels))


def faces_in(pixels: np.ndarray) -> tuple[FaceRegion, ...]:
    """The faces that CenterFace finds in (h, w, 3) uint8 RGB, of every size."""
    found = SEARCH.find(pixels)
    return tuple(
        FaceRegion(*box, tuple((x, y) for x, y in points))
        for box, points in zip(found.boxes.tolist(), found.landmarks.tolist(), strict=True)
    )


def size_of(face: FaceRegion) -> float:
    """The smaller side of its box, pixels."""
    return min(face.width, face.height)


def cutouts_of(photograph: Photograph, least: float) -> list[FaceCutout]:
    """Cut-outs of the faces of at least `least` pixels; nobody is told who they show."""
    cutouts = []
    for number, face in enumerate(photograph.faces):
        if size_of(face) < least:
            continue
        margin = AROUND * max(face.width, face.height)
        height, width = photograph.pixels.shape[:2]
        x0, y0 = max(int(face.x0 - margin), 0), max(int(face.y0 - margin), 0)
        x1, y1 = min(int(face.x1 + margin), width), min(int(face.y1 + margin), height)
        region = f"{photograph.name} {number}"
        pixels = photograph.pixels[y0:y1, x0:x1].copy()
        place = _moved(face, 1, 1, -x0, -y0)
        cutouts.append(FaceCutout(region, region, photograph.name, pixels, place))
    return cutouts


def shrunk(cutout: FaceCutout, size: float) -> FaceCutout:
    """A cut-out whose face is of `size` pixels; smaller faces stay as they are."""
    factor = size / size_of(cutout.place)
    if factor >= 1:
        return cutout
    height, width = cutout.pixels.shape[:2]
    new = max(round(width * factor), 1), max(round(height * factor), 1)
    pixels = cv2.resize(cutout.pixels, new, interpolation=cv2.INTER_AREA)
    return replace(
        cutout, pixels=pixels, place=_moved(cutout.place, new[0] / width, new[1] / height, 0, 0)
    )


def treated(cutout: FaceCutout, method: Method, seed: Sequence[int]) -> tuple[FaceCutout, str]:
    """A cut-out with its face treated by a method, and what the method says that it did."""
    region = _region(cutout.image, cutout.region, cutout.place)
    picture = picture_of(cutout.pixels, [region], name=cutout.image)
    pixels, (change,) = method.anonymize(picture, np.random.default_rng(seed))
    return replace(cutout, pixels=pixels), change.method


def people_of(cutouts: Sequence[FaceCutout], distances: np.ndarray) -> list[FaceCutout]:
    """The same cut-outs, each with its person: the first face of those that are alike.

    Two faces of one photograph are two people, unless another photograph joins them.

    Args:
        cutouts: of originals.
        distances: (n, n) of all pairs, by a recogniser.
    """
    images = np.array([cutout.image for cutout in cutouts])
    same = (distances < SAME_PERSON) & (images[:, None] != images)
    _, person = connected_components(csr_matrix(same), directed=False)
    _, first = np.unique(person, return_index=True)
    return [
        replace(cutout, person=cutouts[first[number]].region)
        for cutout, number in zip(cutouts, person, strict=True)
    ]


def _region(image: str, name: str, face: FaceRegion) -> Region:
    """The region that a method takes."""
    box = face.x0, face.y0, face.x1, face.y1
    return Region(image, Kind.FACE, 1.0, *box, landmarks=face.landmarks, id=name)


def _moved(face: FaceRegion, across: float, down: float, x: float, y: float) -> FaceRegion:
    """A face scaled by two factors, then shifted by (x, y) pixels."""
    corners = face.x0 * across + x, face.y0 * down + y, face.x1 * across + x, face.y1 * down + y
    points = face.landmarks and tuple((a * across + x, b * down + y) for a, b in face.landmarks)
    return FaceRegion(*corners, points)
