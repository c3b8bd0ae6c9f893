"""`privacy reviewed`: the answers of a review as regions and as numbers."""

from datetime import UTC, datetime

from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import File, Files, NewFile
from workflow_scripts.contracts.regions import Kind, read_regions
from workflow_scripts.contracts.reviews import Review
from workflow_scripts.contracts.shard_arguments import Regions


def reviewed(
    *,
    answers: File,
    sample: File,
    regions: Regions,
    other_split: Files = (),
    output: NewFile,
    numbers: NewFile,
) -> None:
    """Read the answers of a review: corrected regions, and bounds on missed ones.

    The regions are a file for `pii: {faces: {detector: annotations, file: …}}`.

    Args:
        answers: CSV file exported by the page.
        sample: the JSON file beside the page.
        other_split: regions of the other split's images, which are copied unchanged.
        output: JSON file for the regions.
        numbers: JSON file for the shares of missed and wrong regions, with their bounds. The next
            run of the workflow shows them if the file is privacy/review/numbers.json in the
            results.

    Raises:
        UserError: the answers do not match the sample, the sample does not match the regions, or
            not every tile was reviewed.
    """
    from listed_regions.region_files import write_rows  # noqa: PLC0415 - --help needs none of them
    from region_review.answers import Answers, read_answers  # noqa: PLC0415
    from region_review.bounds import ERROR, numbers_of  # noqa: PLC0415
    from region_review.sample import ReviewSample, source_of  # noqa: PLC0415

    from workflow_scripts.privacy.review import corrected  # noqa: PLC0415
    from workflow_scripts.privacy.reviewed_table import said_of  # noqa: PLC0415

    drawn = ReviewSample.read(sample)
    found = [region for path in regions for region in read_regions(path)]
    if source_of([region.id for region in found]) != drawn.source:
        raise UserError(
            f"{sample}: the page was made from other regions than these {len(found)}; name all "
            "tables that `privacy review` got, or make a new page"
        )
    said = read_answers(answers, drawn)
    rows, notes = corrected(found, said, drawn.split)
    others = [region for path in other_split for region in read_regions(path)]
    other = {"train": "val", "val": "train"}.get(drawn.split or "")
    more, further = corrected(others, Answers(), other)
    write_rows(output, rows + more)
    by_kind = {Kind(kind): of_kind for kind, of_kind in numbers_of(drawn, said).items()}
    content = Review(
        sample=drawn.id,
        source=drawn.source,
        date=datetime.now(UTC).date().isoformat(),
        split=drawn.split,
        images=drawn.images,
        tiles=sum(stratum.tiles for stratum in drawn.strata),
        reviewed=len(drawn.tiles),
        level=1 - ERROR,
        kinds=by_kind,
    )
    content.write(numbers)
    for note in notes + further:
        log.warning("attention: %s", note)
    for kind, of_kind in by_kind.items():
        log.info("%s: %s", kind.plural, said_of(of_kind))
    changes = len(said.wrong), len(said.missed)
    log.info("%s: %d regions; %d removed, %d added", output, len(rows + more), *changes)
