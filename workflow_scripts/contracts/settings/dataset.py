"""`dataset:` which labelled street images the experiment is made on."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from workflow_scripts.common.section import Section

CLASSES = ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
"""The Cityscapes instance classes, in the order of the whitepaper's Table II."""

ImagesPerShard = PositiveInt


class CityscapesDataset(Section):
    """Cityscapes as unpacked: `leftImg8bit/{split}/{city}/…` and `gtFine/{split}/{city}/…`."""

    kind: Literal["cityscapes"]
    """Cityscapes, or a folder in its layout."""
    root: Path
    """The folder that holds `leftImg8bit` and `gtFine`."""
    full: bool = False
    """It is the whole of Cityscapes: stop unless there are 2975, 500 and 1525 images."""
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
    val: CocoFiles
    """The images that every model is tested on."""
    classes: tuple[str, ...] = Field(CLASSES, min_length=1)
    """The classes of the study, in the order of the tables."""
    class_mapping: dict[str, str] = Field(default_factory=dict)
    """From a category name of the annotation files to one of `classes`, where they differ."""
    ignored_classes: tuple[str, ...] = ()
    """Category names whose objects are left out."""
    images_per_shard: ImagesPerShard = 100
    """About how many training images make one shard, the unit of detection and anonymization."""

    @model_validator(mode="after")
    def _classes_fit(self) -> "CocoDataset":
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes: a name stands twice in {list(self.classes)}")
        for source, target in self.class_mapping.items():
            if target not in self.classes:
                raise ValueError(
                    f"class_mapping.{source}: {target!r} is none of the classes "
                    f"{', '.join(self.classes)}"
                )
            if source in self.ignored_classes:
                raise ValueError(f"class_mapping.{source}: it is in ignored_classes as well")
        return self


class ImageCounts(Section):
    """How many images to draw, by split."""

    train: PositiveInt = 160
    """Training images."""
    val: PositiveInt = 60
    """Validation images."""


class SyntheticDataset(Section):
    """Drawn street scenes, written in the Cityscapes layout. Needs no download."""

    kind: Literal["synthetic"]
    """Street scenes that the workflow draws."""
    seed: int = Field(0, ge=0)
    """Another seed draws other scenes."""
    width: int = Field(256, ge=128, le=4096)
    """Image width in pixels."""
    height: int = Field(128, ge=64, le=2048)
    """Image height in pixels; scenes are composed for half the width."""
    images: ImageCounts = ImageCounts()
    """How many scenes to draw."""
    images_per_shard: ImagesPerShard = 100
    """About how many training images make one shard, the unit of detection and anonymization."""


Dataset = Annotated[CityscapesDataset | CocoDataset | SyntheticDataset, Field(discriminator="kind")]


def classes_of(dataset: CityscapesDataset | CocoDataset | SyntheticDataset) -> tuple[str, ...]:
    """The classes of the study, in the order of the tables."""
    return dataset.classes if isinstance(dataset, CocoDataset) else CLASSES
