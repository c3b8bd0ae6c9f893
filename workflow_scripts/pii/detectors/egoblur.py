"""Detector `egoblur`: faces or license plates by Meta's networks for anonymization."""

from typing import ClassVar, Literal

from pii_detectors.egoblur import EgoBlurSearch
from pydantic import Field

from workflow_scripts.contracts.weights import Weights
from workflow_scripts.pii.network_detector import NetworkDetector


class EgoBlur(NetworkDetector):
    """Faces or license plates, by EgoBlur."""

    search_class: ClassVar = EgoBlurSearch

    detector: Literal["egoblur"] = "egoblur"
    """Find faces or license plates with an EgoBlur network, on a GPU if available."""
    weights: Weights
    """`ego_blur_face.jit` or `ego_blur_lp.jit`, a TorchScript file."""
    threshold: float = Field(0.9, gt=0, lt=1)
    """Score threshold; lower values give more detections, true and false."""
    scale: float = Field(1.0, gt=0, le=4)
    """Scale of the image."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """IoU threshold of non-maximum suppression."""
