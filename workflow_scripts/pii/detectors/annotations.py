"""Detector `annotations`: marked faces and plates, from the data set or a file of the user."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from listed_regions.corners import corners_of
from listed_regions.region_files import MarkedImages, MarkedRegion, marked_images
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import read_json
from plain_commands.section import validate
from pydantic import PrivateAttr

from workflow_scripts.contracts.cityscapes import (
    IMAGE_FOLDER,
    IMAGE_SUFFIX,
    LICENSE_PLATE,
    polygons_of,
    polygons_path,
)
from workflow_scripts.contracts.coco import DrawnScale
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.detection import Detector, ImageNames, as_points, region_inside
from workflow_scripts.imaging.pictures import Picture

ADVICE = "; if it is for training images only, set evaluation.exposed to false"
CORNER = 100
"""If all boxes end within this many pixels of the origin, they may be in percent."""


class Annotations(Detector):
    """Marked regions.

    Without a file: the plates of the Cityscapes polygons, and the faces of a drawn data set.
    """

    reads_images: ClassVar = False

    detector: Literal["annotations"] = "annotations"
    """Use existing annotations."""
    file: Path | None = None
    """Your regions: JSON, a list of {"image", "kind", "x0", "y0", "x1", "y1"}, or CSV with these
    columns. `image` is the path below the data set's image folder, `kind` is `face` or
    `license_plate`, coordinates are pixels; Optional: `score`, `split` (if train and val have
    images with the same name), `track` (one name for the same person in all images) and, in JSON,
    `landmarks` and `quad`."""
    _names: ImageNames | None = PrivateAttr(None)
    _marked: MarkedImages | None = PrivateAttr(None)

    def for_data_set(self, names: ImageNames) -> "Annotations":
        """The detector for the images of a data set; see `Detector.for_data_set`."""
        copy = self.model_copy()
        copy._names = names
        return copy

    def regions(
        self, picture: Picture, kind: Kind, within: np.ndarray | None = None, threads: int = 1
    ) -> list[Region]:
        return [_region(picture, *row) for row in self._rows(picture, kind).items()]

    def check(self, pictures: Sequence[Picture], kind: Kind) -> None:
        if self.file is None:
            self._check_there(pictures, kind)
            self._counts(pictures, kind)
        elif kind not in self._of_file(self.file, pictures).notes:
            raise UserError(
                f"{self.file}: it has no region of kind {kind}; name another `file`, or set "
                f"{kind.key} to null to disable the search"
            )
        for note in self.notes(pictures, kind):
            log.info("%s: %s", self.file, note)

    def _counts(self, pictures: Sequence[Picture], kind: Kind) -> tuple[DrawnScale, int, int]:
        """Checks of marked regions against their images; notes on clipped boxes.

        Raises:
            UserError: one line per region that cannot belong to its image.
        """
        findings: list[str] = []
        found = DrawnScale()
        cut, in_corner = 0, 0
        for picture in pictures:
            side = min(picture.record.width, picture.record.height)
            try:
                for place, row in self._rows(picture, kind).items():
                    region = _region(picture, place, row)
                    found.add(picture.record, row.x1, row.y1)
                    cut += region.box != row.box
                    in_corner += max(row.x1, row.y1) <= CORNER < side / 2
            except UserError as error:
                findings += str(error).splitlines()
        if findings:
            raise UserError.of(findings)
        return found, cut, in_corner

    def notes(self, pictures: Sequence[Picture], kind: Kind) -> list[str]:
        if self.file is None:
            return []
        notes = list(self._of_file(self.file, pictures).notes.get(kind, ()))
        found, cut, in_corner = self._counts(pictures, kind)
        if cut:
            notes.append(f"{cut} {kind} boxes reach beyond their image and are clipped")
        if 0 < in_corner == found.labels:
            notes.append(
                f"all {in_corner} {kind} boxes end within {CORNER} pixels of the upper left "
                "corner; coordinates are pixels, not percent"
            )
        else:
            notes += found.notes(f"{kind} boxes")
        return notes

    def _check_there(self, pictures: Sequence[Picture], kind: Kind) -> None:
        is_plate = kind is Kind.LICENSE_PLATE
        path_of = polygons_path if is_plate else side_path
        paths = [path_of(picture.root, picture.record.file_name) for picture in pictures]
        missing = [path for path in paths if not path.is_file()]
        if not missing:
            return
        other = "plates" if is_plate else "centerface"
        origin = "polygon files of Cityscapes" if is_plate else "files of a drawn data set"
        found = f"{len(missing)} of {len(paths)} images have none (there is no {missing[0]})"
        if len(missing) == len(paths):
            found = "these images have none"
        raise UserError(
            f"{kind.key}: `annotations` without a `file` reads the {origin}, and {found}; "
            f"give your own `file`, another detector ({other}), or null to look for none"
        )

    def _rows(self, picture: Picture, kind: Kind) -> dict[str, MarkedRegion]:
        """The marked regions of one kind in a picture, by their place in the file."""
        name, root = picture.record.file_name, picture.root
        rows: Mapping[str, MarkedRegion]
        if self.file is not None:
            of_file = self._of_file(self.file, [picture]).rows.get(name, {})
            rows = {f"{self.file}: {place}": row for place, row in of_file.items()}
        elif kind is Kind.LICENSE_PLATE:
            rows = _plates(polygons_path(root, name), picture)
        else:
            rows = _drawn(side_path(root, name), picture)
        return {place: row for place, row in rows.items() if row.kind == kind}

    def _of_file(self, file: Path, pictures: Sequence[Picture]) -> MarkedImages:
        """The rows of the file, checked against these pictures if no data set is known."""
        if self._marked is None:
            names, root = self._names, next((picture.root for picture in pictures), Path())
            own = {picture.record.file_name: picture.record.sha256 for picture in pictures}
            self._marked = (
                marked_images(file, names.split, names.root, names.digests, ADVICE)
                if names
                else marked_images(file, "train", root, {"train": own}, ADVICE)
            )
        return self._marked


def _region(picture: Picture, place: str, row: MarkedRegion) -> Region:
    """A marked region of a picture, with its box clipped.

    Raises:
        UserError: the box is outside the image, or reaches beyond it by more than the image's size.
    """
    region = _clipped(picture, row)
    record, (x0, y0, x1, y1) = picture.record, row.box
    width, height = record.width, record.height
    is_far = x0 < -width or y0 < -height or x1 > 2 * width or y1 > 2 * height
    if region is None or is_far:
        where = "reaches far beyond" if region else "is outside"
        raise UserError(
            f"{place}: the box ({x0:g}, {y0:g}, {x1:g}, {y1:g}) {where} the image, "
            f"{width}x{height} ({record.file_name}); was it resized?"
        )
    return region


def _clipped(picture: Picture, row: MarkedRegion) -> Region | None:
    points = {"landmarks": row.landmarks, "quad": row.quad}
    kind = Kind(row.kind)
    return region_inside(picture, kind, row.score, row.box, track=row.track, **points)


def side_path(root: Path, file_name: str) -> Path:
    """The file beside a drawn image with its faces and plates."""
    stem = file_name.removeprefix(IMAGE_FOLDER + "/").removesuffix(IMAGE_SUFFIX)
    return root / "pii" / f"{stem}_pii.json"


def _drawn(path: Path, picture: Picture) -> dict[str, MarkedRegion]:
    known = {"image": picture.record.file_name}
    content = read_json(path)
    try:
        rows = {
            f"region {number}": known
            | {key: row[key] for key in MarkedRegion.model_fields if key in row}
            for number, row in enumerate(content["regions"], start=1)
            if row.get("visible", True)
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not a file of a drawn data set ({error!r})") from None
    marked: dict[str, MarkedRegion] = validate(dict[str, MarkedRegion], rows, str(path))
    return {place: row for place, row in marked.items() if _clipped(picture, row)}


def _plates(path: Path, picture: Picture) -> dict[str, MarkedRegion]:
    record = picture.record
    outlines = polygons_of(path, LICENSE_PLATE, record.width, record.height)
    return {
        f"{path}: {LICENSE_PLATE} {number}": MarkedRegion.model_construct(
            image=record.file_name,
            kind="license_plate",
            **dict(zip(("x0", "y0"), polygon.min(axis=0).tolist(), strict=True)),
            # Polygon corners are pixels, and the last ones belong to the plate.
            **dict(zip(("x1", "y1"), (polygon.max(axis=0) + 1).tolist(), strict=True)),
            quad=as_points(corners_of(polygon + 0.5)),
        )
        for number, outline in enumerate(outlines, start=1)
        for polygon in [np.array(outline, np.float32)]
    }
