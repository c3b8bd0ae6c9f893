"""`verdict.json`: comparison of each variant and class with the reference. APs and margins are
fractions of 1.

Undefined numbers are None.
"""

from enum import StrEnum
from typing import Any

from plain_commands.section import FilePart
from pydantic import Field
from run_equivalence.verdicts import ClassVerdict

from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.settings import VerdictSettings
from workflow_scripts.contracts.tasks import Task


class Role(StrEnum):
    """Purpose of a variant in the experiment."""

    TREATMENT = "treatment"
    AA_CONTROL = "A/A control"
    RANDOM_DROP = "random drop"
    POSITIVE_CONTROL = "positive control"


class Coverage(FilePart):
    """Changes of a variant in the training images, and dropped images."""

    images: int
    changed_images: int
    regions: int
    """Detected faces and license plates."""
    changed_regions: int
    dropped_images: int = 0
    dropped_regions: int = 0
    dropped_instances: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """Instances in dropped images and in all, by class; empty if no image is dropped."""


class VariantVerdict(FilePart):
    """One variant against the reference."""

    variant: str
    role: Role
    coverage: Coverage | None = None
    """None if the changes are unknown, as for a printed table."""
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
        """Whether every class was shown to be within the margin at this index."""
        return all(row.margins[index].claimed_jointly.within for row in self.classes)

    @property
    def changed_nothing(self) -> bool:
        """Whether its images are known to equal the originals."""
        known = self.coverage
        return known is not None and not known.changed_images + known.dropped_images

    @property
    def is_control(self) -> bool:
        """Whether the variant is a control: a test of the experiment itself."""
        return self.role is not Role.TREATMENT


class ImageSamples(FilePart):
    """Resampling of the test images."""

    images: int
    groups: int
    unit: str
    """Name of a group, in words."""
    samples: int


class VariantText(FilePart):
    """Conclusions on a variant in words."""

    answer: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]


class VerdictText(FilePart):
    """Conclusions in words, for reports."""

    headline: str
    caveats: tuple[str, ...]
    caption: str
    variants: dict[str, VariantText]


class ExperimentVerdict(FilePart):
    """Content of a verdict.json."""

    version: int = 1
    reference: str
    settings: VerdictSettings
    source: str
    """Origin of the numbers: `runs` or `summary`."""
    missing: str = ""
    """Expected runs without an evaluation, as text."""
    outdated: str = ""
    """Sentence about the outdated runs, which are left out; empty if there are none."""
    note: str = ""
    """Additional caveat, such as one about the training."""
    task: Task = Task.MASKS
    """Task that the APs measure; omitted from the file for masks."""
    images: ImageSamples | None = None
    """None if the test images were not resampled."""
    variants: tuple[VariantVerdict, ...]
    said: VerdictText | None = None
    """None until the verdict is written."""

    @property
    def treatments(self) -> list[VariantVerdict]:
        """The variants that are not controls."""
        return [of for of in self.variants if not of.is_control]

    def as_json(self, said: VerdictText) -> dict[str, Any]:
        """Content of the file, with the conclusions in words."""
        content = self.model_copy(update={"said": said}).model_dump(mode="json")
        if self.task is Task.MASKS:
            del content["task"]
        return content
