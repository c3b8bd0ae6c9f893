"""Faces by CenterFace, a small network with five landmarks a face."""

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
    """Keep faces that score higher; lower finds more, right and wrong."""
    scale: float = Field(1.0, gt=0, le=4)
    """Resize the image by this first: above 1 for faces under 10 pixels, below 1 for speed. Whole
    frames (without `only_on_labelled`) are also searched at a half, a quarter, … of it, for faces
    from close by, and at twice of it if they are small (docs/detection.md)."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two faces that overlap more, the one with the lower score is dropped."""
