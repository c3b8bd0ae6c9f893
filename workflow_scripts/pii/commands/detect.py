"""`pii detect`: the regions of one shard."""

from collections import Counter

from plain_commands.console import log, progress

from workflow_scripts.common.cli import File, Settings, Threads, labelled
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import NotCounted, write_regions
from workflow_scripts.contracts.shard_arguments import (
    Annotations,
    Images,
    ShardId,
    ShardsFile,
    images_of_shard,
)
from workflow_scripts.imaging.detection import ImageNames
from workflow_scripts.imaging.pictures import pictures_of
from workflow_scripts.pii import detect as detection
from workflow_scripts.pii.settings import Pii
from workflow_scripts.pii.summary import not_counted_notes


@labelled("detect PII {shard}")
def detect(
    *,
    settings: Settings[Pii],
    annotations: Annotations,
    images: Images,
    shards: ShardsFile,
    shard: ShardId,
    output: File,
    threads: Threads = 1,
) -> None:
    """Find the faces and license plates in the images of one shard.

    Args:
        output: the regions, pii/{split}/{shard}.parquet.
    """
    split = CocoSplit.read(annotations)
    detection.check_classes(settings, split)
    pictures = {picture.record.id: picture for picture in pictures_of(split, images)}
    chosen = images_of_shard(shards, shard, split, annotations)
    ready = settings.for_data_set(ImageNames.of(annotations, images))
    not_counted = NotCounted()
    searched = [pictures[image.id] for image in chosen]
    found = detection.detect(ready, searched, threads, not_counted)
    shown = progress(found, total=len(chosen), description="detecting PII")
    regions = [region for in_image in shown for region in in_image]
    write_regions(output, regions, not_counted)
    counts = Counter(region.kind for region in regions)
    said = [f"{counts[kind]} {kind.plural}" for kind in settings.detectors]
    log.info("%s in %d images", " and ".join(said) or "nothing looked for", len(chosen))
    for note in not_counted_notes(settings, not_counted):
        log.info("%s", note)
