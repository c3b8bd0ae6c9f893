"""`anonymization gather`: the manifest of a whole split."""

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError

from workflow_scripts.common.cli import Folders, NewFile
from workflow_scripts.contracts import manifest
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shard_arguments import Annotations


def gather(*, folders: Folders, annotations: Annotations, output: NewFile) -> None:
    """Merge the manifests of a variant's shards, and check that no image is missing.

    Args:
        folders: images/{variant}/{split}/{shard} of all shards.
        output: images/{variant}/{split}/manifest.parquet.

    Raises:
        UserError: an image is missing or made from another original, or too many are dropped.
    """
    entries = manifest.gather(CocoSplit.read_images(annotations), folders)
    dropped = sum(entry.dropped for entry in entries)
    instances = {}
    if dropped:
        instances = manifest.dropped_instances(CocoSplit.read(annotations), entries)
    labelled = [counts for counts in instances.values() if counts[1]]
    if dropped == len(entries) or (labelled and all(lost == total for lost, total in labelled)):
        raise UserError(
            f"{dropped} of {len(entries)} images are dropped, and no "
            f"{'instance' if labelled else 'image'} is left; raise the variant's min_width"
        )
    manifest.write_manifest(output, entries, instances)
    log.info(
        "%s, %s",
        counted(len(entries), "image"),
        counted(sum(entry.regions for entry in entries), "region"),
    )
    if dropped:
        log.info("%d of %d images are dropped", dropped, len(entries))
    for name, (lost, total) in instances.items():
        if lost:
            rest = "" if lost < total else ", leaving none to learn from"
            log.info("%s: %d of %d instances are dropped%s", name, lost, total, rest)
