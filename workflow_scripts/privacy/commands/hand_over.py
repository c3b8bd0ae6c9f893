"""`privacy hand-over`: a folder of a variant's images to be shared."""

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.files import write_text

from workflow_scripts.common.cli import File, ImageFolder, NewFile, NewFolder, Settings
from workflow_scripts.contracts.audits import Audit
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Report
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions
from workflow_scripts.imaging.images import write_png
from workflow_scripts.privacy.pairs import pairs_of


def hand_over(
    *,
    settings: Settings[Report],
    annotations: Annotations,
    images: Images,
    regions: Regions,
    anonymized: ImageFolder,
    audit: File,
    output: NewFolder,
    sheet: NewFile,
    text: NewFile,
) -> None:
    """Arrange a variant's images like the originals, with a contact sheet and a summary.

    The sheet shows originals only if the settings say so.

    Args:
        anonymized: images/{variant}/train, with its manifest.
        audit: privacy/{variant}.json.
        output: folder for the images.
        sheet: PNG file for the contact sheet.
        text: file for the summary.
    """
    from workflow_scripts.privacy.handover import lay_out, sheet_of, text_of  # noqa: PLC0415 - cv2

    split = CocoSplit.read(annotations)
    pairs = pairs_of(split, images, regions, anonymized)
    found = Audit.read(audit)
    show_originals = bool(settings.show_originals)
    shown = sheet_of(found.variant, pairs, show_originals=show_originals)
    write_png(sheet, shown, private=show_originals)
    lay_out(pairs, output)
    write_text(text, text_of(found, split.notes))
    log.info("%s in %s", counted(len(pairs), "image"), output)
