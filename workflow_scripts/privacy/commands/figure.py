"""`privacy figure`: Figure 2, regions of the variants side by side."""

from plain_commands.console import log
from plain_commands.counts import counted

from workflow_scripts.common.cli import Files, NewFolder, Settings
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Report
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions
from workflow_scripts.privacy.pairs import pairs_of


def figure(
    *,
    settings: Settings[Report],
    annotations: Annotations,
    images: Images,
    regions: Regions,
    manifests: Files = (),
    output: NewFolder,
) -> None:
    """Draw Figure 2: regions of the variants side by side, by size.

    Originals are shown only if the settings say so.

    Args:
        manifests: images/{variant}/train/manifest.parquet of each variant that changes something.
        output: folder for before_after.svg and .png.
    """
    from workflow_scripts.privacy.figure import draw  # noqa: PLC0415 - matplotlib is slow to import
    from workflow_scripts.privacy.samples import samples_of  # noqa: PLC0415

    split = CocoSplit.read(annotations)
    variants = {
        path.parents[1].name: pairs_of(split, images, regions, path.parent) for path in manifests
    }
    originals = pairs_of(split, images, regions, None)
    samples = samples_of(originals, variants, bool(settings.show_originals))
    draw(samples, output)
    log.info("before_after.{svg,png}: %s", counted(len(samples.rows), "region"))
