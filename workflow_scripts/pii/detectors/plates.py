"""License plates by the network of this project, which was trained on drawings."""

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
    """Keep plates that score higher; lower finds more, right and wrong."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two plates that overlap more, the one with the lower score is dropped."""
    tile: int = Field(1024, ge=512, le=4096)
    """Side of the tiles in pixels where the whole frame is searched: without `only_on_labelled`."""
    second_look: bool = True
    """Look at each plate again from close by, for corners that fit better and fewer false hits: its
    score is then the mean of both looks."""
    weights: Weights | None = None
    """An ONNX file that `tools.plate_detector` made; null: the one that comes along."""
