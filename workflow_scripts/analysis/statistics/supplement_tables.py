"""The supplement's tables as text cells, and their caption."""

import math
from collections.abc import Iterator, Sequence

from figures_and_tables.latex import UNDEFINED
from figures_and_tables.tables import TextTable
from run_equivalence.effects import IntervalEstimate
from run_equivalence.permutation import MOST_EXACT
from run_equivalence.pooling import Pooled
from run_equivalence.verdicts import MOST_RUNS, ClassVerdict, Question, RunStatistics

from workflow_scripts.analysis.numbers import cell, interval, p_value, points, signed
from workflow_scripts.analysis.statistics.formats import short_table
from workflow_scripts.analysis.statistics.supplement import disagreements
from workflow_scripts.contracts.runs import ALL, class_title
from workflow_scripts.contracts.supplements import (
    ClassSupplement,
    Supplement,
    VariantSupplement,
)
from workflow_scripts.contracts.verdicts import ExperimentVerdict, VariantVerdict

Rows = Sequence[tuple[ClassVerdict, ClassSupplement]]
"""Each class with its verdict, the mean last."""
CALIBRATION = "Calibration: 1 minus the error"


def tables_of(rows: Rows, verdict: ExperimentVerdict) -> Iterator[TextTable]:
    """The non-empty tables of a variant."""
    if any(beside.effects for _, beside in rows):
        yield _effects(rows)
    if any(beside.pairs for _, beside in rows):
        yield _pairs(rows, verdict)
    if any(beside.exact for _, beside in rows):
        yield _exact(rows, verdict)
    if any(beside.pooled for _, beside in rows):
        yield _pooling(rows, verdict)


def tables_judged(
    beside: VariantSupplement, verdict: ExperimentVerdict, of: VariantVerdict
) -> Iterator[TextTable]:
    """The verdicts on groups of objects, boxes and calibration, if any."""
    for title, what, rows in (
        ("Groups of objects", "Objects", beside.groups),
        ("Boxes of the same models", "Class", beside.boxes),
        (CALIBRATION, "Class", beside.calibration),
    ):
        if rows:
            table = short_table(verdict, of.model_copy(update={"rows": rows}))
            named = {"title": title, "columns": (what, *table.columns[1:])}
            table = table.model_copy(update=named)
            yield _with_means(table, rows, of, verdict) if title == CALIBRATION else table


def _with_means(
    table: TextTable, rows: Sequence[ClassVerdict], of: VariantVerdict, verdict: ExperimentVerdict
) -> TextTable:
    """The table with the means of both sides, which are in no other table."""
    columns = (table.columns[0], verdict.reference, of.variant, *table.columns[1:])
    cells = [
        (
            "Mean over the classes" if row.name == ALL else first,
            _mean(row.reference, of.over_all.reference.n),
            _mean(row.variant, of.over_all.variant.n),
            *others,
        )
        for row, (first, *others) in zip(rows, table.rows, strict=True)
    ]
    return table.model_copy(update={"columns": columns, "rows": tuple(cells)})


def _mean(runs: RunStatistics, judged: int) -> str:
    """Mean and deviation over the judged runs that have the value."""
    mean, std = (math.nan if value is None else value for value in (runs.mean, runs.std))
    return cell(mean, std, runs.n, judged)


def _effects(rows: Rows) -> TextTable:
    cells = []
    for row, beside in rows:
        sizes = beside.effects
        cells.append(
            (
                class_title(row.name),
                signed(row.difference),
                _estimate(sizes.relative if sizes else None, 100, "+.1f"),
                _estimate(sizes.hedges_g if sizes else None, 1, "+.2f"),
                _estimate(sizes.better if sizes else None, 1, ".2f"),
            )
        )
    columns = ("Class", "Difference, points", "% of the reference's AP")
    return TextTable(
        title="Sizes of the effect",
        columns=(*columns, "Hedges' g", "P(variant better)"),
        rows=tuple(cells),
    )


def _pairs(rows: Rows, verdict: ExperimentVerdict) -> TextTable:
    margins = verdict.settings.margins
    cells = []
    for row, beside in rows:
        pairs = beside.pairs
        if pairs is None:
            cells.append((class_title(row.name), *[UNDEFINED] * (4 + 2 * len(margins))))
            continue
        of_class = [
            class_title(row.name),
            str(pairs.n),
            _estimate(pairs.correlation, 1, "+.2f"),
            f"{signed(pairs.difference)} ({interval(pairs.low, pairs.high)})",
            p_value(pairs.p_different),
        ]
        for p, one, other in zip(pairs.p_within, pairs.runs, pairs.runs_independent, strict=True):
            of_class += [p_value(p), f"{_runs(other)} → {_runs(one)}"]
        cells.append(tuple(of_class))
    headers = ["Class", "Pairs", "Correlation", "Difference of pairs", "p"]
    for margin in margins:
        headers += [f"p, {points(margin)}", f"Runs, {points(margin)}"]
    return TextTable(title="Runs of one seed as pairs", columns=tuple(headers), rows=tuple(cells))


def _exact(rows: Rows, verdict: ExperimentVerdict) -> TextTable:
    margins = verdict.settings.margins
    both_ways = verdict.settings.question is Question.EQUIVALENCE
    cells = []
    for row, beside in rows:
        exact = beside.exact
        if exact is None:
            cells.append((class_title(row.name), *[UNDEFINED] * (3 + 2 * len(margins))))
            continue
        test = exact.test
        of_class = [class_title(row.name), p_value(row.welch_p), p_value(test.p_different)]
        within = test.p_equivalent if both_ways else test.p_not_worse
        for at, p in zip(row.margins, within, strict=True):
            of_class += [p_value(at.tost_p), p_value(p)]
        other = disagreements(row, beside)
        of_class.append(
            "; ".join(f"{verdict} at {points(margin)}" for margin, _, verdict in other) or "same"
        )
        cells.append(tuple(of_class))
    headers = ["Class", "t test", "Exact"]
    for margin in margins:
        headers += [f"t test, {points(margin)}", f"Exact, {points(margin)}"]
    return TextTable(
        title="P values of t tests and exact tests",
        columns=(*headers, "Exact verdict"),
        rows=tuple(cells),
    )


def _pooling(rows: Rows, verdict: ExperimentVerdict) -> TextTable:
    margins = verdict.settings.margins
    both_ways = verdict.settings.question is Question.EQUIVALENCE
    has_images = any(beside.pooled_with_images for _, beside in rows)
    headers = ["Class", "Difference", "Pooled"]
    titles = [f"{'Within' if both_ways else 'Loss below'} {points(margin)}" for margin in margins]
    headers += titles
    headers += [f"{title}, other images" for title in titles] if has_images else []
    cells = []
    for row, beside in rows:
        posterior = beside.pooled
        estimate = None
        if posterior is not None:
            estimate = IntervalEstimate(posterior.mean, posterior.low, posterior.high)
        groups = [posterior, *([beside.pooled_with_images] if has_images else [])]
        cells.append(
            (
                class_title(row.name),
                signed(row.difference),
                _estimate(estimate, 100, "+.2f"),
                *(
                    _share(mass)
                    for group in groups
                    for mass in masses(group, len(margins), both_ways=both_ways)
                ),
            )
        )
    return TextTable(title="Partial pooling", columns=tuple(headers), rows=tuple(cells))


def masses(group: Pooled | None, count: int, *, both_ways: bool) -> Sequence[float | None]:
    """Posterior mass by margin that answers the question; `count` times None if unknown."""
    if group is None:
        return [None] * count
    return group.within if both_ways else group.above


def _share(mass: float | None) -> str:
    if mass is None:
        return UNDEFINED
    return "> 0.999" if mass > 0.999 else f"{mass:.3f}"


def _estimate(estimate: IntervalEstimate | None, scale: float, layout: str) -> str:
    """`+0.40 (+0.09 to +0.71)`, `+0.40 (unbounded)`."""
    if estimate is None:
        return UNDEFINED
    value = f"{scale * estimate.value:{layout}}"
    if estimate.low is None or estimate.high is None:
        return f"{value} (unbounded)"
    return f"{value} ({scale * estimate.low:{layout}} to {scale * estimate.high:{layout}})"


def _runs(runs: int | None) -> str:
    return f"> {MOST_RUNS}" if runs is None else str(runs)


def caption(found: Supplement) -> str:
    """Explanation of the tables."""
    confidence = f"{100 * (1 - 2 * found.level):.3g} %"
    both_ways = found.question is Question.EQUIVALENCE
    question = "equivalence" if both_ways else "non-inferiority"
    besides = [row for of in found.variants for row in of.rows]
    is_tested = any(row.effects or row.pairs or row.exact or row.pooled for row in besides)
    if not is_tested and not any(of.groups or of.boxes or of.calibration for of in found.variants):
        return "No additional analyses: no difference could be tested."
    parts = [f"Nothing here changes the verdict. Intervals (in brackets): {confidence}."]
    if any(row.effects for row in besides):
        parts.append(
            "Sizes of the effect: variant minus reference, of independent runs; percent with "
            "Fieller's interval; Hedges' g in pooled standard deviations; P(variant better): that "
            "a run of the variant has the higher AP."
        )
    if any(of.groups for of in found.variants):
        parts.append(
            "Groups of objects: the verdict on the mean AP over the classes of objects of a size "
            "(COCO's: small below 32² pixels, large from 96² on), and of objects with none, little "
            "or much of their pixels in faces and plates, with Holm correction (†) over these "
            "groups."
        )
    if any(of.boxes for of in found.variants):
        parts.append(
            "Boxes of the same models: the verdict on the AP of the boxes that models of masks "
            "find."
        )
    if any(of.calibration for of in found.variants):
        parts.append(
            "Calibration: the verdict on 1 minus the expected calibration error of the scores "
            "(D-ECE: predictions in 15 bins by score, correct at IoU 0.5 or not), so that a "
            "negative difference is worse; the margins are points of this error. The mean is over "
            "the classes of which every run has predictions."
        )
    if any(row.pairs for row in besides):
        parts.append(
            "Pairs: t tests of the differences of runs with one seed; runs: per variant, to show "
            f"{question} if nothing differs, of independent runs → of pairs."
        )
    if any(row.exact for row in besides):
        parts.append(
            "Exact: over all exchanges of runs between the variants (or signs of pairs), with the "
            f"same statistic, for at most {MOST_EXACT} runs of each."
        )
    if any(row.pooled for row in besides):
        parts.append(
            "Partial pooling: posterior mean, interval and mass of each class's difference, which "
            "borrows strength from the other classes: differences of classes are normal around a "
            "common mean "
            "(flat prior) with a spread that has a half-Cauchy prior of scale 1 point. The mean "
            "over the classes is that of their posterior."
        )
    return " ".join(parts)
