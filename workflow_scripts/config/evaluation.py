"""`evaluation:` how the trained models are tested."""

from pydantic import Field, PositiveInt

from workflow_scripts.config.section import Section


class Evaluation(Section):
    """Prediction on the unmodified validation images, and the COCO protocol."""

    score_threshold: float = Field(0.05, ge=0, lt=1)
    """Predictions below this score are dropped, as detectron2 does."""
    detections_per_image: PositiveInt = 100
    """At most this many predictions an image; the COCO protocol counts 100."""
    shorter_side: PositiveInt = 1024
    """Resize a test image's shorter side to this (pixels)."""
    longest_side: PositiveInt = 2048
    """The longer side never exceeds this (pixels)."""
