"""COCO annotation files: the images of a split and the instances labelled in them.

Each entry is one line, in the order of the images. So a job reads only its part, and its memory use
depends on that part alone.
"""

import json
import mmap
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import atomic, read_json

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.tasks import Task

Rle = dict[str, Any]
"""Run-length encoded mask as in COCO files: `{"size": [height, width], "counts": str}`."""


@dataclass(frozen=True)
class CocoImage:
    """One image of a split."""

    id: int
    file_name: str
    """Path relative to the data set's image root, with forward slashes."""
    width: int
    height: int
    sha256: str
    """SHA-256 of the image file when it was indexed."""
    void: Rle | None = None
    """Mask of unlabelled pixels, where the data set marks them (Cityscapes): predictions there are
    ignored. Validation images only."""
    upright: bool | None = None
    """Whether the file's EXIF orientation is applied to the pixels: without labels, or if the
    labels are of the turned image."""


@dataclass(frozen=True)
class Instance:
    """One ground-truth object, or a group of them (`iscrowd`)."""

    id: int
    image_id: int
    category_id: int
    """1-based position of the class in `CocoSplit.classes`."""
    bbox: tuple[float, float, float, float]
    """x, y, width, height in pixels."""
    area: float
    """Number of mask pixels; for box labels, width times height of the box."""
    segmentation: Rle
    """The mask; for box labels, the pixels whose centres lie in the box."""
    iscrowd: int = 0
    track: str | None = None
    """Track: the name of the same object in all images, where the data set has one."""


@dataclass(frozen=True)
class LabelledObject:
    """An instance with the name of its class."""

    class_name: str
    instance: Instance


@dataclass(frozen=True)
class CocoSplit:
    """One split of a data set: images and their instances."""

    classes: tuple[str, ...]
    images: tuple[CocoImage, ...]
    instances: tuple[Instance, ...] = field(repr=False)
    notes: tuple[str, ...] = ()
    """What the index left out, changed or considers doubtful, one sentence each."""
    task: Task = Task.MASKS
    """Boxes if the labels were read as boxes, in which case there are no masks to learn."""

    def refuse_masks_of(self, task: Task, path: Path) -> None:
        """Check that a task needs no masks if the labels have none.

        Args:
            task: task of the training or evaluation.
            path: file of the split, for the message.

        Raises:
            UserError: it does.
        """
        if task is Task.MASKS and self.task is Task.BOXES:
            raise UserError(
                f"{path}: its labels were read as boxes (task: boxes), but this training learns "
                "masks; set `task: boxes`, or index labels with masks"
            )

    @cached_property
    def instances_by_image(self) -> dict[int, tuple[Instance, ...]]:
        """Instances by image id; an empty tuple for an image without instances."""
        by_image: dict[int, list[Instance]] = defaultdict(list)
        for instance in self.instances:
            by_image[instance.image_id].append(instance)
        return {image.id: tuple(by_image[image.id]) for image in self.images}

    def objects_of(self, image: CocoImage) -> tuple[LabelledObject, ...]:
        """The labelled instances of an image."""
        instances = self.instances_by_image[image.id]
        return tuple(LabelledObject(self.class_of(instance), instance) for instance in instances)

    def class_of(self, instance: Instance) -> str:
        """Class name of an instance."""
        return self.classes[instance.category_id - 1]

    def write(self, path: Path, instances: Iterable[Instance] | None = None) -> None:
        """Write a COCO annotation file.

        Args:
            path: the file.
            instances: instances to write instead of those of the split, in the order of the images.
        """
        info: dict[str, Any] = {"description": "made by anonymization-impact", "notes": self.notes}
        if self.task is not Task.MASKS:
            info["task"] = self.task
        categories = [{"id": at, "name": name} for at, name in enumerate(self.classes, start=1)]
        head = json.dumps({"info": info, "categories": categories}, ensure_ascii=False)
        if instances is None:
            instances = sorted(self.instances, key=lambda instance: instance.image_id)
        with atomic(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
            stream.write(f'{head[:-1]}, "images": [')
            stream.writelines(_lines(sorted(self.images, key=lambda image: image.id)))
            stream.write('\n], "annotations": [')
            stream.writelines(_lines(instances))
            stream.write("\n]}\n")

    @classmethod
    def read(cls, path: Path, names: Collection[str] | None = None) -> "CocoSplit":
        """Read a COCO annotation file that the index made.

        Args:
            path: the file.
            names: file names of the images to read, with their instances; None for all. Unknown
                names are ignored.

        Raises:
            UserError: the file is missing, or not such a file.
        """
        if names is None:
            return _split_of(read_json(path, made_again(path)), path)
        wanted = {json.dumps(name, ensure_ascii=False).encode() for name in names}
        if (part := _part_of(path, wanted)) is not None:
            return _split_of(part, path)
        whole = cls.read(path)
        images = tuple(image for image in whole.images if image.file_name in names)
        instances = tuple(one for image in images for one in whole.instances_by_image[image.id])
        return cls(whole.classes, images, instances, whole.notes, whole.task)

    @classmethod
    def read_images(cls, path: Path) -> "CocoSplit":
        """Read the images without their instances; errors as in `read`."""
        part = _part_of(path, None)
        if part is None:
            part = read_json(path, made_again(path))
            part = part | {"annotations": []} if isinstance(part, dict) else part
        return _split_of(part, path)


def _split_of(content: Any, path: Path) -> CocoSplit:
    try:
        return CocoSplit(
            classes=tuple(category["name"] for category in content["categories"]),
            images=tuple(CocoImage(**image) for image in content["images"]),
            instances=tuple(
                Instance(**{**item, "bbox": tuple(item["bbox"])}) for item in content["annotations"]
            ),
            notes=tuple(content.get("info", {}).get("notes", ())),
            task=Task(content.get("info", {}).get("task", Task.MASKS)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: not an index of this project ({error}); {made_again(path)}"
        ) from None


_NAME = re.compile(rb'"file_name": ("(?:[^"\\]|\\.)*")')
_IMAGE = re.compile(rb'"image_id": (\d+)')
_BETWEEN = b'\n], "annotations": ['
_END = b"\n]}\n"


def _part_of(path: Path, wanted: Collection[bytes] | None) -> dict[str, Any] | None:
    """The content of a file for some images, without reading the rest into memory.

    Args:
        path: the file.
        wanted: names of the images as JSON; None for all images, without their instances.

    Returns:
        None if the file is missing, or its lines are not as `write` makes them.
    """
    if not path.is_file() or not path.stat().st_size:
        return None
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        head, between = content.find(b"\n"), content.find(_BETWEEN)
        end = len(content) - len(_END)
        if content[:head][-11:] != b'"images": [' or between < 0 or content[end:] != _END:
            return None
        try:
            images = [
                json.loads(line)
                for line in _lines_in(content, head + 1, between)
                if wanted is None or ((name := _NAME.search(line)) and name[1] in wanted)
            ]
            start = between + len(_BETWEEN) + 1
            of_image = (
                json.loads(line)
                for image in ([] if wanted is None else images)
                for line in _lines_of_image(content, image["id"], start, end)
            )
            part = json.loads(content[:head] + b"]}")
            return {**part, "images": images, "annotations": list(of_image)}
        except (ValueError, KeyError) as error:
            raise UserError(f"{path}: not valid JSON ({error}); {made_again(path)}") from None


def _lines_in(content: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    """The entries on the lines from one position up to another."""
    while start < end:
        stop = content.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        yield content[start:stop].rstrip(b",")
        start = stop + 1


def _lines_of_image(content: mmap.mmap, image: int, start: int, end: int) -> Iterator[bytes]:
    """The annotations of an image, found by bisection in lines ordered by image."""
    low, high = start, end
    while low < high:
        middle = (low + high) // 2
        line = content.rfind(b"\n", low, middle) + 1 or low
        if _image_of(content, line) < image:
            low = content.find(b"\n", middle, end) + 1 or end
        else:
            high = line
    for entry in _lines_in(content, low, end):
        if _image_of(entry, 0) != image:
            break
        yield entry


def _image_of(content: mmap.mmap | bytes, line: int) -> int:
    """The image of the annotation on the line that starts at a position."""
    found = _IMAGE.search(content, line)
    if found is None:
        raise ValueError("an annotation without image_id")
    return int(found[1])


def _lines(entries: Iterable[CocoImage | Instance]) -> Iterator[str]:
    for number, entry in enumerate(entries):
        text = json.dumps(_without_none(entry), ensure_ascii=False, allow_nan=False)
        yield f"{',' if number else ''}\n{text}"


def _without_none(entry: CocoImage | Instance) -> dict[str, Any]:
    return {key: value for key, value in vars(entry).items() if value is not None}


class DrawnScale:
    """Whether labels (at least 20 on 5 images) may have been drawn on smaller copies."""

    def __init__(self) -> None:
        self.labels = 0
        self._images: set[str] = set()
        self._are_upper_left = True

    def add(self, image: CocoImage, x: float, y: float) -> None:
        """Add a label of an image, which ends there to the right and below, pixels."""
        self.labels += 1
        if len(self._images) < 5:
            self._images.add(image.file_name)
        if x >= 0.6 * image.width or y >= 0.6 * image.height:
            self._are_upper_left = False

    def notes(self, what: str) -> list[str]:
        """A note if so, on labels of this name in the plural."""
        if self.labels < 20 or len(self._images) < 5 or not self._are_upper_left:
            return []
        return [
            f"all {self.labels} {what} lie in the upper left part of their images: were the "
            "labels drawn on smaller copies?"
        ]
