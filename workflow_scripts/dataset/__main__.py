"""The command that indexes a data set."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.dataset import CocoDataset, Dataset
from workflow_scripts.contracts.shards import make_shards
from workflow_scripts.dataset.cityscapes_reader import find_images, read_cityscapes
from workflow_scripts.dataset.coco_reader import read_coco
from workflow_scripts.dataset.reader import worker_pool
from workflow_scripts.dataset.table_1 import table_1, write_table_1


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m workflow_scripts.dataset`."""
    command = Command(
        "workflow_scripts.dataset",
        "Index a data set: check every file, and write train.coco.json, val.coco.json, "
        "table_1.csv, table_1.md and shards.json.",
        settings=Dataset,
    )
    command.argument(
        "--root", type=Path, help="where a synthetic data set was drawn (others say it themselves)"
    )
    command.argument("--output", type=Path, required=True, help="folder for the files")
    command.argument(
        "--workers", type=int, default=os.cpu_count(), help="processes (default: all CPUs)"
    )
    return command.run(_index, argv)


def _index(arguments: argparse.Namespace) -> None:
    dataset = arguments.settings
    with worker_pool(arguments.workers) as pool:
        if isinstance(dataset, CocoDataset):
            train, val = (read_coco(dataset, split, pool) for split in ("train", "val"))
            counts = {"train": len(train.images), "val": len(val.images)}
        else:
            root = arguments.root or getattr(dataset, "root", None)
            if root is None:
                raise UserError("--root: missing; say where the synthetic data set was drawn")
            images = find_images(root, full=getattr(dataset, "full", False))
            train, val = (
                read_cityscapes(root, split, images[split], pool) for split in ("train", "val")
            )
            counts = {split: len(names) for split, names in images.items() if names}
    shards = make_shards(train, val, dataset.images_per_shard)

    folder = arguments.output
    train.write(folder / "train.coco.json")
    val.write(folder / "val.coco.json")
    write_table_1(table_1(counts), folder)
    shards.write(folder / "shards.json")
    log.info(
        "%d training and %d validation images, %d and %d instances, %d shards",
        len(train.images),
        len(val.images),
        len(train.instances),
        len(val.instances),
        len(shards.of("train")),
    )


if __name__ == "__main__":
    main_of(main)
