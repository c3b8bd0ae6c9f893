"""`anonymization apply`: one variant of the images of one shard."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from workflow_scripts.anonymization.apply import Task, anonymize_images, tasks_of
from workflow_scripts.anonymization.variants import Variant
from workflow_scripts.common.cli import File, Folder, Positive, Settings, labelled, option
from workflow_scripts.common.console import log, progress
from workflow_scripts.common.files import atomic
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME, Entry, write_manifest
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.shard_arguments import (
    Annotations,
    Images,
    ShardId,
    ShardsFile,
    images_of_shard,
)


@labelled("anonymize {variant} {shard}")
def apply(
    *,
    settings: Settings[Variant],
    variant: Annotated[str, option("NAME")],
    regions: File,
    annotations: Annotations,
    images: Images,
    shards: ShardsFile,
    shard: ShardId,
    output: Folder,
    threads: Positive = 1,
) -> None:
    """Make one variant of the images of one shard.

    The result is a folder with the images at the data set's own relative paths, and a manifest.
    Images without regions are linked; the others are written as PNG (8-bit RGB) whatever they were.

    Args:
        variant: its name, for the messages.
        regions: pii/{split}/{shard}.parquet.
        output: images/{variant}/{split}/{shard}; it appears when it is complete.
        threads: images at a time.
    """
    split = _part_of_shard(annotations, shards, shard)
    settings.check(split)
    found = read_regions(regions)
    with atomic(output) as folder:
        folder.mkdir()
        tasks = tasks_of(split, images, found, folder, output.name)
        originals = [task.original for task in tasks]
        with settings.prepared(originals, folder, threads) as method:
            treated = anonymize_images(method, tasks, threads)
            entries = list(progress(treated, total=len(tasks), description="anonymizing"))
        write_manifest(folder / FILE_NAME, entries)
    _warn_of_untouched(tasks, entries)
    log.info(
        "%d regions changed; %d images written, %d linked",
        sum(entry.regions for entry in entries),
        sum(not entry.linked for entry in entries),
        sum(entry.linked for entry in entries),
    )


def _part_of_shard(annotations: Path, shards: Path, shard: str) -> CocoSplit:
    """The shard's images and what is labelled in them."""
    split = CocoSplit.read(annotations)
    images = images_of_shard(shards, shard, split, annotations)
    instances = (i for image in images for i in split.instances_by_image[image.id])
    return CocoSplit(split.classes, tuple(images), tuple(instances))


def _warn_of_untouched(tasks: Sequence[Task], entries: Sequence[Entry]) -> None:
    """Warn of images from elsewhere that are unchanged where a face or a plate was found."""
    found = {task.image.file_name for task in tasks if task.regions}
    theirs = [entry for entry in entries if entry.image in found and not entry.linked]
    untouched = [entry.image for entry in theirs if not entry.faces + entry.license_plates]
    if untouched:
        log.warning(
            "%d of %d images with faces or license plates show no change there, e.g. %s",
            len(untouched),
            len(theirs),
            untouched[0],
        )
