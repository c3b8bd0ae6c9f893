"""Faces and plates that somebody has marked already: with the data set, or in a file of yours."""

import csv
import functools
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field, model_validator

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_json
from workflow_scripts.common.section import Section, validate
from workflow_scripts.contracts.cityscapes import (
    IMAGE_FOLDER,
    IMAGE_SUFFIX,
    LICENSE_PLATE,
    polygons_of,
    polygons_path,
)
from workflow_scripts.contracts.regions import Kind, Points, Region
from workflow_scripts.imaging.detection import Detector, as_points, region_inside
from workflow_scripts.imaging.pictures import Picture

Point = tuple[float, float]


class MarkedRegion(Section):
    """One region as a user's file gives it; pixels, corners of the box included to excluded."""

    image: str
    kind: Kind
    x0: float
    y0: float
    x1: float
    y1: float
    score: float = Field(1.0, ge=0, le=1)
    landmarks: Annotated[tuple[Point, ...], Field(min_length=5, max_length=5)] | None = None
    quad: Annotated[tuple[Point, ...], Field(min_length=4, max_length=4)] | None = None

    @model_validator(mode="after")
    def _has_an_area(self) -> "MarkedRegion":
        for low, high in (("x0", "x1"), ("y0", "y1")):
            if getattr(self, high) <= getattr(self, low):
                raise ValueError(
                    f"{high}: {getattr(self, high):g} is not greater than {low}, "
                    f"{getattr(self, low):g}"
                )
        return self

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1


class Annotations(Detector):
    """What is marked already.

    Without a file: the plates of the Cityscapes polygons, and the faces of a drawn data set.
    """

    reads_images: ClassVar = False

    detector: Literal["annotations"] = "annotations"
    """Take what is marked already."""
    file: Path | None = None
    """Your regions: JSON, a list of {"image", "kind", "x0", "y0", "x1", "y1"}, or CSV with these
    columns. `image` is the path below the data set's image folder, `kind` is `face` or
    `license_plate`, coordinates are pixels; `score`, and in JSON `landmarks` and `quad`, may be
    added."""

    def regions(
        self, picture: Picture, kind: Kind, within: np.ndarray | None = None, threads: int = 1
    ) -> list[Region]:
        if self.file is not None:
            entries = list(read_entries(self.file).get(picture.record.file_name, ()))
        elif kind is Kind.LICENSE_PLATE:
            entries = _plates(polygons_path(picture.root, picture.record.file_name), picture)
        else:
            entries = _drawn(side_path(picture.root, picture.record.file_name), picture)
        found = [
            region_inside(
                picture, kind, entry.score, entry.box, landmarks=entry.landmarks, quad=entry.quad
            )
            for entry in entries
            if entry.kind is kind
        ]
        return [region for region in found if region is not None]

    def check(self, pictures: Sequence[Picture], kind: Kind) -> None:
        if self.file is None:
            path_of = polygons_path if kind is Kind.LICENSE_PLATE else side_path
            paths = [path_of(picture.root, picture.record.file_name) for picture in pictures]
            missing = [path for path in paths if not path.is_file()]
            if missing:
                section = "license_plates" if kind is Kind.LICENSE_PLATE else "faces"
                raise UserError(
                    f"pii.{section}: the data set marks none in {len(missing)} of {len(pictures)} "
                    f"images (there is no {missing[0]}); give your own `file`, take another "
                    "detector, or null for none"
                )
            findings = []
            for picture in pictures:
                try:
                    self.regions(picture, kind)
                except UserError as error:
                    findings.extend(str(error).splitlines())
            if findings:
                raise UserError.of(findings)
            return
        entries = read_entries(self.file)
        marked = [picture for picture in pictures if picture.record.file_name in entries]
        if pictures and not marked:
            raise UserError(
                f"{self.file}: it names no image of the data set; `image` has to read like "
                f"{pictures[0].record.file_name!r}; if it is for training images only, set "
                "evaluation.exposed to false"
            )
        outside = [
            f"{self.file}: {picture.record.file_name}: the box {entry.box} lies outside of "
            f"the image, {picture.record.width}x{picture.record.height}"
            for picture in marked
            for entry in entries[picture.record.file_name]
            if region_inside(picture, entry.kind, entry.score, entry.box) is None
        ]
        if outside:
            raise UserError.of(outside)


@functools.lru_cache(maxsize=2)
def read_entries(path: Path) -> dict[str, tuple[MarkedRegion, ...]]:
    """The regions of a user's JSON or CSV file, by image.

    Raises:
        UserError: it is missing or malformed; a line a finding, with its line or entry and key.
    """
    by_image: dict[str, list[MarkedRegion]] = defaultdict(list)
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    for entry in validate(dict[str, MarkedRegion], rows, str(path)).values():
        by_image[entry.image].append(entry)
    return {image: tuple(entries) for image, entries in by_image.items()}


def _json_rows(path: Path) -> dict[str, dict]:
    rows = read_json(path)
    if not isinstance(rows, list):
        raise UserError(f"{path}: a list of regions is expected, found {json.dumps(rows)[:40]}")
    return {f"entry {number}": row for number, row in enumerate(rows, start=1)}


def _csv_rows(path: Path) -> dict[str, dict]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, restkey="more columns than the header has")
            return {
                f"line {reader.line_num}": {key: value for key, value in row.items() if value}
                for row in reader
            }
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV file in UTF-8 ({error})") from None


def side_path(root: Path, file_name: str) -> Path:
    """The file beside a drawn image that knows where its faces and plates are."""
    stem = file_name.removeprefix(IMAGE_FOLDER + "/").removesuffix(IMAGE_SUFFIX)
    return root / "pii" / f"{stem}_pii.json"


def _drawn(path: Path, picture: Picture) -> list[MarkedRegion]:
    known = {"image": picture.record.file_name}
    rows = {
        f"region {number}": known
        | {key: row[key] for key in MarkedRegion.model_fields if key in row}
        for number, row in enumerate(read_json(path)["regions"], start=1)
        if row.get("visible", True)
    }
    return list(validate(dict[str, MarkedRegion], rows, str(path)).values())


def _plates(path: Path, picture: Picture) -> list[MarkedRegion]:
    record = picture.record
    outlines = polygons_of(path, LICENSE_PLATE, record.width, record.height)
    polygons = [np.array(outline, np.float32) for outline in outlines]
    return [
        MarkedRegion(
            image=record.file_name,
            kind=Kind.LICENSE_PLATE,
            **dict(zip(("x0", "y0"), polygon.min(axis=0).tolist(), strict=True)),
            # A polygon names pixels, the last of which belong to the plate.
            **dict(zip(("x1", "y1"), (polygon.max(axis=0) + 1).tolist(), strict=True)),
            quad=quad_of(polygon + 0.5),
        )
        for polygon in polygons
    ]


def quad_of(polygon: np.ndarray) -> Points:
    """The corners of a plate: top left, top right, bottom right, bottom left.

    Four corners that were marked are taken as they are, since they know the perspective; of any
    other polygon the smallest rectangle around it, which may be rotated by less than 45°.

    Args:
        polygon: (n, 2) float32, x and y in pixels.
    """
    if len(polygon) != 4 or not cv2.isContourConvex(polygon):
        polygon = cv2.boxPoints(cv2.minAreaRect(polygon))
    around = polygon - polygon.mean(axis=0)
    clockwise = polygon[np.argsort(np.arctan2(around[:, 1], around[:, 0]), kind="stable")]
    first = int(np.argmin(clockwise.sum(axis=1)))
    return as_points(np.roll(clockwise, -first, axis=0))
