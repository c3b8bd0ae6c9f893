"""Base of the detectors implemented in the package `pii_detectors`."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from pii_detectors.detections import BoxDetections, FaceDetections, PlateDetections
from pii_detectors.errors import DetectorError
from plain_commands.errors import UserError

from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.detection import Detector, as_points, region_inside
from workflow_scripts.imaging.pictures import Picture


class Search(Protocol):
    """Common interface of the searches in `pii_detectors`."""

    def load(self, threads: int = 1) -> object:
        """Load the network, or raise DetectorError."""

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> BoxDetections:
        """The faces or plates of an image."""


class NetworkDetector(Detector):
    """A config section whose fields, except `detector`, are the arguments of a search."""

    search_class: ClassVar[type[Search]]

    def arguments(self) -> dict[str, Any]:
        """Arguments of the search; UserError if its weights are on another machine."""
        settings = {name: value for name, value in self if name != "detector"}
        weights = settings.pop("weights", None)
        if weights is not None:
            settings |= {"weights": weights.local(), "sha256": weights.sha256}
        return settings

    def search(self) -> Search:
        """The search with these settings."""
        return self.search_class(**self.arguments())

    def check(self, pictures: Sequence[Picture], kind: Kind) -> None:
        """Check that the network can be loaded."""
        try:
            self.search().load()
        except DetectorError as error:
            raise UserError(str(error)) from None

    def regions(
        self, picture: Picture, kind: Kind, within: np.ndarray | None = None, threads: int = 1
    ) -> list[Region]:
        try:
            found = self.search().find(picture.pixels, within, threads)
        except DetectorError as error:
            raise UserError(str(error)) from None
        points: list[dict[str, Any]] = [{}] * len(found)
        if isinstance(found, FaceDetections):
            points = [{"landmarks": as_points(landmarks)} for landmarks in found.landmarks]
        elif isinstance(found, PlateDetections):
            points = [{"quad": as_points(quad)} for quad in found.quads]
        regions = [
            region_inside(picture, kind, score, box, **named)
            for box, score, named in zip(found.boxes, found.scores, points, strict=True)
        ]
        return [region for region in regions if region is not None]
