"""A person's review, as numbers and as text."""

from collections.abc import Collection, Iterator

from figures_and_tables.tables import TextTable
from plain_commands.counts import counted
from region_review.bounds import BoundedShare, KindNumbers

from workflow_scripts.contracts.audits import ALL_SIZES
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.reviews import Review
from workflow_scripts.contracts.settings import UNMODIFIED
from workflow_scripts.privacy.judging import percent
from workflow_scripts.privacy.missed_table import width_of
from workflow_scripts.privacy.table import UNDEFINED, Row

CAPTION = (
    "Reviewed: a person looked at random tiles of the images. Numbers are of these tiles, shares "
    "are estimates for all tiles, and the upper bounds after them (95 %, one-sided, "
    "Clopper-Pearson) hold for all tiles. They do not include what that person overlooked."
)


def said_of(numbers: KindNumbers) -> str:
    """The numbers of a kind, as a sentence."""
    return (
        f"{numbers.wrong} of {numbers.judged} judged are wrong "
        f"({_at_most(numbers.wrong_share, f'all {numbers.found} found')}); "
        f"{numbers.missed} missed ({_at_most(numbers.missed_share, 'all that are there')})"
    )


def _at_most(share: BoundedShare, of: str) -> str:
    return "there are none" if share.upper is None else f"at most {percent(share.upper)} of {of}"


def clause(review: Review | None, is_current: bool, kind: Kind) -> str:
    """Clause on a person's review of a kind, for the sentence with the verdict.

    Args:
        review: the review, if any.
        is_current: whether it covers the regions that were anonymized.
        kind: kind of the verdict.
    """
    if review is None:
        return f"no person has looked for missed {kind.plural}"
    said = f"a person reviewed {review.reviewed} of {review.tiles} tiles"
    upper = review.kinds[kind].missed_share.upper
    if not is_current:
        return f"{said}, but with different regions"
    if upper is None:
        return f"{said} and saw none"
    return f"{said}, so at most {percent(upper)} are missed"


def sentences(review: Review | None, is_current: bool, kinds: Collection[Kind]) -> Iterator[str]:
    """Result of the review for each kind; see `clause`."""
    if review is None:
        return
    left = review.tiles - review.reviewed
    for kind in kinds:
        said = (
            f"{kind.plural}: a person reviewed {review.reviewed} of the {review.tiles} tiles of "
            f"{counted(review.images, 'image')}, drawn at random ({review.date}): "
            f"{said_of(review.kinds[kind])}"
        )
        if left:
            said += (
                f". The other {left} tiles were not reviewed; the bounds (95 %, one-sided) cover "
                "them"
            )
        if not is_current:
            said += (
                ". The review was of different regions than those anonymized here, such as "
                "those before its corrections; its numbers are about those"
            )
        yield said


def text_tables(review: Review | None) -> Iterator[TextTable]:
    """A table with a row per kind, and per size class with judged or missed regions."""
    if review is not None:
        yield TextTable(
            title="Reviewed by a person",
            columns=("Regions", "Right", "Wrong", "Missed", "Wrong share", "Missed share"),
            rows=tuple(row for kind, block in review.kinds.items() for row in _rows(kind, block)),
        )


def _rows(kind: Kind, block: KindNumbers) -> Iterator[tuple[str, ...]]:
    counts = map(str, (block.confirmed, block.wrong, block.missed))
    yield kind.plural, *counts, _bounded(block.wrong_share), _bounded(block.missed_share)
    for one in block.sizes:
        if one.confirmed or one.wrong or one.missed:
            counts = map(str, (one.confirmed, one.wrong, one.missed))
            share = UNDEFINED if one.missed_share is None else percent(one.missed_share)
            yield kind.plural + width_of(one.size), *counts, UNDEFINED, share


def _bounded(share: BoundedShare) -> str:
    if share.upper is None:
        return UNDEFINED
    value = UNDEFINED if share.value is None else percent(share.value)
    return f"{value} (at most {percent(share.upper)})"


def rows_of(review: Review | None) -> Iterator[Row]:
    """Rows of the long table, under the name of the originals."""
    for kind, block in (review.kinds if review else {}).items():
        for name, share, n in (
            ("reviewed:wrong", block.wrong_share, block.judged),
            ("reviewed:missed", block.missed_share, block.confirmed + block.missed),
        ):
            for metric, value in ((name, share.value), (f"{name}:high", share.upper)):
                yield UNMODIFIED, kind.value, ALL_SIZES, metric, value, n
