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
    """Data set, variants, seeds, recipe: each section by itself, not checked against the others."""

    experiment: Name
    """Results lie in `<results>/<experiment>/`."""
    results: Path = Path("results")
    """The folder of results, relative to the working directory; it may be on another disk."""
    dataset: Dataset
    """The labelled street images: Cityscapes, your own in COCO format, or drawn ones."""
    pii: Pii = Pii()
    """How faces and license plates are found."""
    variants: dict[Name, Variant] = Field(min_length=1)
    """The treatments that are compared: a name, and a method with its settings."""
    reference: str = "unmodified"
    """The variant that the others are compared with; it has to be of method `unmodified`."""
    seeds: Annotated[int, Field(gt=0, le=10_000)] | tuple[RunSeed, ...] = 5
    """How many runs each variant gets (seeds 1 to n), or a list of seeds."""
    more_seeds: dict[Name, tuple[RunSeed, ...]] = Field(default_factory=dict)
    """Further runs of single variants, by seed: {anonymized: [6, 7]}. `python -m
    workflow_scripts statistics next` writes such files, to be named behind --configfile."""
    task: Task = Task.MASKS
    """What models learn and are judged by: `masks`, or `boxes` (labels without masks will do)."""
    training: Training
    """The recipe."""
    evaluation: Evaluation = Evaluation()
    """How the models are tested."""
    privacy: Privacy = Privacy()
    """The attacks on the variants' images, and how many faces and plates were missed."""
    question: Question = Question.EQUIVALENCE
    """What the verdict asks: `equivalence` (the same accuracy within a margin), or
    `non-inferiority` (no loss of the margin or more; a gain is no matter), which needs fewer runs.
    Decide it before you see results."""
    statistics: Statistics = Statistics()
    """What counts as the same, and how sure one wants to be."""
    report: Report = Report()
    """What is shown to whoever reads the results."""

    @property
    def images_only(self) -> bool:
        """Whether images are anonymized and nothing is trained."""
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
        """The seed of each run of a variant, and of those that looks may add."""
        known, most = self.runs.seeds_of(variant), max(self.statistics.looks, default=0)
        return known + self.runs.unused_seeds(variant, most - len(known))

    @property
    def verdict_settings(self) -> VerdictSettings:
        """How the verdict is made."""
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
        """What file names are relative to, by split; None where the workflow draws the images."""
        if isinstance(self.dataset, CocoDataset):
            return {split: self.dataset.files_of(split).images for split in ("train", "val")}
        root = getattr(self.dataset, "root", None)
        return root and {"train": root, "val": root}
