"""`supplement.json`: additional analyses, which never replace the verdict. Fractions of 1.

Undefined numbers are None.
"""

from typing import Any, Literal

from figures_and_tables.tables import TextTable
from plain_commands.section import FilePart
from run_equivalence.effects import EffectSizes, IntervalEstimate
from run_equivalence.permutation import ExactTest
from run_equivalence.pooling import Pooled
from run_equivalence.verdicts import ClassVerdict, Question, Verdict

from workflow_scripts.contracts.verdicts import Role

BesideName = Literal["groups", "boxes", "calibration"]
"""Measures judged in addition to AP by class; each is a field of `VariantSupplement`."""


class SeedPairs(FilePart):
    """Paired comparison of runs with equal seeds for one class, even if the verdict is unpaired."""

    n: int
    correlation: IntervalEstimate | None
    """Correlation between the variant's and the reference's runs."""
    difference: float
    low: float
    high: float
    p_different: float
    """p value of the two-sided t test of the differences."""
    p_within: tuple[float, ...]
    """p values of the question, by margin."""
    runs: tuple[int | None, ...]
    """Paired runs per variant needed to answer the question at each margin if nothing differs."""
    runs_independent: tuple[int | None, ...]
    """The same for independent runs."""


class ExactVerdicts(FilePart):
    """Exact test over all permutations of the runs."""

    test: ExactTest
    of_pairs: bool
    """Whether signs of pairs were flipped; otherwise runs were exchanged between the variants."""
    verdicts: tuple[Verdict, ...]
    """Verdicts by margin, without Holm's correction."""


class ClassSupplement(FilePart):
    """One class, or the mean over the classes."""

    name: str
    effects: EffectSizes | None = None
    pairs: SeedPairs | None = None
    exact: ExactVerdicts | None = None
    pooled: Pooled | None = None
    pooled_with_images: Pooled | None = None
    """Pooled estimate that includes the variance added by the test images."""


class VariantSupplement(FilePart):
    """One variant against the reference."""

    variant: str
    role: Role
    rows: tuple[ClassSupplement, ...]
    """Classes, then `all`."""
    groups: tuple[ClassVerdict, ...] = ()
    """Verdicts by object size, and by the share of an object inside faces and plates."""
    boxes: tuple[ClassVerdict, ...] = ()
    """The verdict on the box AP of models that learned masks: classes, then `all`."""
    calibration: tuple[ClassVerdict, ...] = ()
    """The verdict on 1 minus the expected calibration error of the scores: classes, then `all`."""
    sentences: tuple[str, ...] = ()
    tables: tuple[TextTable, ...] = ()


class Supplement(FilePart):
    """Content of a supplement.json."""

    version: int = 1
    reference: str
    question: Question
    margins: tuple[float, ...]
    level: float
    """Level of each test; intervals have the confidence 1 - 2 * level."""
    variants: tuple[VariantSupplement, ...]
    caption: str = ""

    def as_json(self) -> dict[str, Any]:
        """Content of the file."""
        return self.model_dump(mode="json")
