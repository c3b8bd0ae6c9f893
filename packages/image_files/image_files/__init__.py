"""Image files for sharing: metadata, orientation, format, PNG, folders, contact sheet."""

from .encoding import (
    cannot_be_kept,
    encoded_like,
    has_position,
    orientation_of,
    saved_again,
    turned,
)
from .folders import Listing, listing
from .metadata import JPEG, ImageFileError, is_lossy, kinds_in, without_metadata
from .png import png_of
from .sheet import SheetCell, contact_sheet, printable

__all__ = [
    "JPEG",
    "ImageFileError",
    "Listing",
    "SheetCell",
    "cannot_be_kept",
    "contact_sheet",
    "encoded_like",
    "has_position",
    "is_lossy",
    "kinds_in",
    "listing",
    "orientation_of",
    "png_of",
    "printable",
    "saved_again",
    "turned",
    "without_metadata",
]
