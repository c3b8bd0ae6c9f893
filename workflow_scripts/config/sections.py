"""The sections of a config, and what follows from them."""

from pathlib import Path
from typing import Annotated

from plain_commands.section import Section
from pydantic import Field
from run_equivalence.verdicts import Question

from workflow_scripts.anonymization.variants import Variant
from workflow_scripts.contracts.runs import ExpectedRuns
from workflow_scripts.contracts.settings import (
    UNMODIFIED,
    CocoDataset,
    Dataset,
    Evaluation,
    ImagesDataset,
    Report,
    Statistics,
    SyntheticDataset,
    VerdictSettings,
    classes_of,
)
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.pii.settings import Pii
from workflow_scripts.privacy.settings import Privacy
from workflow_scripts.training.settings import Training

RunSeed = Annotated[int, Field(gt=0, lt=10**18)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]


class Sections(Section):
    """Data set, variants, seeds, recipe: sections without cross-checks."""

    experiment: Name
    """Results lie in `<results>/<experiment>/`."""
    results: Path = Path("results")
    """Folder of the results, relative to the working directory; it may be on another disk."""
    dataset: Dataset
    """The labelled street images: Cityscapes, your own images in COCO format, or drawn ones."""
    pii: Pii = Pii()
    """Detection of faces and license plates."""
    variants: dict[Name, Variant] = Field(min_length=1)
    """The treatments to compare: a name, and a method with its settings."""
    reference: str = "unmodified"
    """The variant that the others are compared with; its method has to be `unmodified`."""
    seeds: Annotated[int, Field(gt=0, le=10_000)] | tuple[RunSeed, ...] = 5
    """Number of runs per variant (seeds 1 to n), or a list of seeds."""
    more_seeds: dict[Name, tuple[RunSeed, ...]] = Field(default_factory=dict)
    """Additional runs of single variants, by seed: {anonymized: [6, 7]}. `python -m
    workflow_scripts statistics next` writes this section to a file for --configfile."""
    task: Task = Task.MASKS
    """What models learn and are judged by: `masks`, or `boxes` (labels need no masks)."""
    training: Training
    """The training recipe."""
    evaluation: Evaluation = Evaluation()
    """Tests of the models."""
    privacy: Privacy = Privacy()
    """Attacks on the variants' images, and the estimate of missed faces and plates."""
    question: Question = Question.EQUIVALENCE
    """Question of the verdict: `equivalence` (the same accuracy within a margin), or
    `non-inferiority` (no loss of the margin or more; gains are allowed), which needs fewer runs.
    Decide before you see results."""
    statistics: Statistics = Statistics()
    """Margins and confidence of the verdict."""
    report: Report = Report()
    """What readers of the results are shown."""

    @property
    def images_only(self) -> bool:
        """Whether images are only anonymized, without training."""
        return isinstance(self.dataset, ImagesDataset)

    @property
    def folder(self) -> Path:
        """The folder of everything that the experiment makes."""
        return self.results / self.experiment

    @property
    def further_tests(self) -> tuple[str, ...]:
        """The variants whose validation images every model is tested on as well."""
        return tuple(name for name in self.evaluation.on if name != UNMODIFIED)

    @property
    def run_seeds(self) -> tuple[int, ...]:
        """The seed of each run that every variant gets."""
        return tuple(range(1, self.seeds + 1)) if isinstance(self.seeds, int) else self.seeds

    @property
    def runs(self) -> ExpectedRuns:
        """The runs of the experiment."""
        return ExpectedRuns(
            variants=tuple(self.variants),
            seeds=self.run_seeds,
            classes=self.classes,
            more_seeds=self.more_seeds,
        )

    def seeds_with_looks(self, variant: str) -> tuple[int, ...]:
        """The seed of each run of a variant, including runs that interim looks may add."""
        known, most = self.runs.seeds_of(variant), max(self.statistics.looks, default=0)
        return known + self.runs.unused_seeds(variant, most - len(known))

    @property
    def verdict_settings(self) -> VerdictSettings:
        """Settings of the verdict."""
        return VerdictSettings(question=self.question, **dict(self.statistics))

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the study, in the order of the tables."""
        return classes_of(self.dataset)

    @property
    def shows_originals(self) -> bool:
        """Whether figures may show original faces and license plates."""
        if self.report.show_originals is not None:
            return self.report.show_originals
        return isinstance(self.dataset, SyntheticDataset)

    @property
    def image_roots(self) -> dict[str, Path] | None:
        """Root of the file names, by split; None where the workflow draws the images."""
        if isinstance(self.dataset, CocoDataset):
            return {split: self.dataset.files_of(split).images for split in ("train", "val")}
        root = getattr(self.dataset, "root", None)
        return root and {"train": root, "val": root}
