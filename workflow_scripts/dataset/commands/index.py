"""`dataset index`: annotations, counts and shards of a data set."""

import os
from collections.abc import Callable

from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import Folder, NewFolder, Positive, Settings
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import CocoDataset, Dataset, ImagesDataset
from workflow_scripts.contracts.shards import make_shards
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.dataset.checks import with_notes
from workflow_scripts.dataset.cityscapes_reader import find_images, read_cityscapes
from workflow_scripts.dataset.coco_reader import read_coco
from workflow_scripts.dataset.folder_reader import read_folder
from workflow_scripts.dataset.reader import worker_pool
from workflow_scripts.dataset.table_1 import write_table_1


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
            splits = _both(lambda split: read_coco(settings, split, pool, task))
            counts = {split: len(content.images) for split, content in splits.items()}
        elif isinstance(settings, ImagesDataset):
            splits = {"train": read_folder(settings.root, pool), "val": CocoSplit((), (), ())}
            counts = {"train": len(splits["train"].images)}
        else:
            root = root or getattr(settings, "root", None)
            if root is None:
                raise UserError("--root: missing; name the folder of the drawn data set")
            images = find_images(root, full=getattr(settings, "full", False))
            splits = _both(lambda split: read_cityscapes(root, split, images[split], pool))
            counts = {split: len(names) for split, names in images.items() if names}
    splits = with_notes(splits)
    shards = make_shards(splits["train"], splits["val"], settings.images_per_shard)
    for name, split in splits.items():
        split.write(output / f"{name}.coco.json")
    write_table_1(counts, output)
    shards.write(output / "shards.json")
    for name, split in splits.items():
        for note in split.notes:
            log.warning("attention: %s: %s", name, note)
    groups = [sum(one.iscrowd for one in split.instances) for split in splits.values()]
    log.info(
        "%d training and %d validation images, %d and %d instances, %d and %d groups, %d shards",
        *(len(split.images) for split in splits.values()),
        *(len(splits[name].instances) - count for name, count in zip(splits, groups, strict=True)),
        *groups,
        len(shards.of("train")),
    )


def _both(read: Callable[[str], CocoSplit]) -> dict[str, CocoSplit]:
    """Both splits; one error reports the problems of both."""
    splits: dict[str, CocoSplit] = {}
    errors: list[str] = []
    for split in ("train", "val"):
        try:
            splits[split] = read(split)
        except UserError as error:
            errors.append(str(error))
    if errors:  # both may be from one file
        raise UserError.of("\n".join(dict.fromkeys(errors)).splitlines())
    return splits
