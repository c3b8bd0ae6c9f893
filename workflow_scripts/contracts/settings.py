"""Sections of an experiment's config that no plug-in defines: `dataset:`, `evaluation:`, `report:`
and `statistics:`.
"""

import re
import warnings
from pathlib import Path
from typing import Annotated, Any, Literal

from plain_commands.files import sha256_of
from plain_commands.section import Pixels, Section, Seed
from pydantic import AfterValidator, Field, field_validator, model_validator
from run_equivalence.verdicts import Question

CLASSES = ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
"""The Cityscapes instance classes, in the order of the whitepaper's Table II."""

ALL = "all"
"""Name of the mean over the classes, used in place of a class name."""


def _is_a_class_name(name: str) -> str:
    if name == ALL:
        raise ValueError(f"{ALL!r} is reserved for the mean over the classes")
    if not name.isprintable() or not name or name != name.strip():
        raise ValueError("expected a name of visible characters without surrounding blanks")
    return name


def _is_a_regular_expression(text: str) -> str:
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            re.compile(text)
            is_slow = _may_take_for_ever(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if is_slow:
        raise ValueError(
            "this expression may take forever: it nests repetitions or choices in a repetition, "
            f"or has more than {MOST_REPETITIONS} repetitions; match less of the name"
        )
    return text


Expression = Annotated[str, AfterValidator(_is_a_regular_expression)]
ClassName = Annotated[str, AfterValidator(_is_a_class_name)]
ImagesPerShard = Annotated[int, Field(gt=0, le=1_000_000)]


class CityscapesDataset(Section):
    """Cityscapes as unpacked: `leftImg8bit/{split}/{city}/…` and `gtFine/{split}/{city}/…`."""

    kind: Literal["cityscapes"]
    """Cityscapes, or a folder in its layout."""
    root: Path
    """The folder that holds `leftImg8bit` and `gtFine`."""
    full: bool = False
    """Require the complete Cityscapes: stop unless there are 2975, 500 and 1525 images."""
    images_per_shard: ImagesPerShard = 100
    """About how many training images make one shard, the unit of detection and anonymization."""


class CocoFiles(Section):
    """One split of a data set in COCO format."""

    images: Path
    """The folder that the `file_name`s of the annotation file are relative to."""
    annotations: Path
    """The COCO annotation file (`instances_*.json`)."""


class CocoDataset(Section):
    """A data set of your own in COCO format."""

    kind: Literal["coco"]
    """Images of your own with COCO annotation files."""
    train: CocoFiles
    """The images that are anonymized and trained on."""
    val: CocoFiles | None = None
    """The images that every model is tested on; alternatively, `val_share` holds out some of
    `train`."""
    val_share: float | None = Field(None, gt=0, lt=1)
    """Share of the images of `train` held out for testing. A hash of its name (or group) decides on
    each image, so that an additional image moves no other."""
    val_groups: Expression | None = None
    """Regular expression for image names: images with the same match stay in one split. An example
    is `^video[0-9]+`, for the frames of a video."""
    classes: tuple[ClassName, ...] = Field(CLASSES, min_length=1)
    """The classes of the study, in the order of the tables."""
    class_mapping: dict[str, str] = Field(default_factory=dict)
    """From a category name of the annotation files to one of `classes`, where they differ."""
    ignored_classes: tuple[str, ...] = ()
    """Category names whose objects are left out."""
    images_per_shard: ImagesPerShard = 100
    """About how many training images make one shard, the unit of detection and anonymization."""

    @model_validator(mode="after")
    def _split_is_one(self) -> "CocoDataset":
        if (self.val is None) == (self.val_share is None):
            raise ValueError("name either val or val_share")
        if self.val_groups and self.val_share is None:
            raise ValueError("val_groups: it has no effect without val_share")
        return self

    def files_of(self, split: str) -> CocoFiles:
        """The files that the images of a split are in."""
        return self.val if split == "val" and self.val is not None else self.train

    def has(self, split: str, file_name: str) -> bool:
        """Whether an image of the split's files belongs to the split."""
        if self.val_share is None:
            return True
        match = re.search(self.val_groups, file_name) if self.val_groups else None
        place = int(sha256_of(match[0] if match else file_name)[:8], 16) / 16**8
        return (place < self.val_share) == (split == "val")

    @model_validator(mode="after")
    def _classes_fit(self) -> "CocoDataset":
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes: duplicate name in {list(self.classes)}")
        if both := sorted({*self.classes} & {*self.ignored_classes}):
            raise ValueError(f"ignored_classes: {both[0]!r} is also one of the classes")
        for source, target in self.class_mapping.items():
            if target not in self.classes:
                raise ValueError(
                    f"class_mapping.{source}: {target!r} is not one of the classes "
                    f"{', '.join(self.classes)}"
                )
            if source in self.ignored_classes:
                raise ValueError(f"class_mapping.{source}: it is also in ignored_classes")
        return self


class ImagesDataset(Section):
    """A folder of images without labels, to be anonymized without any training."""

    kind: Literal["images"]
    """Images only."""
    root: Path
    """The folder; images in folders below it count too."""
    images_per_shard: ImagesPerShard = 100
    """About how many images make one shard, the unit of detection and anonymization."""


class ImageCounts(Section):
    """Number of images to draw, by split."""

    train: ImagesPerShard = 160
    """Training images."""
    val: ImagesPerShard = 60
    """Validation images."""


class SyntheticDataset(Section):
    """Drawn street scenes, written in the Cityscapes layout. Needs no download."""

    kind: Literal["synthetic"]
    """Street scenes that the workflow draws."""
    seed: Seed = 0
    """Seed of the scenes."""
    width: int = Field(256, ge=128, le=4096)
    """Image width in pixels."""
    height: int = Field(128, ge=64, le=2048)
    """Image height in pixels; scenes are designed for half the width."""
    images: ImageCounts = ImageCounts()
    """Number of scenes to draw."""
    images_per_shard: ImagesPerShard = 100
    """About how many training images make one shard, the unit of detection and anonymization."""


AnyDataset = CityscapesDataset | CocoDataset | SyntheticDataset | ImagesDataset
Dataset = Annotated[AnyDataset, Field(discriminator="kind")]


def classes_of(dataset: AnyDataset) -> tuple[str, ...]:
    """The classes of the study, in the order of the tables."""
    return dataset.classes if isinstance(dataset, CocoDataset) else CLASSES


UNMODIFIED = "unmodified"
"""Name of the original validation images in `evaluation.on`."""


class FurtherTest(CocoFiles):
    """A second test set in COCO format, such as another city's, another camera's, or night."""

    class_mapping: dict[str, str] = Field(default_factory=dict)
    """From a category name of this file to one of the classes of the study, where they differ."""
    ignored_classes: tuple[str, ...] = ()
    """Category names of this file whose objects are left out."""


TestName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]


class Evaluation(Section):
    """Prediction on the validation images, and the COCO protocol."""

    on: tuple[str, ...] = (UNMODIFIED,)
    """`unmodified`, and optionally variants whose method also anonymizes the validation images.
    Every model is tested on each of them, and `tables/cross.*` shows each training by each test.
    All other tables are about the unmodified images."""
    also: dict[TestName, FurtherTest] = Field(default_factory=dict)
    """Further test sets in COCO format, by name, such as `night: {images: …, annotations: …}`.
    Every model is tested on each, and each has its own Table II and verdict in
    `tables/also/<name>/`. They are never trained on."""
    score_threshold: float = Field(0.05, ge=0, lt=1)
    """Predictions below this score are dropped, as detectron2 does."""
    detections_per_image: int = Field(100, gt=0, le=10_000)
    """Maximum number of predictions per image; the COCO protocol counts 100."""
    shorter_side: Pixels = 1024
    """Length that a test image's shorter side is resized to (pixels)."""
    longest_side: Pixels = 2048
    """Maximum length of the longer side (pixels)."""
    every: int | None = Field(None, gt=0)
    """Interval in iterations of additional tests on the unmodified validation images during
    training; null: only at the end. The APs are written to metrics.jsonl and TensorBoard's event
    files, and change no result."""
    exposed: bool = True
    """Also report how well objects with a face or a license plate are found. For this, PII is
    detected in the validation images as well. The predictions do not depend on it."""

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, content: Any) -> Any:
        """YAML 1.1 reads a bare `on` as true."""
        if not isinstance(content, dict) or "on" in content:
            return content
        return {"on" if key is True else key: value for key, value in content.items()}


Margin = Annotated[float, Field(gt=0, lt=1)]
Probability = Annotated[float, Field(gt=0, lt=0.5)]
Power = Annotated[float, Field(ge=0.5, lt=1)]


MOST_REPETITIONS = 5
"""Maximum number of repetitions in an expression; the time of a search grows with the length of a
name to this power."""


def _may_take_for_ever(expression: str) -> bool:
    """Whether searching a name for a regular expression may take very long."""
    # Escaped characters and sets contain no operators.
    text = re.sub(r"\\.|\[\^?\]?[^]]*\]", "x", expression)
    if len(re.findall(r"[*+]|,\}", text)) > MOST_REPETITIONS:
        return True
    innermost = re.compile(r"\((\?(?:[a-z-]*:|<?[=!]|P<\w+>|>))?([^()]*)\)([*+{]?)")
    while group := innermost.search(text):
        _, inside, repeated = group.groups()
        if repeated and re.search(r"[*+?{|]", inside):
            return True
        text = text.replace(group[0], re.sub(r"[^*+?{|]", "", inside) + "x" + repeated, 1)
    return False


class Statistics(Section):
    """The verdict on each variant against the reference."""

    margins: tuple[Margin, ...] = Field((0.01, 0.02), min_length=1)
    """Equivalence margins: differences up to this (AP, fractions of 1: 0.01 is one point) do not
    matter. Choose them before you see results; several are reported side by side."""
    level: Probability = 0.05
    """Level of each test. Intervals have the confidence 1 - 2 * level, which matches two one-sided
    tests at that level."""
    looks: tuple[Annotated[int, Field(ge=2, le=10_000)], ...] = ()
    """Interim looks: numbers of runs per variant at which you will look, such as [5, 10, 15]. After
    each look, `python -m workflow_scripts statistics next` adds runs to undecided comparisons. Each
    look tests at `level` divided by the number of looks, so that all looks together err no more
    often than a single one would. Empty: one look at all finished runs. Choose them before you see
    results."""
    image_samples: int = Field(400, ge=0, le=100_000)
    """Number of bootstrap samples of the test images, which estimate how results would vary with
    other test images. 0 omits the estimate."""
    image_groups: Expression = Field("auto", min_length=1)
    """Images that the bootstrap draws together: `image` (each by itself), `folder` (those of a
    folder, such as a city), `auto` (folders, if they amount to at least ten of equal size; else
    images), or a regular expression for file names, whose match names the group."""
    power: Power = 0.8
    """Power for the smallest detectable difference and the number of runs needed."""
    paired: Literal["auto"] | bool = False
    """Whether runs with the same seed are compared as pairs: `true`, `false`, or `auto`, which
    pairs if there are at least 10 pairs: pairing then widens the interval by at most 6 % if seeds
    turn out not to matter. Runs without a partner are excluded from the tests. A/A controls are
    never paired, since their seeds differ. Decide before you see results."""
    family: Literal["variant", "experiment"] = "variant"
    """Family of tests that Holm's correction covers: the classes of one variant, or those of all
    treatments (and the means of all treatments). In the second case, these verdicts are shown
    beside the others and determine the answer. Decide before you see results."""

    @property
    def test_level(self) -> float:
        """Level of each test at each look: the level is spent in equal parts (Bonferroni)."""
        return self.level / max(len(self.looks), 1)

    @field_validator("paired", mode="before")
    @classmethod
    def _paired_is_one_of_three(cls, paired: Any) -> Any:
        if paired == "auto" or isinstance(paired, bool):
            return paired
        raise ValueError("expected auto, true or false")

    @field_validator("margins")
    @classmethod
    def _margins_differ(cls, margins: tuple[float, ...]) -> tuple[float, ...]:
        if twice := [margin for margin in margins if margins.count(margin) > 1]:
            raise ValueError(f"{twice[0]:g} is listed twice; keep one")
        return margins

    @field_validator("looks")
    @classmethod
    def _looks_ascend(cls, looks: tuple[int, ...]) -> tuple[int, ...]:
        if list(looks) != sorted(set(looks)):
            raise ValueError("each number of runs has to be larger than the previous one")
        return looks


class VerdictSettings(Statistics):
    """Settings of the verdict: the section `statistics:`, and the experiment's question."""

    question: Question = Question.EQUIVALENCE
    """`equivalence`: differences up to the margin in either direction do not matter.
    `non-inferiority`: only a loss of the margin or more matters."""


class Report(Section):
    """Figures and reports."""

    show_originals: bool | None = None
    """Whether figures may show original faces and license plates. null: only those of the drawn
    data set, which belong to no real person."""
