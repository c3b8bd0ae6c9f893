"""Estimate of missed regions, as numbers and as text."""

from collections.abc import Collection, Iterator
from typing import Any

from figures_and_tables.tables import TextTable

from workflow_scripts.contracts.audits import ALL_SIZES, SIZES
from workflow_scripts.contracts.missed import EstimatedShare, Missed, SearchedTwice
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.settings import UNMODIFIED
from workflow_scripts.privacy.judging import percent
from workflow_scripts.privacy.table import UNDEFINED, Row

CAPTION = (
    "Missed: a second detector searched a random sample of the training images. The total number "
    "of faces or plates follows from the number that both detectors found (Chapman's estimate, "
    "with its 95 % confidence interval), if the detectors miss independently of each other. Two "
    "detectors tend to miss the same ones, such as small and dark ones, so that more are missed: "
    'read the estimate as "at least". False detections of either detector count as well, and make '
    "it too high: privacy/missed/only_second.parquet lists the places that only the second found, "
    "to be looked at."
)


def sentences(
    missed: Missed | None, kinds: Collection[Kind], *, is_reviewed: bool = False
) -> Iterator[str]:
    """The estimate for each kind, or the reason why there is none.

    Args:
        missed: the estimate, if there is one.
        kinds: kinds that were searched for.
        is_reviewed: whether a person's review gives a bound, so that no estimate is needed.
    """
    for kind in kinds:
        if missed is not None and kind in missed.kinds:
            yield f"{kind.plural}: {_said(missed, kind)}"
        elif not is_reviewed:
            key = kind.key.removeprefix("pii.")
            yield (
                f"{kind.plural}: how many were missed is not estimated, since no second detector "
                f"is named (privacy.second_detection.{key})"
            )


def _said(missed: Missed, kind: Kind) -> str:
    block = missed.kinds[kind]
    numbers = block.all
    found = (
        f"{block.first} found {numbers.first}, the second detector ({block.second}) "
        f"{numbers.second}, and both {numbers.both}, in {missed.images} of {missed.of_images} "
        "training images"
    )
    said = f"how many were missed cannot be estimated: {found}"
    if numbers.missed_by_first is not None and numbers.missed_by_both is not None:
        said = (
            f"at least {_with_interval(numbers.missed_by_first)} were missed, and "
            f"{percent(numbers.missed_by_both.value)} by both detectors, if every detection is "
            f"right: {found}"
        )
    if block.first == block.second:
        said += (
            ". Both are the same detector with two settings, which misses mostly the same: the "
            "true share may be far higher"
        )
    if block.not_labelled:
        said += (
            f". The second found {block.not_labelled} more outside labelled objects, which stay "
            "unchanged (pii.only_on_labelled)"
        )
    return said


def _with_interval(share: EstimatedShare) -> str:
    return f"{percent(share.value)} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def text_tables(missed: Missed | None) -> Iterator[TextTable]:
    """A table with a row per kind and size class that was searched twice, if any."""
    rows = [
        _row(kind, size, numbers)
        for kind, block in (missed.kinds if missed else {}).items()
        for size, numbers in block.sizes.items()
        if numbers.found or size == ALL_SIZES
    ]
    if rows:
        yield TextTable(
            title="Missed",
            columns=(
                "Regions",
                "First detector",
                "Second detector",
                "Both",
                "Estimated total",
                "Missed by the first",
                "Missed by both",
            ),
            rows=tuple(rows),
        )


def _row(kind: Kind, size: str, numbers: SearchedTwice) -> tuple[str, ...]:
    total = UNDEFINED
    if numbers.total is not None:
        high = "no upper bound" if numbers.total_high is None else str(numbers.total_high)
        total = f"{numbers.total:.0f} ({numbers.total_low} to {high})"
    return (
        kind.plural + width_of(size),
        *(str(number) for number in (numbers.first, numbers.second, numbers.both)),
        total,
        *(
            UNDEFINED if share is None else _with_interval(share)
            for share in (numbers.missed_by_first, numbers.missed_by_both)
        ),
    )


def width_of(size: str) -> str:
    """Suffix with a size class, for the name of a kind."""
    if size == ALL_SIZES:
        return ""
    low, high = SIZES[size]
    if not low:
        return f" under {high:.0f} px"
    return (
        f" of {low:.0f} px and more" if high == float("inf") else f" of {low:.0f} to {high:.0f} px"
    )


def rows_of(missed: Missed | None) -> Iterator[Row]:
    """Rows of the long table, under the name of the originals."""
    for kind, block in (missed.kinds if missed else {}).items():
        for size, numbers in block.sizes.items():
            values: dict[str, Any] = {
                "found_by_first": numbers.first,
                "found_by_second": numbers.second,
                "found_by_both": numbers.both,
                "estimated_total": numbers.total,
                "estimated_total:low": numbers.total_low,
                "estimated_total:high": numbers.total_high,
            }
            for name in ("missed_by_first", "missed_by_both"):
                share: EstimatedShare | None = getattr(numbers, name)
                for part, suffix in (("value", ""), ("low", ":low"), ("high", ":high")):
                    values[name + suffix] = getattr(share, part, None)
            for metric, value in values.items():
                yield UNMODIFIED, kind.value, size, metric, value, numbers.found
