"""Repeated detection of faces and plates in anonymized images, at their original places."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.detection import Detector, PiiSection, detector_named
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.privacy.matching import is_same

STAND_INS = {Kind.FACE: "centerface", Kind.LICENSE_PLATE: "plates"}
"""Detectors used where the regions are from annotations."""
MARGIN = 3.0
"""Margin around a region that a detector sees, relative to the region's longer side: about the size
of a person around a face. Of 2, 3 and 4, the value that finds the most regions in originals."""


@dataclass(frozen=True)
class Finder:
    """Detector that searches for one kind of region again."""

    kind: Kind
    detector: Detector
    stands_in: bool
    """Whether it replaces the experiment's detector, which reads annotations instead of pixels."""

    def finds(self, picture: Picture) -> dict[str, bool]:
        """Whether each original region of the kind is found, by region id.

        Args:
            picture: the pixels to search, and the original's record and regions.
        """
        own = [region for region in picture.regions if region.kind is self.kind]
        if not own:
            return {}
        within = np.array([_surroundings(region, picture.record) for region in own])
        found = self.detector.regions(picture, self.kind, within)
        return {region.id: any(is_same(region, other) for other in found) for region in own}


def finders_of(settings: PiiSection) -> dict[Kind, Finder]:
    """Detectors for each kind that the experiment searched for."""
    finders = {}
    for kind, own in settings.detectors.items():
        looks = own.reads_images
        detector = own if looks else detector_named(STAND_INS[kind])
        finders[kind] = Finder(kind, detector, stands_in=not looks)
    return finders


def _surroundings(region: Region, image: CocoImage) -> tuple[float, float, float, float]:
    """The box (xyxy, pixels) in which a region is searched."""
    pad = MARGIN * max(region.width, region.height)
    x0, y0 = max(region.x0 - pad, 0), max(region.y0 - pad, 0)
    return x0, y0, min(region.x1 + pad, image.width), min(region.y1 + pad, image.height)
