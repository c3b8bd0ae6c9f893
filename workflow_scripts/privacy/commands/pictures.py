"""`privacy pictures`: an attacker's own pictures of the people and plates in a data set."""

import shutil

from folder_owner import owned, stop_this_process
from plain_commands.console import log, progress
from plain_commands.counts import counted
from plain_commands.files import atomic, unfinished

from workflow_scripts.common.cli import NewFolder, Positive, Settings
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shard_arguments import Annotations, Images, Regions
from workflow_scripts.privacy.pairs import pairs_of
from workflow_scripts.privacy.settings import Privacy


def pictures(
    *,
    settings: Settings[Privacy],
    annotations: Annotations,
    images: Images,
    regions: Regions,
    output: NewFolder,
    threads: Positive = 1,
) -> None:
    """Make other pictures of the attacked people and plates.

    Each is a part of an original with another position, size, light, noise and coding, like a
    picture that an attacker who knows the person may have. The result has the layout of a data set,
    and is as sensitive as the originals.

    Args:
        output: folder for the pictures, their annotations and their regions.
        threads: number of images processed at a time.
    """
    from workflow_scripts.privacy.evidence import cutouts_of, drawn, write_pictures  # noqa: PLC0415

    pairs = pairs_of(CocoSplit.read(annotations), images, regions, None)
    chosen, numbers = drawn((one for pair in pairs for one in pair.regions), settings.regions)
    for kind, number in numbers.items():
        log.info(
            "%s: %d attacked of %d; %d too small, %d not drawn",
            *(kind.plural, number.attacked, number.regions, number.small, number.not_drawn),
        )
    cutting = progress(
        cutouts_of(pairs, chosen, threads), total=len(pairs), description="cutting out"
    )
    with owned(output.with_name(f".{output.name}.owner"), stop_this_process):
        for left in unfinished(output):  # as sensitive as the originals
            shutil.rmtree(left)
            log.warning("%s: removed leftovers of a killed job", left)
        with atomic(output) as folder:
            folder.mkdir(0o700)
            n = write_pictures((one for originals, _ in cutting for one in originals), folder)
    log.info("%s in %s", counted(n, "picture"), output)
