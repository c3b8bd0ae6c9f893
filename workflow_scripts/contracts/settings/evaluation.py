"""`evaluation:` how the trained models are tested."""

from typing import Any

from pydantic import Field, PositiveInt, model_validator

from workflow_scripts.common.section import Section

UNMODIFIED = "unmodified"
"""The validation images as they are, among those to test on."""


class Evaluation(Section):
    """Prediction on the validation images, and the COCO protocol."""

    on: tuple[str, ...] = (UNMODIFIED,)
    """`unmodified`, and variants: the validation images are anonymized in the same way, every model
    is tested on them as well, and `tables/cross.*` shows each training by each test. All other
    tables are about the unmodified images."""
    score_threshold: float = Field(0.05, ge=0, lt=1)
    """Predictions below this score are dropped, as detectron2 does."""
    detections_per_image: PositiveInt = 100
    """At most this many predictions an image; the COCO protocol counts 100."""
    shorter_side: PositiveInt = 1024
    """Resize a test image's shorter side to this (pixels)."""
    longest_side: PositiveInt = 2048
    """The longer side never exceeds this (pixels)."""
    exposed: bool = True
    """Also say how well objects are found that carry a face or a license plate. For this, PII is
    detected in the validation images as well. It does not concern the predictions."""

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, content: Any) -> Any:
        """YAML 1.1 takes a bare `on` for the truth value."""
        if not isinstance(content, dict) or "on" in content:
            return content
        return {"on" if key is True else key: value for key, value in content.items()}
