"""`privacy missed`: estimate of missed faces and plates, by a second detector."""

from typing import TYPE_CHECKING, Annotated

from plain_commands.console import log, progress
from plain_commands.errors import UserError

from workflow_scripts.common.cli import NewFile, Settings, Threads, labelled, option
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.missed import Missed
from workflow_scripts.contracts.regions import read_regions, write_regions
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions
from workflow_scripts.imaging.detection import ImageNames, PiiSection, pii_section
from workflow_scripts.imaging.pictures import pictures_of
from workflow_scripts.privacy.settings import SecondDetection

if TYPE_CHECKING:
    Pii = PiiSection
else:
    Pii = pii_section()


@labelled("estimate missed")
def missed(
    *,
    settings: Settings[SecondDetection],
    pii: Settings[Pii],
    annotations: Annotations,
    images: Images,
    regions: Regions,
    fingerprint: Annotated[str | None, option("HEX")] = None,
    output: NewFile,
    only_second: NewFile,
    threads: Threads = 1,
) -> None:
    """Estimate the number of faces and plates from a second detector.

    It searches a random sample of whole images. The overlap of both detectors shows how much each
    misses, if they miss independently of each other.

    Args:
        fingerprint: stored with the result.
        output: privacy/missed/estimate.json.
        only_second: privacy/missed/only_second.parquet, the regions that only the second detector
            found: missed by the first, or false detections of the second; `privacy review` accepts
            this file along with the others.

    Raises:
        UserError: no detector is named, a kind was not searched for, or files do not match.
    """
    # SciPy and OpenCV are slow to import, and --help does not need them.
    from workflow_scripts.privacy.missed import (  # noqa: PLC0415
        estimate_of,
        sample_of,
        search_again,
    )
    from workflow_scripts.privacy.missed_table import sentences  # noqa: PLC0415

    if not settings.detectors:
        raise UserError("--settings: no second detector is named; set faces or license_plates")
    split = CocoSplit.read(annotations)
    found = [region for path in regions for region in read_regions(path)]
    chosen = sample_of(pictures_of(split, images, found), settings.images)
    ready = settings.for_data_set(ImageNames.of(annotations, images))
    for kind, detector in ready.detectors.items():
        if kind not in pii.detectors:
            raise UserError(f"--pii: no {kind.plural} were looked for, so none could be missed")
        detector.check(chosen, kind)
    searching = progress(
        search_again(ready, pii, chosen, threads), total=len(chosen), description="searching again"
    )
    searches = list(searching)
    estimate = Missed(
        images=len(chosen),
        of_images=len(split.images),
        kinds={
            kind: estimate_of(
                pii.detectors[kind].detector, detector.detector, [one[kind] for one in searches]
            )
            for kind, detector in ready.detectors.items()
        },
        made_with={"fingerprint": fingerprint, "settings": settings.model_dump(mode="json")},
    )
    places = [region for one in searches for two in one.values() for region in two.only_second]
    write_regions(only_second, places)
    estimate.write(output)
    for said in sentences(estimate, ready.detectors):
        log.info("%s", said)
    log.info("%s: %d places that only the second detector found", only_second, len(places))
