"""COCO annotation files of any tool, with every entry, mask and box checked."""

from .annotations import AnnotationEntry, ImageEntry
from .boxes import box_of, pixels_of
from .entries import Labels, LabelsError, essential, read_labels
from .masks import Rle, fits, mask_of
from .notes import Note, Notes

__all__ = [
    "AnnotationEntry",
    "ImageEntry",
    "Labels",
    "LabelsError",
    "Note",
    "Notes",
    "Rle",
    "box_of",
    "essential",
    "fits",
    "mask_of",
    "pixels_of",
    "read_labels",
]
