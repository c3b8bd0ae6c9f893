"""Options that select a command's images from a split."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from plain_commands.errors import UserError

from workflow_scripts.common.cli import ImageFolder, option
from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shards import read_shard

Annotations = Annotated[
    Path, option("FILE", "COCO annotations of the split, data/{split}.coco.json.")
]
Images = Annotated[
    ImageFolder, option("FOLDER", "Folder that the file names in the annotations are relative to.")
]
ShardsFile = Annotated[Path, option("FILE", "data/shards.json.")]
ShardId = Annotated[str, option("ID", "The shard's id in that file.")]
Regions = Annotated[
    tuple[Path, ...], option("FILE", "Detected PII regions of all shards.", many=True)
]


def split_of_shard(annotations: Path, shards: Path, shard: str) -> CocoSplit:
    """The images of one shard of a split, with their instances.

    Args:
        annotations: file of the split.
        shards: file that lists the images of each shard.
        shard: the shard's id in that file.

    Raises:
        UserError: no such shard, or it is not a shard of this split.
    """
    names = read_shard(shards, shard)
    part = CocoSplit.read(annotations, frozenset(names))
    by_name = {image.file_name: image for image in part.images}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise UserError(f"{shards}: {missing[0]} is not in {annotations}; {made_again(shards)}")
    return replace(part, images=tuple(by_name[name] for name in names))
