"""`anonymization apply`: one variant of a shard's images."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from folder_owner import owned, stop_this_process
from plain_commands.console import log, progress
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import atomic, unfinished
from program_runner import end_marked
from twin_comparison.tolerance import ASSUMPTION

from workflow_scripts.anonymization.apply import (
    ShardFolder,
    anonymize_images,
    check_names,
    dropped_entry,
)
from workflow_scripts.anonymization.twins import compare_all
from workflow_scripts.anonymization.variants import Variant
from workflow_scripts.common.cli import Files, NewFolder, Positive, Settings, labelled, option
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME, Entry, write_manifest
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.shard_arguments import (
    Annotations,
    Images,
    ShardId,
    ShardsFile,
    split_of_shard,
)
from workflow_scripts.contracts.shards import read_split_of
from workflow_scripts.imaging.pictures import Picture, pictures_of


@labelled("anonymize {variant} {shard}")
def apply(
    *,
    settings: Settings[Variant],
    variant: Annotated[str, option("NAME")],
    regions: Files,
    annotations: Annotations,
    images: Images,
    shards: ShardsFile | None = None,
    shard: ShardId = "",
    output: NewFolder,
    as_originals: bool = False,
    threads: Positive = 1,
) -> None:
    """Make one variant of the images of one shard.

    Without a shard: of all images of the annotations, dropping none. The result is a folder with
    the images at the data set's relative paths, and a manifest. Images without regions are linked,
    or copied without metadata; the others are written as PNG (8-bit RGB), whatever their format
    was.

    Args:
        variant: name of the variant, for messages.
        regions: pii/{split}/{shard}.parquet; for images dropped at random, of all shards.
        output: images/{variant}/{split}/{shard}; it appears once complete.
        as_originals: write every image with the name and format of its original, without metadata.
        threads: number of images processed at a time.
    """
    part = split_of_shard(annotations, shards, shard) if shards else CocoSplit.read(annotations)
    settings.check(part)
    by_split = bool(shards) and settings.needs_whole_split
    count = len(read_split_of(shards, shard)) if shards and by_split else 1
    if len(regions) != count:
        raise UserError(f"--regions: {counted(len(regions), 'file')}; this method needs {count}")
    found = [region for path in regions for region in read_regions(path)]
    seen = pictures_of(CocoSplit.read(annotations) if by_split else part, images, found)
    names = {image.file_name for image in part.images}
    pictures = [picture for picture in seen if picture.record.file_name in names]
    check_names(pictures, as_originals=as_originals)
    left_out = settings.dropped(seen) if shards else frozenset()
    kept = [picture for picture in pictures if picture.record.file_name not in left_out]
    dropped = [picture for picture in pictures if picture.record.file_name in left_out]
    with owned(output.with_name(f".{output.name}.owner"), stop_this_process):
        _remove_unfinished(output)
        with atomic(output) as folder:
            folder.mkdir()
            shard_folder = ShardFolder(folder, output.name, as_originals)
            with settings.prepared(kept, folder, threads) as method:
                treated = anonymize_images(method, kept, shard_folder, threads)
                entries = list(progress(treated, total=len(kept), description="anonymizing"))
                compare_all(shard_folder.looks)
            write_manifest(folder / FILE_NAME, [*entries, *map(dropped_entry, dropped)])
    _warn_of_untouched(pictures, entries)
    if assumed := sorted(shard_folder.assumed):
        log.warning(
            "in %d of %d images, e.g. %s, %s", *(len(assumed), len(kept), assumed[0], ASSUMPTION)
        )
    if removed := shard_folder.removed:
        log.info("metadata removed from %s (%s)", counted(len(removed), "image"), _counted(removed))
    if having := shard_folder.kept:
        log.warning(
            "metadata of the source file kept in %s (%s); "
            "strip_metadata: true removes it from JPEG, PNG and WebP files",
            *(counted(len(having), "image"), _counted(having)),
        )
    if dropped:
        log.info("%d of %d images dropped", len(dropped), len(pictures))
    log.info(
        "changed regions: %d; images written: %d, linked: %d",
        sum(entry.regions for entry in entries),
        sum(not entry.linked for entry in entries),
        sum(entry.linked for entry in entries),
    )


def _remove_unfinished(output: Path) -> None:
    """Remove files of this shard left by killed jobs, which may include copies of originals."""
    for folder in unfinished(output):
        end_marked(str(folder.resolve()))
        originals = sum(path.is_file() for path in folder.glob(".command/input/**/*"))
        shutil.rmtree(folder)
        log.warning(
            "%s: removed leftovers of a killed job, with copies of %d originals",
            *(folder, originals),
        )


def _counted(metadata: Sequence[tuple[str, ...]]) -> str:
    counts = Counter(kind for kinds in metadata for kind in kinds)
    return ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))


def _warn_of_untouched(pictures: Sequence[Picture], entries: Sequence[Entry]) -> None:
    """Warn of images from elsewhere that are unchanged at a detected face or plate."""
    found = {picture.record.file_name for picture in pictures if picture.regions}
    theirs = [entry for entry in entries if entry.image in found and not entry.linked]
    untouched = [entry.image for entry in theirs if not entry.faces + entry.license_plates]
    if untouched:
        log.warning(
            "%d of %d images with faces or license plates show no change there, e.g. %s",
            len(untouched),
            len(theirs),
            untouched[0],
        )
