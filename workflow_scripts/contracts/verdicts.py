"""`verdict.json`: each variant and class against the reference. APs and margins are fractions of 1.

Undefined numbers are None.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from run_equivalence.verdicts import ClassVerdict

from workflow_scripts.common.files import read_json, write_json
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.settings import Statistics


class Role(StrEnum):
    """Purpose of a variant in the experiment."""

    TREATMENT = "treatment"
    AA_CONTROL = "A/A control"
    POSITIVE_CONTROL = "positive control"


class VerdictPart(BaseModel):
    """A part of the file; readers pass over keys that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


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

    def all_within(self, index: int) -> bool:
        """Whether every class was shown to lie within the margin at this index."""
        return all(row.margins[index].verdict.within for row in self.classes)

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

    @property
    def treatments(self) -> list[VariantVerdict]:
        """The variants that are no controls."""
        return [of for of in self.variants if not of.is_control]

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
