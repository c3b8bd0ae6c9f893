"""`anonymization gather`: the manifest of a whole split."""

from plain_commands.console import log

from workflow_scripts.common.cli import File, Folders
from workflow_scripts.contracts import manifest
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shard_arguments import Annotations


def gather(*, folders: Folders, annotations: Annotations, output: File) -> None:
    """Merge the manifests of a variant's shards, and check that no image is missing.

    Args:
        folders: images/{variant}/{split}/{shard} of all shards.
        output: images/{variant}/{split}/manifest.parquet.
    """
    entries = manifest.gather(CocoSplit.read(annotations), folders)
    manifest.write_manifest(output, entries)
    log.info("%d images, %d regions", len(entries), sum(entry.regions for entry in entries))
