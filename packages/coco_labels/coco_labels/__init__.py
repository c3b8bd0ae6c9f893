"""COCO annotation files of any tool: every entry checked, every mask encoded."""

from .entries import AnnotationEntry, ImageEntry, LabelsError, Note, read_labels
from .masks import Rle, fits, mask_of

__all__ = [
    "AnnotationEntry",
    "ImageEntry",
    "LabelsError",
    "Note",
    "Rle",
    "fits",
    "mask_of",
    "read_labels",
]
