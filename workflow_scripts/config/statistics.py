"""`statistics:` what counts as the same, and how sure one wants to be."""

from typing import Annotated

from pydantic import Field

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
    power: Power = 0.8
    """For the smallest detectable difference and the number of runs needed."""
