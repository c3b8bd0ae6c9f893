"""`statistics:` what counts as the same, and how sure one wants to be."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from workflow_scripts.common.section import Section

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
    looks: tuple[Annotated[int, Field(ge=2)], ...] = ()
    """Numbers of runs a variant at which you will look, such as [5, 10, 15]: after each look,
    `python -m workflow_scripts statistics next` adds runs to what is undecided. Each look tests at
    `level` divided by the number of looks, so that all looks together err no more often than one
    would. Empty: one look, at the runs that there are. Name them before you see results."""
    image_samples: int = Field(400, ge=0, le=100_000)
    """Samples of the test images, drawn from those that there are, that tell what another set of
    images would change. 0 leaves it out."""
    image_groups: str = Field("auto", min_length=1)
    """Images that are drawn together: `image` (each by itself), `folder` (those of a folder, such
    as a city), `auto` (folders, if they are worth ten of equal size; else images), or a regular
    expression for file names, whose match names the group."""
    power: Power = 0.8
    """For the smallest detectable difference and the number of runs needed."""

    @property
    def test_level(self) -> float:
        """Level of each test at each look: the level is spent in equal parts (Bonferroni)."""
        return self.level / max(len(self.looks), 1)

    @field_validator("looks")
    @classmethod
    def _looks_ascend(cls, looks: tuple[int, ...]) -> tuple[int, ...]:
        if list(looks) != sorted(set(looks)):
            raise ValueError("each number of runs has to be larger than the one before")
        return looks

    @field_validator("image_groups")
    @classmethod
    def _is_a_regular_expression(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return text
