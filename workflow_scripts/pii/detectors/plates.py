"""License plates by the network of this project, `workflow_scripts.pii.plate_network`."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.pii.detector import Detector, Frame, as_points, region_inside
from workflow_scripts.pii.plate_network.decode import boxes_of
from workflow_scripts.pii.plate_network.search import PlateSearch


class Plates(PlateSearch, Detector):
    """License plates, by a network of this project that was trained on drawings."""

    kinds: ClassVar = frozenset({Kind.LICENSE_PLATE})

    detector: Literal["plates"] = "plates"
    """Find license plates with a network."""

    def check(self, frames: Sequence[Frame], kind: Kind) -> None:
        """See whether the weights can be loaded."""
        self.network(1)

    def regions(self, frame: Frame, kind: Kind) -> list[Region]:
        network = self.network(frame.threads)
        quads, scores = self.find(network, frame.image, frame.bearers_of(kind))
        found = [
            region_inside(frame, kind, score, box, quad=as_points(quad))
            for quad, box, score in zip(quads, boxes_of(quads), scores, strict=True)
        ]
        return [region for region in found if region is not None]
