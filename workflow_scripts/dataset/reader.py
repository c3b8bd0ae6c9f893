"""Parallel reading of labelled images, with all findings collected."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from workflow_scripts.common.console import progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance

Source = TypeVar("Source")


@dataclass(frozen=True)
class ReadImage:
    """An image and its instances, before they have ids of the whole split."""

    image: CocoImage
    instances: tuple[Instance, ...]


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """Worker processes, spawned since a fork of a threaded process can hang."""
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield pool


def read_split(
    pool: Executor,
    read: Callable[[Source], ReadImage],
    sources: Sequence[Source],
    classes: tuple[str, ...],
    description: str,
) -> CocoSplit:
    """Read all labelled images of a split.

    Args:
        pool: worker processes.
        read: reads one image; may raise UserError.
        sources: arguments of `read`, in the order of the split.
        classes: the study's classes.
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
    return number(found, classes)


def _attempt(read: Callable[[Source], ReadImage], source: Source) -> ReadImage | tuple[str, ...]:
    try:
        return read(source)
    except UserError as error:
        return tuple(str(error).splitlines())


def number(images: Sequence[ReadImage], classes: tuple[str, ...]) -> CocoSplit:
    """Give images and instances ids from 1 in their order, and make them a split."""
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
    )
