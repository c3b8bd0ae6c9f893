"""Detector `plates`: license plates by this project's network, trained on drawings."""

from typing import ClassVar, Literal

from pii_detectors.plates import PlateSearch
from pydantic import Field

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.pii.network_detector import NetworkDetector


class Plates(NetworkDetector):
    """License plates, by a network of this project that was trained on drawings."""

    kinds: ClassVar = frozenset({Kind.LICENSE_PLATE})
    search_class: ClassVar = PlateSearch

    detector: Literal["plates"] = "plates"
    """Find license plates with a network."""
    threshold: float = Field(0.55, gt=0, lt=1)
    """Score threshold; lower values give more detections, true and false."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """IoU threshold of non-maximum suppression."""
    tile: int = Field(1024, ge=512, le=4096)
    """Side of the tiles in pixels when searching whole frames (without `only_on_labelled`)."""
    second_look: bool = True
    """Run the network again on a close-up of each plate, for better corners and fewer false
    detections: the score is then the mean of both runs."""
    weights: Weights | None = None
    """An ONNX file made by `tools.plate_detector`; null: the included one."""
