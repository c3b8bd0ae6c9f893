"""Detector `onnx_yolo`: license plates (or faces) by a YOLO network in an ONNX file."""

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
    """Score threshold; lower values give more detections, true and false."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """IoU threshold of non-maximum suppression."""
    classes: tuple[NonNegativeInt, ...] | None = None
    """Indices of the network's classes to use, from 0; null: all."""
    tile: int | None = Field(None, ge=64, le=8192)
    """Side of the tiles in pixels when searching whole frames; each tile is resized to the
    network's input size. null: the input size itself, so nothing is resized. Small plates need
    small tiles."""
    input_side: int = Field(640, ge=32, le=4096, multiple_of=32)
    """Input size for a network that accepts any size; other networks define it."""
