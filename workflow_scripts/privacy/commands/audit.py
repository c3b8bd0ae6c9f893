"""`privacy audit`: comparison of a variant's images with the originals."""

from typing import TYPE_CHECKING, Annotated

from plain_commands.console import log, progress
from plain_commands.counts import counted

from workflow_scripts.common.cli import ImageFolder, NewFile, Positive, Settings, labelled, option
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions
from workflow_scripts.imaging.detection import PiiSection, pii_section
from workflow_scripts.privacy.pairs import left_out, pairs_of
from workflow_scripts.privacy.shortcomings import shortcomings

if TYPE_CHECKING:
    Pii = PiiSection
else:
    Pii = pii_section()


@labelled("audit {variant}")
def audit(
    *,
    settings: Settings[Pii],
    variant: Annotated[str, option("NAME")],
    annotations: Annotations,
    images: Images,
    regions: Regions,
    anonymized: ImageFolder | None = None,
    fingerprint: Annotated[str | None, option("HEX")] = None,
    output: NewFile,
    threads: Positive = 1,
) -> None:
    """Compare a variant's images with the originals.

    Reports what was changed and how, what detectors still find, which characters of plates are
    unchanged, unintended changes, and remaining metadata. The settings are those of the detection.

    Args:
        variant: name of the variant.
        anonymized: images/{variant}/train, with its manifest; without it, audit the originals.
        fingerprint: stored with the result.
        output: privacy/{variant}.json.
        threads: number of images processed at a time.
    """
    # The detectors and OpenCV's networks are slow to import, and --help does not need them.
    from workflow_scripts.privacy.again import finders_of  # noqa: PLC0415
    from workflow_scripts.privacy.measure import measure_images  # noqa: PLC0415
    from workflow_scripts.privacy.summary import audit_of, made_with  # noqa: PLC0415

    split = CocoSplit.read(annotations)
    pairs = pairs_of(split, images, regions, anonymized)
    finders = finders_of(settings)
    measuring = measure_images(pairs, finders, threads)
    measured = list(progress(measuring, total=len(pairs), description="auditing"))
    origin = made_with(anonymized, finders, fingerprint)
    dropped = [pair.picture for pair in left_out(split, images, regions, pairs)]
    found = audit_of(variant, measured, origin, dropped, originals=anonymized is None)
    found.write(output)
    for sentence in shortcomings([found]):
        log.warning("attention: %s", sentence)
    compared = sum(len(image.regions) for image in measured)
    log.info("%s in %s compared", counted(compared, "region"), counted(len(measured), "image"))
    if dropped:
        gone = sum(len(picture.regions) for picture in dropped)
        log.info("dropped: %s with %s", counted(len(dropped), "image"), counted(gone, "region"))
