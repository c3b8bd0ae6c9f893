"""Images and annotations of a COCO file."""

from array import array
from dataclasses import dataclass, field
from functools import partial
from typing import Any


@dataclass(frozen=True, slots=True)
class AnnotationEntry:
    """One annotation of a known class, with mask and box as in the file."""

    name: str
    """Name in messages, such as `annotation 17`."""
    class_number: int
    """1-based position of its class."""
    segmentation: Any
    bbox: Any
    iscrowd: int
    track: str | None = None
    """Name of the same object in all images of the file: `track_id`, with the image's `video_id` if
    any."""


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One image."""

    file_name: str
    """Path relative to the image folder, with forward slashes."""
    width: int
    height: int
    video: str | None = None
    """The `video_id`, if any."""
    annotations: array = field(default_factory=partial(array, "Q"))
    """Positions of its annotations in the file's list; see `Labels.annotations_of`."""
