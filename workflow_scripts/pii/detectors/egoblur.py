"""Faces or license plates by EgoBlur, Meta's detectors for anonymization."""

from typing import ClassVar, Literal

from pii_detectors.egoblur import EgoBlurSearch
from pydantic import Field

from workflow_scripts.contracts.weights import Weights
from workflow_scripts.pii.network_detector import NetworkDetector


class EgoBlur(NetworkDetector):
    """Faces or license plates, by EgoBlur."""

    search_class: ClassVar = EgoBlurSearch

    detector: Literal["egoblur"] = "egoblur"
    """Find faces or license plates with a detector of EgoBlur, on a GPU where there is one."""
    weights: Weights
    """`ego_blur_face.jit` or `ego_blur_lp.jit`, a TorchScript file."""
    threshold: float = Field(0.9, gt=0, lt=1)
    """Keep what scores higher; lower finds more, right and wrong."""
    scale: float = Field(1.0, gt=0, le=4)
    """Resize the image by this first."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two regions that overlap more, the one with the lower score is dropped."""
