"""Parallel reading of labelled images; all problems are collected."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from coco_labels import Note
from image_files import has_position, orientation_of
from plain_commands.console import progress
from plain_commands.errors import UserError

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance

Source = TypeVar("Source")
TURNED = "images turned by their EXIF orientation, like their labels"
AS_STORED = "images used as stored, like their labels, despite their EXIF orientation"
POSITION = (
    "images with a position in EXIF; anonymized images do not have it unless "
    "strip_metadata is false"
)
UNCLEAR = (
    "images used as stored although their EXIF orientation mirrors them or turns them by 180°; if "
    "your labelling tool showed them turned, turn their pixels (exiftran -ai) and index again"
)


@dataclass(frozen=True)
class ReadImage:
    """An image and its instances, without ids."""

    image: CocoImage
    instances: tuple[Instance, ...]
    notes: tuple[Note, ...] = ()


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """Worker processes, spawned because a forked threaded process can hang."""
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield pool


def read_images(
    pool: Executor,
    read: Callable[[Source], ReadImage],
    sources: Sequence[Source],
    description: str,
) -> list[ReadImage]:
    """Read all labelled images of a split.

    Args:
        pool: worker processes.
        read: function that reads one image; may raise UserError.
        sources: arguments of `read`, in the order of the split.
        description: label of the progress bar.

    Raises:
        UserError: the problems of all sources.

    If labels are of turned images, images whose size does not tell are turned as well.
    """
    chunk = max(1, min(16, len(sources) // 64))
    results = pool.map(partial(_attempt, read), sources, chunksize=chunk)
    found: list[ReadImage] = []
    findings: list[str] = []
    for result in progress(results, total=len(sources), description=description):
        if isinstance(result, ReadImage):
            found.append(result)
        else:
            findings.extend(result)
    if findings:
        raise UserError.of(findings)
    if any(kind == TURNED for image in found for kind, _ in image.notes):
        found = [_upright(image) for image in found]
    return found


def _upright(read: ReadImage) -> ReadImage:
    """The image turned by its EXIF orientation, if its size does not show it."""
    if UNCLEAR not in dict(read.notes):
        return read
    notes = tuple((TURNED if kind == UNCLEAR else kind, name) for kind, name in read.notes)
    return replace(read, image=replace(read.image, upright=True), notes=notes)


def exif_notes(
    raw: bytes, name: str, size: tuple[int, int] | None, labelled: tuple[int, int] | None
) -> list[Note]:
    """Notes on a file: its EXIF orientation, bit depth, and the place where it was taken.

    Args:
        raw: content of the file.
        name: name of the file.
        size: width and height as stored; None if unknown.
        labelled: width and height that the labels are for.
    """
    orientation, notes = orientation_of(raw) if size else 1, []
    if orientation != 1 and size and labelled:
        unclear = orientation <= 4 or labelled[0] == labelled[1]
        turned = not unclear and size == labelled[::-1]
        notes.append((UNCLEAR if unclear else TURNED if turned else AS_STORED, name))
    if raw[:4] == b"\x89PNG" and raw[24:25] == b"\x10":  # the header's bit depth
        notes.append(("PNG files with 16 bits per channel, of which the upper 8 are read", name))
    if size and has_position(raw):
        notes.append((POSITION, name))
    return notes


def _attempt(read: Callable[[Source], ReadImage], source: Source) -> ReadImage | tuple[str, ...]:
    try:
        return read(source)
    except UserError as error:
        return tuple(str(error).splitlines())


def number(
    images: Sequence[ReadImage], classes: tuple[str, ...], notes: Sequence[Note] = ()
) -> CocoSplit:
    """Build a split: images and instances get ids from 1 in their order.

    Args:
        images: the images.
        classes: classes of the study.
        notes: notes in addition to those of the images.
    """
    instances: list[Instance] = []
    for image_id, labelled in enumerate(images, start=1):
        for instance in labelled.instances:
            instances.append(replace(instance, id=len(instances) + 1, image_id=image_id))
    return CocoSplit(
        classes=classes,
        images=tuple(
            replace(labelled.image, id=image_id)
            for image_id, labelled in enumerate(images, start=1)
        ),
        instances=tuple(instances),
        notes=summary_of([*notes, *(note for image in images for note in image.notes)]),
    )


def summary_of(notes: Sequence[Note]) -> tuple[str, ...]:
    """One sentence per kind of note, with the number and the first example."""
    things: dict[str, list[str]] = {}
    for kind, thing in notes:
        things.setdefault(kind, []).append(thing)
    return tuple(f"{len(found)} {kind}, e.g. {found[0]}" for kind, found in things.items())
