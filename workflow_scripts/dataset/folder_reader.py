"""Reader of a folder of images without labels."""

import io
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from image_files import Listing, kinds_in, listing, printable
from PIL import Image

from workflow_scripts.common.console import progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_bytes, sha256_of
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.dataset.reader import ReadImage, number
from workflow_scripts.imaging.images import decode_image, size_in_header

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "TIFF")
"""Formats that are written again as they were, by Pillow's names; MPO is a JPEG of a camera."""


def read_folder(root: Path, pool: Executor) -> CocoSplit:
    """Read the images of a folder and of all folders in it.

    Its notes are about what is not among them: a line for each image that cannot be read, then
    numbers of other files.

    Raises:
        UserError: there is no such folder, or no image in it can be read.
    """
    if not root.is_dir():
        raise UserError(f"dataset.root: there is no folder {root}")
    try:
        found = listing(root)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be read ({error.strerror})") from None
    results = pool.map(partial(_read_image, root), found.images, chunksize=4)
    read = list(progress(results, total=len(found.images), description="indexing"))
    images = [one for one in read if isinstance(one, ReadImage)]
    left_out = [one for one in read if isinstance(one, str)] + _others(found)
    notes = [f"left out: {printable(one)}" for one in left_out]
    if not images:
        raise UserError.of([f"{root}: no image in it that can be read", *notes])
    return CocoSplit((), number(images, ()).images, (), tuple(notes))


def _read_image(root: Path, name: str) -> ReadImage | str:
    """An image, or the reason why it cannot be read."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"{name}: its name is not UTF-8; rename it"
    try:
        raw = read_bytes(root / name)
        size = size_in_header(raw)
        if size is not None:
            with Image.open(io.BytesIO(raw)) as image:
                frames = getattr(image, "n_frames", 1)
                if image.format not in FORMATS:
                    return f"{name}: its content is {image.format}, which is not handled"
                if frames > 1 and image.format != "MPO":
                    return f"{name}: {frames} pages or frames; save each as a file of its own"
            kinds_in(raw)
        height, width = decode_image(raw, Path(name), upright=True).shape[:2]
    except (UserError, ValueError, OSError, SyntaxError) as error:
        reason = " ".join(str(error).split())
        return reason if reason.startswith(name) else f"{name}: {reason.split(': ', 1)[-1]}"
    return ReadImage(CocoImage(0, name, width, height, sha256_of(raw), upright=True), ())


def _others(found: Listing) -> list[str]:
    lines = [f"{name}: a format that is not handled; convert it" for name in found.other_images]
    counted: list[tuple[Sequence[str], str]] = [
        (found.videos, "videos, which are not handled"),
        (found.hidden, "hidden files or folders, whose names begin with a dot"),
        (found.linked, "links to folders, which are not followed"),
        (found.others, "other files"),
    ]
    return lines + [f"{what}: {len(names)}, e.g. {names[0]}" for names, what in counted if names]
