"""Detector `centerface`: a small network with five landmarks per face."""

from typing import ClassVar, Literal

from pii_detectors.centerface import CenterFaceSearch
from pydantic import Field

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.pii.network_detector import NetworkDetector


class CenterFace(NetworkDetector):
    """Faces, by a network."""

    kinds: ClassVar = frozenset({Kind.FACE})
    search_class: ClassVar = CenterFaceSearch

    detector: Literal["centerface"] = "centerface"
    """Find faces with a network."""
    threshold: float = Field(0.3, gt=0, lt=1)
    """Score threshold; lower values give more detections, true and false."""
    scale: float = Field(1.0, gt=0, le=4)
    """Scale of the image: above 1 for faces under 10 pixels, below 1 for speed. Whole frames
    (without `only_on_labelled`) are also searched at a half, a quarter, … of this scale, for close
    faces, and at twice the scale if they are small (docs/detection.md)."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """IoU threshold of non-maximum suppression."""
