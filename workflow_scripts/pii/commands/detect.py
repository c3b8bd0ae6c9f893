"""`pii detect`: the regions of one shard."""

from collections import Counter

from plain_commands.console import log, progress
from plain_commands.counts import counted

from workflow_scripts.common.cli import NewFile, Settings, Threads, labelled
from workflow_scripts.contracts.regions import NotCounted, write_regions
from workflow_scripts.contracts.shard_arguments import (
    Annotations,
    Images,
    ShardId,
    ShardsFile,
    split_of_shard,
)
from workflow_scripts.imaging.detection import ImageNames
from workflow_scripts.imaging.pictures import pictures_of
from workflow_scripts.pii import detect as detection
from workflow_scripts.pii.settings import Pii


@labelled("detect PII {shard}")
def detect(
    *,
    settings: Settings[Pii],
    annotations: Annotations,
    images: Images,
    shards: ShardsFile,
    shard: ShardId,
    output: NewFile,
    threads: Threads = 1,
) -> None:
    """Find the faces and license plates in the images of one shard.

    Args:
        output: the regions, pii/{split}/{shard}.parquet.
    """
    split = split_of_shard(annotations, shards, shard)
    detection.check_classes(settings, split)
    searched = pictures_of(split, images)
    ready = settings.for_data_set(ImageNames.of(annotations, images))
    not_counted = NotCounted()
    found = detection.detect(ready, searched, threads, not_counted)
    shown = progress(found, total=len(searched), description="detecting PII")
    regions = [region for in_image in shown for region in in_image]
    write_regions(output, regions, not_counted)
    counts = Counter(region.kind for region in regions)
    said = [f"{counts[kind]} {kind.plural}" for kind in settings.detectors]
    where = counted(len(searched), "image")
    log.info("%s in %s", " and ".join(said) or "nothing looked for", where)
    log.info(
        "not counted: %d outside labelled objects (pii.only_on_labelled), %d merged into another",
        *(not_counted.left_out.total(), not_counted.merged.total()),
    )
