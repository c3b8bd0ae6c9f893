"""`verdict.json`: each variant and class against the reference. APs and margins are fractions of 1.

Undefined numbers are None.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from workflow_scripts.common.files import read_json, write_json
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.settings import Statistics


class Verdict(StrEnum):
    """Conclusion of the tests at one margin."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    BOTH = "different but within the margin"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "not testable"

    @property
    def within(self) -> bool:
        """Whether the difference was shown to lie within the margin."""
        return self in (Verdict.EQUIVALENT, Verdict.BOTH)


class Role(StrEnum):
    """Purpose of a variant in the experiment."""

    TREATMENT = "treatment"
    AA_CONTROL = "A/A control"
    POSITIVE_CONTROL = "positive control"


class VerdictPart(BaseModel):
    """A part of the file; readers pass over keys that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RunStatistics(VerdictPart):
    """Mean and standard deviation (n-1) of an AP over a variant's runs."""

    mean: float | None
    std: float | None
    n: int


class AtMargin(VerdictPart):
    """Verdict at one margin."""

    margin: float
    tost_p: float | None = None
    tost_p_holm: float | None = None
    """P value adjusted over the classes of the variant; None for the mean over the classes."""
    verdict: Verdict = Verdict.UNTESTABLE
    verdict_holm: Verdict | None = None
    """Verdict by adjusted p values, for a claim about this class among others."""
    within_reach: bool | None = None
    """Whether the interval is narrower than the margin, so that equivalence can be shown."""
    runs_needed: int | None = None
    """Runs per variant that decide with the wanted power; None if decided, or beyond counting."""


class WithImages(VerdictPart):
    """Tests of the same difference with the test images as a second source of variance."""

    error: float
    """Standard error that the images add."""
    low: float
    high: float
    df: float
    welch_p: float
    groups: float
    """Effective number of groups of images of equal size."""
    margins: tuple[AtMargin, ...]
    """Verdicts without Holm's correction and planning: more runs do not reduce this variance."""


class ClassVerdict(VerdictPart):
    """One class, or the mean over all classes."""

    name: str
    reference: RunStatistics
    variant: RunStatistics
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    df: float | None = None
    welch_p: float | None = None
    welch_p_holm: float | None = None
    detectable: float | None = None
    """Smallest true difference that Welch's test finds with the wanted power."""
    margins: tuple[AtMargin, ...]
    with_images: WithImages | None = None
    """None where the test images were not resampled, or are too few."""
    notes: tuple[str, ...] = ()


class VariantVerdict(VerdictPart):
    """One variant against the reference."""

    variant: str
    role: Role
    rows: tuple[ClassVerdict, ...]
    """Verdicts on the classes, then on `all`."""

    @property
    def classes(self) -> list[ClassVerdict]:
        """The rows without the mean over the classes."""
        return [row for row in self.rows if row.name != ALL]

    @property
    def over_all(self) -> ClassVerdict:
        """The row of the mean over the classes."""
        return next(row for row in self.rows if row.name == ALL)

    @property
    def is_control(self) -> bool:
        """Whether the variant tests the experiment instead of an anonymization."""
        return self.role is not Role.TREATMENT


class ImageSamples(VerdictPart):
    """Resampling of the test images."""

    images: int
    groups: int
    unit: str
    """Name of a group, in words."""
    samples: int


class VariantText(VerdictPart):
    """Conclusions on a variant in words."""

    answer: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]


class VerdictText(VerdictPart):
    """Conclusions in words, for reports."""

    headline: str
    caveats: tuple[str, ...]
    caption: str
    variants: dict[str, VariantText]


class ExperimentVerdict(VerdictPart):
    """Content of a verdict.json."""

    version: int = 1
    reference: str
    settings: Statistics
    source: str
    """Origin of the numbers: `runs` or `summary`."""
    missing: str = ""
    """Expected runs without an evaluation, as text."""
    images: ImageSamples | None = None
    """None where the test images were not resampled."""
    variants: tuple[VariantVerdict, ...]
    said: VerdictText | None = None
    """None until the verdict is written."""

    def write(self, path: Path, text: Callable[["ExperimentVerdict"], VerdictText]) -> None:
        """Write the file, atomically, with its conclusions in words."""
        whole = self.model_copy(update={"said": text(self)})
        write_json(path, whole.model_dump(mode="json"))

    @classmethod
    def read(cls, path: Path) -> "ExperimentVerdict":
        """Read the file.

        Raises:
            UserError: a missing file, invalid JSON, or a line a finding, each with its key.
        """
        verdict: ExperimentVerdict = validate(cls, read_json(path), str(path))
        return verdict
