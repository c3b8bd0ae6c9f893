"""The protocol of PII detectors, and access to them for stages other than `pii`."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from pii_detectors.boxes import objects_of
from plain_commands.section import Section, validate
from pydantic import model_validator

from workflow_scripts.common.plugins import looked_up
from workflow_scripts.contracts.coco import CocoSplit, Instance
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.regions import Kind, Points, Region
from workflow_scripts.imaging.masks import decode_mask
from workflow_scripts.imaging.pictures import Picture


@dataclass(frozen=True)
class ImageNames:
    """The names of all images of a data set, for detectors that find images by name."""

    split: str
    """The split whose images are searched."""
    root: Path
    """The folder that the names of this split are relative to."""
    files: Mapping[str, Path]
    """The file of annotations of each split."""

    @classmethod
    def of(cls, annotations: Path, root: Path) -> "ImageNames":
        """The names in a split's annotation file, and in the other split's file beside it."""
        split, files = Layout.annotations_beside(annotations)
        return cls(split, root, files)

    @cached_property
    def digests(self) -> dict[str, dict[str, str]]:
        """SHA-256 of each image by split and file name; reads the files."""
        return {
            split: {image.file_name: image.sha256 for image in CocoSplit.read_images(file).images}
            for split, file in self.files.items()
        }


BEYOND = 0.1
"""Share of the height by which other detections of a face or plate may extend beyond the best one:
methods hide more than that around landmarks and quads."""


class Detector(Section):
    """One way to find PII. Its fields are its settings.

    A new detector is a module in `pii/detectors/` with a subclass that has a field
    `detector: Literal["its name"] = "its name"` and the method `regions`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)
    """The kinds of PII that it can find."""
    reads_images: ClassVar[bool] = True
    """Whether it uses `Picture.pixels`."""

    detector: str
    """Name of the detector."""

    def regions(
        self, picture: Picture, kind: Kind, within: np.ndarray | None = None, threads: int = 1
    ) -> list[Region]:
        """The regions of one kind in one picture, boxes inside the image.

        Args:
            picture: has `pixels` (height, width, 3) uint8 RGB, `record` and `path`.
            kind: one of `kinds`.
            within: boxes (n, 4) xyxy in pixels of the labelled objects that can have such PII,
                at least one; None: search the whole image.
            threads: CPU threads that may be used.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method regions()")

    def for_data_set(self, names: ImageNames) -> Self:
        """The detector with the names of a data set's images, if it needs them."""
        return self

    def check(self, pictures: Sequence[Picture], kind: Kind) -> None:
        """Check settings and files, without looking at pixels.

        Raises:
            UserError: `regions` would fail on these pictures; reports all problems at once.
        """

    def notes(self, pictures: Sequence[Picture], kind: Kind) -> list[str]:
        """What it drops or considers doubtful in these pictures, one sentence each."""
        return []


class Detectors(Section):
    """A detector of faces and one of license plates."""

    faces: Detector | None = None
    license_plates: Detector | None = None

    @property
    def detectors(self) -> dict[Kind, Detector]:
        """The detector of each kind of PII that is searched for."""
        found = ((Kind.FACE, self.faces), (Kind.LICENSE_PLATE, self.license_plates))
        return {kind: detector for kind, detector in found if detector is not None}

    def for_data_set(self, names: ImageNames) -> Self:
        """The settings with detectors that know the names of all images."""
        ready = {
            kind.key.removeprefix("pii."): detector.for_data_set(names)
            for kind, detector in self.detectors.items()
        }
        return self.model_copy(update=ready)

    @model_validator(mode="after")
    def _detectors_fit(self) -> Self:
        for kind, detector in self.detectors.items():
            if kind not in detector.kinds:
                every = looked_up("workflow_scripts.pii.settings", "DETECTORS")
                able = [one.model_fields["detector"].default for one in every if kind in one.kinds]
                raise ValueError(
                    f"{kind.key.removeprefix('pii.')}.detector: "
                    f"{detector.detector} does not find them; use one of {', '.join(able)}"
                )
        return self


class PiiSection(Protocol):
    """Part of the config section `pii:` that other stages use."""

    @property
    def detectors(self) -> Mapping[Kind, Detector]:
        """The detector of each kind of PII that is searched for."""

    def counts(self, region: Region, picture: Picture) -> bool:
        """Whether a detection counts: it may have to lie on a labelled object."""


def pii_section() -> Any:
    """The model of the config section `pii:`, a `PiiSection`, defined with the detectors."""
    return looked_up("workflow_scripts.pii.settings", "Pii")


def any_detector() -> Any:
    """The type of a detector in the config: the union of all."""
    return looked_up("workflow_scripts.pii.settings", "AnyDetector")


def detector_named(name: str) -> Detector:
    """The detector with a given name, with default settings."""
    detector: Detector = validate(any_detector(), {"detector": name}, "detector")
    return detector


def share_on(region: Region, parents: Iterable[Instance]) -> float:
    """The share of a region's box that lies on the masks of any of these instances, 0 to 1.

    Masks, not boxes: the box of a group, or of a person with spread arms, is mostly background.
    """
    rows = slice(math.floor(region.y0), math.ceil(region.y1))
    columns = slice(math.floor(region.x0), math.ceil(region.x1))
    covered = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    for parent in parents:
        x, y, width, height = parent.bbox
        if (
            x < columns.stop
            and y < rows.stop
            and x + width > columns.start
            and y + height > rows.start
        ):
            covered |= decode_mask(parent.segmentation)[rows, columns]
    return float(covered.mean())


def merged(regions: Sequence[Region]) -> list[Region]:
    """One region per face or license plate, merged from overlapping detections.

    It is the best detection with a box that contains all of them, so that everything that one of
    them would hide is hidden. If others extend far beyond the best detection, its landmarks or quad
    are removed: methods would hide only their surroundings, and not the whole box. Detections with
    different tracks are different faces, even if they overlap.

    Args:
        regions: detections of one kind, in one picture.
    """
    boxes = np.array([region.box for region in regions], float).reshape(-1, 4)
    scores = np.array([region.score for region in regions], float)
    whole = []
    finds = (_by_track(regions, group) for group in objects_of(boxes, scores))
    for track, group in itertools.chain.from_iterable(finds):
        x0, y0 = boxes[group, :2].min(axis=0).tolist()
        x1, y1 = boxes[group, 2:].max(axis=0).tolist()
        best = replace(regions[group[0]], track=track)
        more = max(best.x0 - x0, best.y0 - y0, x1 - best.x1, y1 - best.y1)
        if more > BEYOND * best.height:
            best = replace(best, landmarks=None, quad=None)
        score = float(scores[group].max())
        whole.append(replace(best, x0=x0, y0=y0, x1=x1, y1=y1, score=score))
    return whole


def _by_track(
    regions: Sequence[Region], group: Sequence[int]
) -> Iterator[tuple[str | None, list[int]]]:
    """Indices of a group by track; detections without a track belong to the first."""
    named = dict.fromkeys(regions[index].track for index in group)
    tracks: list[str | None] = [track for track in named if track is not None]
    first, *others = tracks or [None]
    yield first, [index for index in group if regions[index].track in (first, None)]
    for track in others:
        yield track, [index for index in group if regions[index].track == track]


def region_inside(
    picture: Picture,
    kind: Kind,
    score: float,
    box: Sequence[float] | np.ndarray,
    *,
    landmarks: Points | None = None,
    quad: Points | None = None,
    track: str | None = None,
) -> Region | None:
    """A region whose box (xyxy, pixels) is clipped to the image; None if nothing is left."""
    record = picture.record
    x0, x1 = (min(max(float(x), 0.0), float(record.width)) for x in box[::2])
    y0, y1 = (min(max(float(y), 0.0), float(record.height)) for y in box[1::2])
    if x1 <= x0 or y1 <= y0:
        return None
    return Region(record.file_name, kind, float(score), x0, y0, x1, y1, landmarks, quad, track)


def as_points(points: np.ndarray) -> Points:
    """The points of an array (n, 2), in the form of a region."""
    return tuple((float(x), float(y)) for x, y in points)
