"""Faces by YuNet, with five landmarks, run by OpenCV."""

from typing import ClassVar, Literal

from pii_detectors.yunet import YuNetSearch
from pydantic import Field

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.pii.network_detector import NetworkDetector

OPENCV_ZOO = Weights(
    source="https://github.com/opencv/opencv_zoo/raw/f12e12798e8314f7c074a6656816c048dcc95b7a/"
    "models/face_detection_yunet/face_detection_yunet_2023mar.onnx",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    licence="MIT",
)
"""232,589 bytes. The address names a commit, so that it stays when the zoo gets a newer file."""


class YuNet(NetworkDetector):
    """Faces, by YuNet."""

    kinds: ClassVar = frozenset({Kind.FACE})
    search_class: ClassVar = YuNetSearch

    detector: Literal["yunet"] = "yunet"
    """Find faces with YuNet, through OpenCV's FaceDetectorYN."""
    weights: Weights = OPENCV_ZOO
    """Its ONNX file; by default OpenCV Zoo's, which is downloaded."""
    threshold: float = Field(0.6, gt=0, lt=1)
    """Keep faces that score higher; lower finds more, right and wrong."""
    scale: float = Field(1.0, gt=0, le=4)
    """Resize the image by this first: above 1 for faces under 10 pixels, below 1 for speed."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two faces that overlap more, the one with the lower score is dropped."""
