"""`eval.json`: average precisions of one run on one treatment of the validation images.

Attributes are named as the keys of the file are. APs are fractions of 1, None if the ground truth
has no instances.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from plain_commands.errors import UserError
from plain_commands.files import canonical_json, read_json, sha256_of, write_json
from plain_commands.section import FilePart, validate
from pydantic import Field

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.tasks import Task

Fraction = Annotated[float, Field(ge=0, le=1)]


class RunName(FilePart):
    """Identity of a training."""

    variant: str
    seed: int
    engine: str
    fingerprint: str


class ClassScores(FilePart):
    """COCO APs of one class.

    The area ranges are COCO's, in ground-truth mask pixels, or in the boxes' area where labels are
    boxes: small below 32², large above 96².
    """

    AP: Fraction | None
    """Mean over the IoU thresholds 0.50:0.05:0.95."""
    AP50: Fraction | None
    """AP at IoU 0.50."""
    AP75: Fraction | None
    APs: Fraction | None
    APm: Fraction | None
    APl: Fraction | None
    instances: int = 0
    """Ground-truth instances without crowds."""


class CocoScores(FilePart):
    """COCO APs by one kind of IoU: means over the classes with ground truth, and each class."""

    mean_ap: Fraction | None = Field(alias="mAP")
    AP50: Fraction | None
    AP75: Fraction | None
    per_class: dict[str, ClassScores]
    """Scores by class name, in the order of the data set."""


class CocoEvaluation(FilePart):
    """The COCO protocol on masks and on boxes."""

    segm: CocoScores | None = None
    """None where the models have learned boxes only."""
    bbox: CocoScores

    @property
    def by_task(self) -> dict[Task, CocoScores]:
        """The available scores, those of masks first."""
        scores = {Task.MASKS: self.segm, Task.BOXES: self.bbox}
        return {task: of_task for task, of_task in scores.items() if of_task is not None}


class GroupScores(FilePart):
    """AP of a group of instances."""

    AP: float | None
    """Mean over the IoU thresholds."""
    AP50: float | None
    instances: int


class CityscapesScores(FilePart):
    """APs by Cityscapes' protocol: means over the classes with instances, and each class."""

    mean_ap: float | None = Field(alias="mAP")
    AP50: float | None = None
    per_class: dict[str, GroupScores] = Field(default_factory=dict)


EXPOSURE = ("none", "little", "much")
"""Disjoint groups of instances by exposure."""


class ExposedScores(FilePart):
    """APs by exposure, that is by the share of an instance's pixels inside PII regions."""

    much_from: Fraction
    """Smallest share at which an instance counts as highly exposed."""
    mean: dict[str, GroupScores]
    """Means over the classes that have instances in the group, by group."""
    per_class: dict[str, dict[str, GroupScores]]


class ClassCalibration(FilePart):
    """Calibration of the scores of one class."""

    error: Fraction | None
    """Expected calibration error (D-ECE); None without ground truth or without predictions."""
    predictions: int
    """Predictions that count."""


class ReliabilityPoint(FilePart):
    """Predictions of all classes whose scores lie in one bin."""

    score: Fraction
    """Their mean score."""
    precision: Fraction
    """Fraction of them that are correct."""
    predictions: int


class CalibrationScores(FilePart):
    """Calibration of the predictions' scores, on the shapes that the model is judged by."""

    iou: Fraction
    """Smallest IoU of a correct prediction."""
    bins: int
    """Number of bins of equal width."""
    mean_error: Fraction | None
    """Mean over the classes in which the error is defined."""
    per_class: dict[str, ClassCalibration]
    """By class name, in the order of the data set."""
    reliability: tuple[ReliabilityPoint, ...] = ()
    """Precision by score, for the bins with predictions."""


class RunEvaluation(FilePart):
    """Content of an eval.json."""

    version: Literal[1] = Field(alias="schema")
    run: RunName
    tested_on: str
    """Variant of the test images."""
    images: int
    """Number of test images."""
    coco: CocoEvaluation
    cityscapes: CityscapesScores | None = None
    exposed: ExposedScores | None = None
    """None if the evaluation got no PII regions of the test images."""
    calibration: CalibrationScores | None = None
    """None in evaluations of earlier versions."""

    @property
    def task(self) -> Task:
        """What the model has learned, and is judged by."""
        return next(iter(self.coco.by_task))

    @property
    def scores(self) -> CocoScores:
        """The scores that the model is judged by: those of its masks, if it has any."""
        return self.coco.by_task[self.task]

    sha256: str | None = None
    """SHA-256 of the other keys, as canonical JSON."""

    def write(self, path: Path) -> None:
        """Write the file, atomically, without unset fields."""
        content = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        write_json(path, {**content, "sha256": _digest_of(content)})

    @classmethod
    def read(cls, path: Path) -> "RunEvaluation":
        """Read the file.

        Raises:
            UserError: a missing file, invalid JSON, invalid content (one line per finding, each
                with its key), or content that was changed after the evaluation.
        """
        content = read_json(path, made_again(path))
        evaluation: RunEvaluation = validate(cls, content, str(path))
        if evaluation.sha256 not in (None, _digest_of(content)):
            raise UserError(
                f"{path}: it was changed after the evaluation (its sha256 differs); "
                f"{made_again(path)}"
            )
        return evaluation


def _digest_of(content: dict[str, Any]) -> str:
    return sha256_of(canonical_json({key: content[key] for key in content if key != "sha256"}))
