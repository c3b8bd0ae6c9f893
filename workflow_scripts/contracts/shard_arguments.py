"""How a command is told which training images to work on."""

import argparse
from pathlib import Path

from workflow_scripts.common.cli import Command
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.shards import read_shard


def add_annotations(command: Command) -> None:
    """`--annotations`: the training split."""
    command.argument(
        "--annotations",
        type=Path,
        required=True,
        metavar="FILE",
        help="the training split, data/train.coco.json",
    )


def add_images(command: Command) -> None:
    """`--annotations`, and `--images`: where the split's files lie."""
    add_annotations(command)
    command.argument(
        "--images",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="what file names in the annotations are relative to",
    )


def add_shard(command: Command) -> None:
    """The arguments of `add_images`, and `--shards` and `--shard`: which of the images."""
    add_images(command)
    command.argument("--shards", type=Path, required=True, metavar="FILE", help="data/shards.json")
    command.argument("--shard", required=True, metavar="ID", help="the shard's id in that file")


def images_of_shard(arguments: argparse.Namespace, split: CocoSplit) -> list[CocoImage]:
    """The images that the arguments of `add_shard` name.

    Raises:
        UserError: there is no such shard, or it is not one of this split.
    """
    by_name = {image.file_name: image for image in split.images}
    names = read_shard(arguments.shards, arguments.shard)
    missing = [name for name in names if name not in by_name]
    if missing:
        raise UserError(
            f"{arguments.shards}: {missing[0]} is not in {arguments.annotations}; index again"
        )
    return [by_name[name] for name in names]
