"""`pii summarize`: number of regions per image."""

from plain_commands.console import log
from plain_commands.counts import counted

from workflow_scripts.common.cli import NewFile, NewFolder, Settings
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import NotCounted, read_not_counted, read_regions
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions
from workflow_scripts.imaging.detection import ImageNames
from workflow_scripts.imaging.pictures import pictures_of
from workflow_scripts.pii import summary as counts
from workflow_scripts.pii.settings import Pii


def summarize(
    *,
    settings: Settings[Pii],
    regions: Regions,
    annotations: Annotations,
    images: Images,
    output: NewFile,
    figures: NewFolder | None = None,
) -> None:
    """Count the regions of each image, and draw Figure 3. The settings are those of the detection.

    Args:
        output: the counts, pii/summary.json.
        figures: folder for figure_3.svg and figure_3.png; without it, nothing is drawn.
    """
    split = CocoSplit.read(annotations)
    found = [region for path in regions for region in read_regions(path)]
    ready = settings.for_data_set(ImageNames.of(annotations, images))
    not_counted = sum(map(read_not_counted, regions), NotCounted())
    notes = counts.notes_on(ready, pictures_of(split, images))
    notes += counts.not_counted_notes(ready, not_counted)
    names = [image.file_name for image in split.images]
    summary = counts.summarize(names, found, settings.detectors, notes)
    summary.write(output)
    if figures:
        from workflow_scripts.pii.figure import draw  # noqa: PLC0415 - matplotlib is slow to import

        draw(summary, figures)
    log.info("%s, %.2f per frame", counted(len(found), "region"), summary.total.mean)
