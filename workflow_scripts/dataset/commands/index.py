"""`dataset index`: annotations, counts and shards of a data set."""

import os
from collections.abc import Callable
from functools import partial

from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import Folder, NewFolder, Positive, Settings
from workflow_scripts.contracts.settings import CLASSES, CocoDataset, Dataset, ImagesDataset
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.dataset.checks import notes_of
from workflow_scripts.dataset.cityscapes_reader import find_images, read_cityscapes
from workflow_scripts.dataset.coco_reader import read_coco
from workflow_scripts.dataset.folder_reader import read_folder
from workflow_scripts.dataset.indexed_split import IndexedSplit
from workflow_scripts.dataset.reader import worker_pool
from workflow_scripts.dataset.sharding import make_shards
from workflow_scripts.dataset.table_1 import write_table_1

SPLITS = ("train", "val")


def index(
    *,
    settings: Settings[Dataset],
    root: Folder | None = None,
    output: NewFolder,
    task: Task = Task.MASKS,
    workers: Positive | None = None,
) -> None:
    """Check every file of a data set, and write its annotations, Table I and the shards.

    The files are train.coco.json, val.coco.json, table_1.csv, table_1.md and shards.json.

    Args:
        root: folder of a drawn data set (other data sets are named in the settings).
        output: folder for the files.
        task: shapes that are read from COCO files: masks, or the boxes of the annotations.
        workers: processes (default: all CPUs).

    Raises:
        UserError: `root` is missing, or one line per problem in the data set, including a split
            without objects.
    """
    with worker_pool(workers or os.cpu_count() or 1) as pool:
        if isinstance(settings, CocoDataset):
            splits = {name: IndexedSplit(settings.classes, output, task) for name in SPLITS}
            _read_both(splits, partial(read_coco, settings, pool=pool))
            counts = {name: len(split.images) for name, split in splits.items()}
        elif isinstance(settings, ImagesDataset):
            splits = {name: IndexedSplit((), output) for name in SPLITS}
            read_folder(settings.root, splits["train"], pool)
            counts = {"train": len(splits["train"].images)}
        else:
            root = root or getattr(settings, "root", None)
            if root is None:
                raise UserError("--root: missing; name the folder of the drawn data set")
            images = find_images(root, full=getattr(settings, "full", False))
            splits = {name: IndexedSplit(CLASSES, output) for name in SPLITS}
            _read_both(splits, partial(read_cityscapes, root, images, pool=pool))
            counts = {name: len(names) for name, names in images.items() if names}
    trained = {image.sha256 for image in splits["train"].images}
    notes = {name: notes_of(split, name, trained) for name, split in splits.items()}
    shards = make_shards(splits["train"], splits["val"], settings.images_per_shard)
    for name, split in splits.items():
        split.write(output / f"{name}.coco.json", notes[name])
    write_table_1(counts, output)
    shards.write(output / "shards.json")
    for name in SPLITS:
        for note in notes[name]:
            log.warning("attention: %s: %s", name, note)
    log.info(
        "%d training and %d validation images, %d and %d instances, %d and %d groups, "
        "%d and %d shards",
        *(len(split.images) for split in splits.values()),
        *(split.objects for split in splits.values()),
        *(split.groups for split in splits.values()),
        *(len(shards.of(name)) for name in SPLITS),
    )


def _read_both(splits: dict[str, IndexedSplit], read: Callable[[str, IndexedSplit], None]) -> None:
    """Read both splits; one error reports the problems of both."""
    errors: list[str] = []
    for name, split in splits.items():
        try:
            read(name, split)
        except UserError as error:
            errors.append(str(error))
    if errors:  # both may be from one file
        raise UserError.of("\n".join(dict.fromkeys(errors)).splitlines())
