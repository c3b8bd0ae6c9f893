"""Detector `yunet`: faces with five landmarks, run by OpenCV."""

from typing import ClassVar, Literal

from pii_detectors.yunet import YuNetSearch
from pydantic import Field

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.pii.network_detector import NetworkDetector


class YuNet(NetworkDetector):
    """Faces, by YuNet."""

    kinds: ClassVar = frozenset({Kind.FACE})
    search_class: ClassVar = YuNetSearch

    detector: Literal["yunet"] = "yunet"
    """Find faces with YuNet, through OpenCV's FaceDetectorYN."""
    weights: Weights = Weights.model_validate("yunet")
    """Its ONNX file (default: OpenCV Zoo's, which is downloaded)."""
    threshold: float = Field(0.6, gt=0, lt=1)
    """Score threshold; lower values give more detections, true and false."""
    scale: float = Field(1.0, gt=0, le=4)
    """Scale of the image: above 1 for faces under 10 pixels, below 1 for speed."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """IoU threshold of non-maximum suppression."""
