"""Holm's correction, over the classes of a variant, or also over the variants of an experiment.

Equivalence (or non-inferiority) and difference are corrected separately, each at the whole level.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from run_equivalence.verdicts import ClassVerdict, Question, Verdict, conclusion
from run_equivalence.welch import holm


def over_classes(
    rows: Sequence[ClassVerdict], level: float, question: Question, overall: str = "all"
) -> list[ClassVerdict]:
    """Rows of a variant, with p values adjusted over the classes.

    Args:
        rows: verdicts on the classes, and on their mean, which is not adjusted.
        level: significance level.
        question: what is asked.
        overall: name of the mean over the classes.
    """
    tested = [row for row in rows if row.name != overall and row.welch_p is not None]
    adjusted = {
        row.name: replace(
            row,
            welch_p_holm=different,
            margins=tuple(
                replace(
                    at, tost_p_holm=p, verdict_holm=_conclude(row, question, p, different, level)
                )
                for at, p in zip(row.margins, within, strict=True)
            ),
        )
        for row, different, within in _adjusted(tested)
    }
    return [adjusted.get(row.name, row) for row in rows]


def over_variants(
    variants: Mapping[str, Sequence[ClassVerdict]],
    level: float,
    question: Question,
    overall: str = "all",
) -> dict[str, list[ClassVerdict]]:
    """Rows of each variant with p values adjusted over the variants.

    Two families: the means of all variants, and the classes of all variants.

    Args:
        variants: verdicts on the classes and on their mean, by variant.
        level: significance level.
        question: what is asked.
        overall: name of the mean over the classes.
    """
    found = {variant: list(rows) for variant, rows in variants.items()}
    places = [
        (variant, place)
        for variant, rows in found.items()
        for place, row in enumerate(rows)
        if row.welch_p is not None
    ]
    for is_mean in (True, False):
        family = [(v, p) for v, p in places if (found[v][p].name == overall) == is_mean]
        tested = [found[variant][place] for variant, place in family]
        for (variant, place), (row, different, within) in zip(
            family, _adjusted(tested), strict=True
        ):
            found[variant][place] = replace(
                row,
                welch_p_family=different,
                margins=tuple(
                    replace(
                        at,
                        tost_p_family=p,
                        verdict_family=_conclude(row, question, p, different, level),
                    )
                    for at, p in zip(row.margins, within, strict=True)
                ),
            )
    return found


def _adjusted(
    rows: Sequence[ClassVerdict],
) -> Iterator[tuple[ClassVerdict, float, tuple[float, ...]]]:
    """Each row with its adjusted p values: of a difference, and of the question at each margin."""
    if not rows:
        return
    different = holm([row.welch_p for row in rows if row.welch_p is not None])
    by_margin = [
        holm([at.tost_p for at in column if at.tost_p is not None])
        for column in zip(*(row.margins for row in rows), strict=True)
    ]
    yield from zip(rows, different, zip(*by_margin, strict=True), strict=True)


def _conclude(
    row: ClassVerdict, question: Question, p_within: float, p_different: float, level: float
) -> Verdict:
    return conclusion(question, p_within, p_different, row.difference or 0, level)
