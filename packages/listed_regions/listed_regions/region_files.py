"""A user's file of faces and license plates: its rows, and the images to which they belong."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from plain_commands.errors import UserError
from plain_commands.files import read_bytes, read_json, write_json
from plain_commands.section import Section, validate
from pydantic import Field, field_validator, model_validator

from .matching import Written, match_names

Kind = Literal["face", "license_plate"]
Points = tuple[tuple[float, float], ...]
NEEDED = ("image", "kind", "x0", "y0", "x1", "y1")
OPTIONAL = ("score", "split", "track")
NO_NAMES = ("", "nan", "none", "null")
"""Values that programs write for an unknown track. If treated as a name, they would make all those
faces one person's."""
FRACTION = 2.0
"""Distance from the origin, pixels, within which a box has to end to be taken as fractions; as
pixels, it would show nothing."""


class MarkedRegion(Section):
    """Marked region in pixels; upper left corner of the box included, lower right one excluded."""

    image: str = Field(min_length=1)
    kind: Kind
    x0: float
    y0: float
    x1: float
    y1: float
    score: float = Field(1.0, ge=0, le=1)
    landmarks: Points | None = None
    quad: Points | None = None
    track: str | None = None
    """Name of the face or plate, the same in all images."""

    @field_validator("track", mode="before")
    @classmethod
    def _is_a_name(cls, track: object) -> object:
        if isinstance(track, int | float) and not isinstance(track, bool) and track % 1 == 0:
            return str(int(track))
        if track is None or (isinstance(track, str) and track.strip().lower() not in NO_NAMES):
            return track
        raise ValueError("a text or a whole number is expected, or nothing where it is not known")

    @model_validator(mode="after")
    def _has_an_area(self) -> "MarkedRegion":
        for low, high in (("x0", "x1"), ("y0", "y1")):
            if getattr(self, high) <= getattr(self, low):
                raise ValueError(
                    f"{high}: {getattr(self, high):g} is not greater than {low}, "
                    f"{getattr(self, low):g}: these are corners, not width and height"
                )
        return self

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1


class ListedRegion(MarkedRegion):
    """Region in a user's file."""

    split: Literal["train", "val"] | None = None
    """Split of the image, if both splits have an image with this name."""

    @field_validator("landmarks", "quad", mode="before")
    @classmethod
    def _is_of_points(cls, points: object) -> object:
        if isinstance(points, list) and any(not isinstance(point, list) for point in points):
            raise ValueError(f"a list of points [x, y] is expected (found {points!s:.40})")
        return points

    @model_validator(mode="after")
    def _is_in_pixels(self) -> "ListedRegion":
        if 0 < self.x1 <= FRACTION and 0 < self.y1 <= FRACTION:
            raise ValueError(
                f"the box ends at x1 {self.x1:g}, y1 {self.y1:g}: coordinates are pixels; multiply "
                "fractions by the width and height of the image"
            )
        for name, points, number in (("landmarks", self.landmarks, 5), ("quad", self.quad, 4)):
            if points is None:
                continue
            if len(points) != number:
                raise ValueError(f"{name}: {number} points are expected, found {len(points)}")
            x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
            if not (self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1):
                raise ValueError(f"{name}: their centre ({x:g}, {y:g}) lies outside of the box")
        return self


def read_rows(path: Path) -> dict[str, ListedRegion]:
    """Rows of a JSON or CSV file, by their position in it ("line 2", "entry 1").

    Raises:
        UserError: it is missing, empty or malformed; one line per finding, with position and key.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    if not rows:
        raise UserError(f"{path}: it holds no region")
    marked: dict[str, ListedRegion] = validate(dict[str, ListedRegion], rows, str(path))
    return marked


def write_rows(path: Path, rows: Iterable[ListedRegion]) -> None:
    """Write rows as a JSON file for `read_rows`, atomically."""
    write_json(path, [row.model_dump(mode="json", exclude_none=True) for row in rows])


def _json_rows(path: Path) -> dict[str, object]:
    try:
        rows = read_json(path)
    except UserError:
        if not path.is_file() or path.suffix.lower() in (".json", ".gz"):
            raise
        raise UserError(
            f"{path}: it is not JSON, and its name does not end in .csv; give the regions as .csv "
            "or .json"
        ) from None
    if not isinstance(rows, list):
        raise UserError(f"{path}: a list of regions is expected, found {json.dumps(rows)[:40]}")
    return {f"entry {number}": row for number, row in enumerate(rows, start=1)}


def _csv_rows(path: Path) -> dict[str, object]:
    try:
        text = io.StringIO(read_bytes(path).decode("utf-8-sig"), newline="")
        reader = csv.reader(text, skipinitialspace=True)
        header = [name.strip() for name in next(reader, ())]
        _check_header(path, header)
        rows = [(f"line {reader.line_num}", row) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV file in UTF-8 ({error})") from None
    findings = [
        f"{path}: {place}: {len(header)} columns are expected, as the first line has them, found "
        f"{len(row)} ({','.join(row)[:40]!r}); correct the line, or remove it"
        for place, row in rows
        if len(row) != len(header)
    ]
    if findings:
        raise UserError.of(findings)
    return {
        place: {key: value.strip() for key, value in zip(header, row, strict=True) if value}
        for place, row in rows
    }


def _check_header(path: Path, header: Sequence[str]) -> None:
    named = set(header)
    if not set(NEEDED) <= named <= {*NEEDED, *OPTIONAL} or len(named) < len(header):
        raise UserError(
            f"{path}: the first line has to name the columns {', '.join(NEEDED)} (and may name "
            f"{', '.join(OPTIONAL)}), separated by commas; found {','.join(header)[:80]!r}"
        )


@dataclass(frozen=True)
class MarkedImages:
    """Rows of a file that belong to the images of one split."""

    rows: dict[str, dict[str, ListedRegion]]
    """Rows by the name of the image and their position in the file, without duplicates."""
    notes: dict[str, list[str]]
    """Number of rows of each kind in the file that belong to this split; notes on the others."""


NOTES = {
    "otherwise": "name their image otherwise than the data set does",
    "elsewhere": "are on images of the other split",
    "repeated": "repeat another one and count once",
    "shared": "have a track that another region of their image has",
    "unknown": "are on images that are not in the data set, and not used",
}


def marked_images(
    path: Path,
    split: str,
    root: Path,
    digests: Mapping[str, Mapping[str, str]],
    advice: str = "",
) -> MarkedImages:
    """Find the image of each row of a file.

    Args:
        path: the file.
        split: the split whose images are searched.
        root: folder that the names of this split are relative to.
        digests: SHA-256 of each image by split and file name.
        advice: hint for the error if no row fits an image of this split.

    Raises:
        UserError: a row fits several images, several names fit one image, or no row fits an image
            of this split; one line per finding.
    """
    rows = read_rows(path)
    places: dict[Written, str] = {}
    for place, row in rows.items():
        places.setdefault((row.image, row.split), place)
    matches, ambiguous = match_names(places, digests, {split: root})
    if ambiguous:
        raise UserError.of([f"{path}: {line}" for line in ambiguous])
    belongs: dict[str, dict[str, ListedRegion]] = defaultdict(dict)
    told: dict[tuple[Kind, str], list[str]] = defaultdict(list)
    seen = set()
    for place, row in rows.items():
        images, what = matches[row.image, row.split].images, f"{row.image!r} ({place})"
        if not images:
            told[row.kind, "unknown"].append(what)
            continue
        name = images[0][1]
        if row.image != name:
            told[row.kind, "otherwise"].append(f"{what} for {name!r}")
        if split not in {one for one, _ in images}:
            told[row.kind, "elsewhere"].append(what)
        elif (box := (name, row.kind, row.box, row.track)) in seen:
            told[row.kind, "repeated"].append(what)
        else:
            seen.add(box)
            belongs[name][place] = row
    _tell_shared_tracks(belongs, told)
    own = digests[split]
    if own and not belongs:
        of_other = [what for (_, key), of in told.items() if key == "elsewhere" for what in of]
        found, *_ = of_other or [what for of in told.values() for what in of]
        raise UserError(
            f"{path}: it names no {f'{split} image' if of_other else 'image'} of the data set but "
            f"e.g. {found}; `image` has to read like {next(iter(own))!r}{advice}"
        )
    notes: dict[str, list[str]] = {}
    for kind in {row.kind for row in rows.values()}:
        here = [name for name, of in belongs.items() for row in of.values() if row.kind == kind]
        total = sum(row.kind == kind for row in rows.values())
        notes[kind] = [
            f"{total} {kind} regions, {len(here)} of them on {len(set(here))} of the {len(own)} "
            f"{split} images"
        ]
        for key, text in NOTES.items():
            if of := told[kind, key]:
                notes[kind].append(f"{len(of)} {kind} regions {text}, e.g. {of[0]}")
    return MarkedImages(belongs, notes)


def _tell_shared_tracks(
    belongs: Mapping[str, Mapping[str, ListedRegion]], told: Mapping[tuple[Kind, str], list[str]]
) -> None:
    """Add the position of each row that shares its track with an earlier row of its image."""
    for rows in belongs.values():
        tracks = set()
        for place, row in rows.items():
            if row.track and (row.kind, row.track) in tracks:
                told[row.kind, "shared"].append(f"{row.image!r} ({place})")
            tracks.add((row.kind, row.track))
