"""A split while it is indexed, which may be larger than memory."""

from dataclasses import dataclass, replace
from pathlib import Path

from coco_labels import Note, Notes
from plain_commands.spool import Spool

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.tasks import Task

TURNED = "images turned by the EXIF orientation, like the labels"
DAMAGED = "JPEG files with damaged data, in which decoders fill what is lost; to be copied again"
UNCLEAR = (
    "images used as stored despite an EXIF orientation that mirrors or turns by 180°; if your "
    "labelling tool applied it, turn the pixels (exiftran -ai) and index again"
)


@dataclass(frozen=True)
class ReadImage:
    """An image and its instances, without ids."""

    image: CocoImage
    instances: tuple[Instance, ...]
    notes: tuple[Note, ...] = ()


class IndexedSplit:
    """The images of a split; their instances are in a temporary file.

    Args:
        classes: classes of the study.
        folder: folder for temporary files.
        task: task of the labels.
    """

    def __init__(self, classes: tuple[str, ...], folder: Path, task: Task = Task.MASKS) -> None:
        self.classes, self.folder, self.task = classes, folder, task
        self.images: list[CocoImage] = []
        self.left_out: list[str] = []
        """A sentence per file that was left out."""
        self.notes = Notes()
        self.objects = self.groups = 0
        self._instances: Spool[tuple[Instance, ...]] = Spool(folder)
        self._unclear: list[int] = []

    def add(self, read: ReadImage) -> None:
        """Add an image. Images and instances get ids from 1 in their order."""
        image_id, last = len(self.images) + 1, self.objects + self.groups
        self.images.append(replace(read.image, id=image_id))
        self._instances.append(
            tuple(
                replace(instance, id=number, image_id=image_id)
                for number, instance in enumerate(read.instances, start=last + 1)
            )
        )
        groups = sum(instance.iscrowd for instance in read.instances)
        self.groups += groups
        self.objects += len(read.instances) - groups
        self.notes.extend(read.notes)
        if UNCLEAR in dict(read.notes):
            self._unclear.append(image_id)

    def turn_unclear(self) -> None:
        """Turn images whose size does not show their orientation, if others are turned."""
        if TURNED not in self.notes:
            return
        for image_id in self._unclear:
            self.images[image_id - 1] = replace(self.images[image_id - 1], upright=True)
        self.notes.rename(UNCLEAR, TURNED)

    def instances_of(self, image: CocoImage) -> tuple[Instance, ...]:
        """The instances of an image, read from the temporary file."""
        return self._instances[image.id - 1]

    def write(self, path: Path, notes: tuple[str, ...]) -> None:
        """Write the annotation file of the split, with notes on it."""
        instances = (one for image in self.images for one in self.instances_of(image))
        CocoSplit(self.classes, tuple(self.images), (), notes, self.task).write(path, instances)
