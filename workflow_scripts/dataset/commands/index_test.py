"""`dataset index-test`: annotations of a further test set."""

import os
from typing import Annotated

from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import File, NewFile, Positive, Settings, option
from workflow_scripts.contracts.advice import INDEXED_AGAIN
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import FurtherTest
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.dataset.checks import notes_of
from workflow_scripts.dataset.coco_reader import read_test
from workflow_scripts.dataset.indexed_split import IndexedSplit
from workflow_scripts.dataset.reader import worker_pool


def index_test(
    *,
    settings: Settings[FurtherTest],
    name: Annotated[str, option("NAME")],
    classes: Annotated[tuple[str, ...], option("CLASS", many=(1, None))],
    task: Task = Task.MASKS,
    train: File,
    output: NewFile,
    workers: Positive | None = None,
) -> None:
    """Check every file of a further test set, and write its annotations.

    Args:
        name: name of the test set, as in `evaluation.also`.
        classes: classes of the study.
        task: shapes to read: masks, or the boxes of the annotations.
        train: train.coco.json of the experiment; test images that it contains are counted.
        output: the annotations to write.
        workers: processes (default: all CPUs).

    Raises:
        UserError: one line per problem in the test set.
    """
    training = CocoSplit.read_images(train)
    if training.classes != classes:
        raise UserError(
            f"{train}: its classes are {', '.join(training.classes)}, not {', '.join(classes)}; "
            f"index the data set again with: {INDEXED_AGAIN}"
        )
    with worker_pool(workers or os.cpu_count() or 1) as pool:
        split = IndexedSplit(classes, output.parent, task)
        read_test(settings, name, split, pool)
    notes = notes_of(split, "val", {image.sha256 for image in training.images})
    split.write(output, notes)
    for note in notes:
        log.warning("attention: %s: %s", name, note)
    log.info(
        "%s: %d images, %d instances, %d groups",
        *(name, len(split.images), split.objects, split.groups),
    )
