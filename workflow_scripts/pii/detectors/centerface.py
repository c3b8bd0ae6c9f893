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
    """Resize the image by this first: above 1 for faces under 10 pixels, below 1 for speed."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two faces that overlap more, the one with the lower score is dropped."""
    two_looks: bool = True
    """Where a whole frame is searched (without `only_on_labelled`), look at it at half of `scale`
    first, and at what may be a face from close by; false: once, at `scale`, which takes three to
    four times as long (docs/detection.md)."""
    every_size: bool = False
    """Where a whole frame is searched: at `scale`, at a half, a quarter, … of it for faces from
    close by, and at twice `scale` if the frame is small. It replaces `two_looks`."""
