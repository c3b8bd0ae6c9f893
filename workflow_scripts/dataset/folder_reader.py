"""Reader of a folder of images without labels."""

from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from image_files import cannot_be_kept, has_hidden_channel, kinds_in, listing, printable
from plain_commands.console import progress
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, sha256_of

from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.dataset.indexed_split import DAMAGED, IndexedSplit, ReadImage
from workflow_scripts.dataset.reader import exif_notes, map_in_order
from workflow_scripts.imaging.images import UNREADABLE, checked_size, size_in_header

HIDDEN_CHANNEL = (
    "images with an alpha or further channel that is no plain mask: it is neither searched nor "
    "copied; to keep it, save it as an image of its own"
)


def read_folder(root: Path, split: IndexedSplit, pool: Executor) -> None:
    """Read the images of a folder and its subfolders.

    Unreadable images, numbers of other files, and positions in EXIF are noted.

    Args:
        root: the folder.
        split: where the images are added.
        pool: worker processes.

    Raises:
        UserError: no such folder, or no readable image in it.
    """
    if not root.is_dir():
        raise UserError(f"dataset.root: there is no folder {root}")
    try:
        found = listing(root)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be read ({error.strerror})") from None
    results = map_in_order(pool, partial(_read_image, root), found.images, 4)
    left_out = []
    for one in progress(results, total=len(found.images), description="indexing"):
        if isinstance(one, ReadImage):
            split.add(one)
        else:
            left_out.append(one)
    split.left_out += [f"left out: {printable(one)}" for one in left_out + found.left_out]
    if not split.images:
        raise UserError.of([f"{root}: no readable image in it", *split.left_out])


def _read_image(root: Path, name: str) -> ReadImage | str:
    """An image, or the reason why it is unreadable."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"{name}: its name is not UTF-8; rename it"
    try:
        raw = read_bytes(root / name)
        size = size_in_header(raw)
        if size is not None:
            if reason := cannot_be_kept(raw):
                return f"{name}: {reason}"
            kinds_in(raw)
        (width, height), is_damaged = checked_size(raw, Path(name), upright=True)
        if size is None:
            return f"{name}: pixels of a kind that is not handled; convert it"
    except (UserError, *UNREADABLE) as error:
        reason = " ".join(str(error).split())
        return reason if reason.startswith(name) else f"{name}: {reason.split(': ', 1)[-1]}"
    record = CocoImage(0, name, width, height, sha256_of(raw), upright=True)
    notes = exif_notes(raw, name, size, None)
    if has_hidden_channel(raw):
        notes.append((HIDDEN_CHANNEL, name))
    if is_damaged:
        notes.append((DAMAGED, name))
    return ReadImage(record, (), tuple(notes))
