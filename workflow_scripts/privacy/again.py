"""Looking for faces and plates once more, where they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.common.section import validate
from workflow_scripts.contracts.coco import CocoImage, Instance
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.pii.detector import Detector, Frame
from workflow_scripts.pii.settings import AnyDetector, Pii

STAND_INS = {Kind.FACE: "centerface", Kind.LICENSE_PLATE: "plates"}
"""Who looks again where regions came from annotations."""
MARGIN = 3.0
"""What a detector is shown around a region, in its longer sides: about as much as belongs to a
person around a face. Of 2, 3 and 4, the one with which most is found again in originals."""
MIN_IOU = 0.3
"""From here on, two boxes are of one region; or where each holds the other's centre."""


@dataclass(frozen=True)
class Finder:
    """The detector of one kind."""

    kind: Kind
    detector: Detector
    stands_in: bool
    """The experiment's own one reads annotations, which say nothing about pixels."""

    def finds(
        self, image: np.ndarray, info: CocoImage, regions: Sequence[Region]
    ) -> dict[Region, bool]:
        """Whether each region of the kind is found in an image of these pixels.

        Args:
            image: (h, w, 3) uint8 RGB.
            info: the original's name and size.
            regions: of the original; those of other kinds are passed over.
        """
        own = [region for region in regions if region.kind is self.kind]
        if not own:
            return {}
        around = tuple(_surroundings(region, info) for region in own)
        frame = Frame(info, Path(), bearers={self.kind: around})
        vars(frame)["image"] = image  # it is in memory: the frame has nothing to read
        found = self.detector.regions(frame, self.kind)
        return {region: any(_is_same(region, other) for other in found) for region in own}


def finders_of(settings: Pii) -> dict[Kind, Finder]:
    """Who looks again for each kind that the experiment looked for."""
    finders = {}
    for kind, own in settings.detectors.items():
        looks = own.reads_images
        other = {"detector": STAND_INS[kind]}
        detector = own if looks else validate(AnyDetector, other, "privacy")
        finders[kind] = Finder(kind, detector, stands_in=not looks)
    return finders


def _surroundings(region: Region, info: CocoImage) -> Instance:
    """Where to look for a region, as a labelled object would be."""
    pad = MARGIN * max(region.width, region.height)
    x0, y0 = max(region.x0 - pad, 0), max(region.y0 - pad, 0)
    x1, y1 = min(region.x1 + pad, info.width), min(region.y1 + pad, info.height)
    box = (x0, y0, x1 - x0, y1 - y0)
    return Instance(0, info.id, 0, box, round(box[2] * box[3]), {})


def _is_same(first: Region, second: Region) -> bool:
    if _holds_centre(first, second) and _holds_centre(second, first):
        return True
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    shared = max(width, 0) * max(height, 0)
    union = first.width * first.height + second.width * second.height - shared
    return shared >= MIN_IOU * union > 0


def _holds_centre(outer: Region, inner: Region) -> bool:
    x, y = (inner.x0 + inner.x1) / 2, (inner.y0 + inner.y1) / 2
    return outer.x0 <= x <= outer.x1 and outer.y0 <= y <= outer.y1
