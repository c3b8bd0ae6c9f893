"""License plates by the network of this project, `workflow_scripts.pii.plate_network`."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.boxes import boxes_around
from workflow_scripts.imaging.detection import Detector, as_points, region_inside
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.pii.plate_network.search import PlateSearch


class Plates(PlateSearch, Detector):
    """License plates, by a network of this project that was trained on drawings."""

    kinds: ClassVar = frozenset({Kind.LICENSE_PLATE})

    detector: Literal["plates"] = "plates"
    """Find license plates with a network."""

    def check(self, pictures: Sequence[Picture], kind: Kind) -> None:
        """See whether the weights can be loaded."""
        self.network(1)

    def regions(
        self, picture: Picture, kind: Kind, within: np.ndarray | None = None, threads: int = 1
    ) -> list[Region]:
        network = self.network(threads)
        quads, scores = self.find(network, picture.pixels, within)
        found = [
            region_inside(picture, kind, score, box, quad=as_points(quad))
            for quad, box, score in zip(quads, boxes_around(quads), scores, strict=True)
        ]
        return [region for region in found if region is not None]
