"""`pii summarize`: how many regions there are."""

from plain_commands.console import log

from workflow_scripts.common.cli import File, Folder
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.shard_arguments import Annotations, Regions
from workflow_scripts.pii import summary as counts


def summarize(
    *, regions: Regions, annotations: Annotations, output: File, figures: Folder | None = None
) -> None:
    """Count the regions of each image, and draw Figure 3.

    Args:
        output: the counts, pii/summary.json.
        figures: folder for figure_3.svg and figure_3.png; without it, nothing is drawn.
    """
    images = [image.file_name for image in CocoSplit.read(annotations).images]
    found = [region for path in regions for region in read_regions(path)]
    summary = counts.summarize(images, found)
    summary.write(output)
    if figures:
        from workflow_scripts.pii.figure import draw  # noqa: PLC0415 - matplotlib is slow to import

        draw(summary, figures)
    log.info("%d regions, %.2f per frame", len(found), summary.total.mean)
