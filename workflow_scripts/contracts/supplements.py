"""`supplement.json`: what stands beside the verdict and never replaces it. Fractions of 1.

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
"""What is judged beside the AP of each class: a field of `VariantSupplement`."""


class SeedPairs(FilePart):
    """Runs of one class compared by pairs that share a seed, whether the verdict does so or not."""

    n: int
    correlation: IntervalEstimate | None
    """Between the variant's and the reference's runs."""
    difference: float
    low: float
    high: float
    p_different: float
    """Two-sided t test of the differences."""
    p_within: tuple[float, ...]
    """Of the question, by margin."""
    runs: tuple[int | None, ...]
    """Runs per variant that answer the question at each margin if nothing differs, as pairs."""
    runs_independent: tuple[int | None, ...]
    """The same as independent runs."""


class ExactVerdicts(FilePart):
    """Test over all arrangements of the runs."""

    test: ExactTest
    of_pairs: bool
    """Whether signs of pairs were flipped, or runs exchanged between the variants."""
    verdicts: tuple[Verdict, ...]
    """By margin, without Holm's correction."""


class ClassSupplement(FilePart):
    """One class, or the mean over the classes."""

    name: str
    effects: EffectSizes | None = None
    pairs: SeedPairs | None = None
    exact: ExactVerdicts | None = None
    pooled: Pooled | None = None
    pooled_with_images: Pooled | None = None
    """With the variance that the test images add."""


class VariantSupplement(FilePart):
    """One variant against the reference."""

    variant: str
    role: Role
    rows: tuple[ClassSupplement, ...]
    """Classes, then `all`."""
    groups: tuple[ClassVerdict, ...] = ()
    """The verdict on objects of a size, and by how much of them lies in faces and plates."""
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
