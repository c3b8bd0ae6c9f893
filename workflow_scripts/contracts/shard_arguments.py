"""Options that tell a command which images of a split to work on."""

from pathlib import Path
from typing import Annotated

from plain_commands.errors import UserError

from workflow_scripts.common.cli import option
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.shards import read_shard

Annotations = Annotated[
    Path, option("FILE", "COCO annotations of the split, data/{split}.coco.json.")
]
Images = Annotated[
    Path, option("FOLDER", "Folder that the file names in the annotations are relative to.")
]
ShardsFile = Annotated[Path, option("FILE", "data/shards.json.")]
ShardId = Annotated[str, option("ID", "The shard's id in that file.")]
Regions = Annotated[
    tuple[Path, ...], option("FILE", "Detected PII regions of all shards.", many=True)
]


def images_of_shard(shards: Path, shard: str, split: CocoSplit, source: Path) -> list[CocoImage]:
    """The images of one shard of a split.

    Args:
        shards: file that lists the images of each shard.
        shard: the shard's id in that file.
        split: all images.
        source: file of the split, for the error.

    Raises:
        UserError: there is no such shard, or it is not one of this split.
    """
    by_name = {image.file_name: image for image in split.images}
    names = read_shard(shards, shard)
    missing = [name for name in names if name not in by_name]
    if missing:
        raise UserError(f"{shards}: {missing[0]} is not in {source}; index again")
    return [by_name[name] for name in names]
