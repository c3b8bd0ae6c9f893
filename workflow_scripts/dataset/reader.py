"""Parallel reading of labelled images; all problems are collected."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TypeVar

from coco_labels import Note
from image_files import NEEDED_BITS, bits_used, has_16_bits, has_position, orientation_of
from plain_commands.console import progress
from plain_commands.errors import UserError

from workflow_scripts.dataset.indexed_split import TURNED, UNCLEAR, IndexedSplit, ReadImage

Source = TypeVar("Source")
Result = TypeVar("Result")
AS_STORED = "images used as stored, like the labels, despite the EXIF orientation"
DEEP = "images with 16 bits per channel, of which the upper 8 are read"
DARK = (
    f"{DEEP}: nearly black, since fewer than {NEEDED_BITS} are used; detectors find nothing in "
    "them; multiply their values"
)
POSITION = (
    "images with a position in EXIF; anonymized images do not have it unless "
    "strip_metadata is false"
)
CHUNKS_AHEAD = 64
"""Chunks that workers may be ahead of the place where results are used."""


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """Worker processes, spawned because a forked threaded process can hang.

    Ctrl-C only reaches this process: a worker that it interrupts can block the others forever.
    """
    context = multiprocessing.get_context("spawn")
    ignore = signal.SIGINT, signal.SIG_IGN
    with ProcessPoolExecutor(workers, context, initializer=signal.signal, initargs=ignore) as pool:
        yield pool


def read_images(
    split: IndexedSplit,
    pool: Executor,
    read: Callable[[Source], ReadImage],
    sources: Iterable[Source],
    *,
    total: int,
    description: str,
) -> None:
    """Read all labelled images of a split.

    Args:
        split: where they are added.
        pool: worker processes.
        read: function that reads one image; may raise UserError.
        sources: arguments of `read`, in the order of the split.
        total: number of sources.
        description: label of the progress bar.

    Raises:
        UserError: the problems of all sources.

    If labels are of turned images, images whose size does not tell are turned as well.
    """
    results = map_in_order(pool, partial(_attempt, read), sources, max(1, min(16, total // 64)))
    findings: list[str] = []
    for result in progress(results, total=total, description=description):
        if isinstance(result, ReadImage):
            split.add(result)
        else:
            findings.extend(result)
    if findings:
        raise UserError.of(findings)
    split.turn_unclear()


def map_in_order(
    pool: Executor, function: Callable[[Source], Result], sources: Iterable[Source], chunk: int
) -> Iterator[Result]:
    """Results by worker processes, in the order of the sources.

    In contrast to `Executor.map`, few sources are taken before their results are used.

    Args:
        pool: worker processes.
        function: called with each source.
        sources: its arguments.
        chunk: sources that a worker takes at a time.
    """
    left, pending = iter(sources), deque[Future[list[Result]]]()
    try:
        while taken := list(islice(left, chunk)):
            pending.append(pool.submit(_each, function, taken))
            if len(pending) == CHUNKS_AHEAD:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def _each(function: Callable[[Source], Result], sources: list[Source]) -> list[Result]:
    return [function(source) for source in sources]


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
    if size and has_16_bits(raw):
        notes.append((DEEP if bits_used(raw) >= NEEDED_BITS else DARK, name))
    if size and has_position(raw):
        notes.append((POSITION, name))
    return notes


def _attempt(read: Callable[[Source], ReadImage], source: Source) -> ReadImage | tuple[str, ...]:
    try:
        return read(source)
    except UserError as error:
        return tuple(str(error).splitlines())
