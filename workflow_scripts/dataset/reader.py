"""Parallel reading of labelled images, with all findings collected."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from coco_labels import Note

from workflow_scripts.common.console import progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance

Source = TypeVar("Source")


@dataclass(frozen=True)
class ReadImage:
    """An image and its instances, before they have ids of the whole split."""

    image: CocoImage
    instances: tuple[Instance, ...]
    notes: tuple[Note, ...] = ()


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """Worker processes, spawned since a fork of a threaded process can hang."""
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
        read: reads one image; may raise UserError.
        sources: arguments of `read`, in the order of the split.
        description: label of the progress.

    Raises:
        UserError: the findings of all sources.
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
    return found


def _attempt(read: Callable[[Source], ReadImage], source: Source) -> ReadImage | tuple[str, ...]:
    try:
        return read(source)
    except UserError as error:
        return tuple(str(error).splitlines())


def number(
    images: Sequence[ReadImage], classes: tuple[str, ...], notes: Sequence[Note] = ()
) -> CocoSplit:
    """Give images and instances ids from 1 in their order, and make them a split.

    Args:
        images: the images.
        classes: the study's classes.
        notes: what was found besides the notes of the images.
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
    """One sentence for each kind of note: how many, and the first."""
    things: dict[str, list[str]] = {}
    for kind, thing in notes:
        things.setdefault(kind, []).append(thing)
    return tuple(f"{len(found)} {kind}, e.g. {found[0]}" for kind, found in things.items())
