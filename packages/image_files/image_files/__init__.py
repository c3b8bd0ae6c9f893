"""Image files for sharing: metadata, orientation, format, PNG, folders, contact sheet."""

from .encoding import (
    NEEDED_BITS,
    bits_used,
    cannot_be_kept,
    encoded_like,
    has_16_bits,
    has_hidden_channel,
    has_position,
    orientation_of,
    saved_again,
    turned,
)
from .folders import Listing, listing
from .metadata import (
    JPEG,
    PNG,
    ImageFileError,
    colour_profile,
    is_lossy,
    kinds_in,
    without_metadata,
)
from .png import png_of
from .sheet import SheetCell, contact_sheet, printable
from .tiff import tiff_of

__all__ = [
    "JPEG",
    "NEEDED_BITS",
    "PNG",
    "ImageFileError",
    "Listing",
    "SheetCell",
    "bits_used",
    "cannot_be_kept",
    "colour_profile",
    "contact_sheet",
    "encoded_like",
    "has_16_bits",
    "has_hidden_channel",
    "has_position",
    "is_lossy",
    "kinds_in",
    "listing",
    "orientation_of",
    "png_of",
    "printable",
    "saved_again",
    "tiff_of",
    "turned",
    "without_metadata",
]
