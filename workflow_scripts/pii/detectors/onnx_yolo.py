"""License plates (or faces) by a YOLO network in an ONNX file."""

from typing import ClassVar, Literal

from pii_detectors.yolo import YoloSearch
from pydantic import Field, NonNegativeInt

from workflow_scripts.contracts.weights import Weights
from workflow_scripts.pii.network_detector import NetworkDetector


class OnnxYolo(NetworkDetector):
    """License plates or faces, by a YOLO network."""

    search_class: ClassVar = YoloSearch

    detector: Literal["onnx_yolo"] = "onnx_yolo"
    """Find license plates (or faces) with a YOLO network: tiled over the frame, or around labelled
    objects."""
    weights: Weights
    """Its ONNX file."""
    threshold: float = Field(0.4, gt=0, lt=1)
    """Keep what scores higher; lower finds more, right and wrong."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two regions that overlap more, the one with the lower score is dropped."""
    classes: tuple[NonNegativeInt, ...] | None = None
    """Numbers of the network's classes that count, from 0; null: all."""
    tile: int | None = Field(None, ge=64, le=8192)
    """Side of the tiles in pixels where the whole frame is searched; each is resized to what the
    network takes. null: that size, so that nothing is resized. Small plates need small tiles."""
    input_side: int = Field(640, ge=32, le=4096, multiple_of=32)
    """What a network sees that takes images of any size; others say it themselves."""
