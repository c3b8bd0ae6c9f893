"""COCO annotation files of any tool, with every entry, mask and box checked."""

from .annotations import AnnotationEntry, ImageEntry
from .boxes import box_of, pixels_of
from .entries import LabelsError, read_labels, with_packed_polygons
from .masks import Rle, fits, mask_of
from .values import Note

__all__ = [
    "AnnotationEntry",
    "ImageEntry",
    "LabelsError",
    "Note",
    "Rle",
    "box_of",
    "fits",
    "mask_of",
    "pixels_of",
    "read_labels",
    "with_packed_polygons",
]
