"""`statistics:` what counts as the same, and how sure one wants to be."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from workflow_scripts.config.section import Section

Margin = Annotated[float, Field(gt=0, lt=1)]
Probability = Annotated[float, Field(gt=0, lt=0.5)]
Power = Annotated[float, Field(ge=0.5, lt=1)]


class Statistics(Section):
    """The verdict on each variant against the reference."""

    margins: tuple[Margin, ...] = Field((0.01, 0.02), min_length=1)
    """Differences up to this (AP, fractions of 1: 0.01 is one point) do not matter. Name them
    before you see results; several are reported side by side."""
    level: Probability = 0.05
    """Level of each test. Intervals have the confidence 1 - 2 * level, which goes with
    two one-sided tests at that level."""
    image_samples: int = Field(400, ge=0, le=100_000)
    """Samples of the test images, drawn from those that there are, that tell what another set of
    images would change. 0 leaves it out."""
    image_groups: str = Field("auto", min_length=1)
    """Images that are drawn together: `image` (each by itself), `folder` (those of a folder, such
    as a city), `auto` (folders, if they are worth ten of equal size; else images), or a regular
    expression for file names, whose match names the group."""
    power: Power = 0.8
    """For the smallest detectable difference and the number of runs needed."""

    @field_validator("image_groups")
    @classmethod
    def _is_a_regular_expression(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return text
