"""Verdict on each class of one variant against the reference."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from run_equivalence.images import AddedVariance
from run_equivalence.power import (
    detectable_difference,
    runs_for_difference,
    runs_for_equivalence,
)
from run_equivalence.verdicts import AtMargin, ClassVerdict, RunStatistics, Verdict, WithImages
from run_equivalence.welch import Difference, SampleStatistics, holm, is_testable


def compare(
    samples: Mapping[str, SampleStatistics],
    references: Mapping[str, SampleStatistics],
    *,
    margins: Sequence[float] = (0.01, 0.02),
    level: float = 0.05,
    power: float = 0.8,
    images: Mapping[str, AddedVariance | None] | None = None,
    overall: str = "all",
) -> list[ClassVerdict]:
    """Judge each class of a variant, and the mean over the classes, against the reference.

    Args:
        samples: runs of the variant, by class.
        references: runs of the reference, with the same keys.
        margins: differences that do not matter, chosen before results are seen.
        level: significance level of each test; intervals have the confidence 1 - 2 * level. Who
            looks L times, adding runs in between, divides the level by L.
        power: probability for the detectable difference and the number of runs needed.
        images: variance that the test images add to the difference, where it is known.
        overall: key of the mean over the classes, which Holm's correction leaves out.
    """
    added = images or {}
    criteria = _Criteria(tuple(margins), level, power)
    rows = [
        _judge(name, samples[name], references[name], criteria, added.get(name))
        for name in references
    ]
    tested = [row for row in rows if row.name != overall]
    adjusted = {row.name: row for row in _adjusted(tested, level)}
    return [adjusted.get(row.name, row) for row in rows]


@dataclass(frozen=True)
class _Criteria:
    margins: tuple[float, ...]
    level: float
    power: float


def _judge(
    name: str,
    sample: SampleStatistics,
    reference: SampleStatistics,
    criteria: _Criteria,
    added: AddedVariance | None,
) -> ClassVerdict:
    difference = sample.mean - reference.mean
    row = ClassVerdict(
        name=name,
        reference=_group(reference),
        variant=_group(sample),
        difference=None if math.isnan(difference) else difference,
        margins=tuple(AtMargin(margin) for margin in criteria.margins),
        notes=tuple(_notes(sample, reference)),
    )
    if not is_testable(sample, reference):
        return row
    welch = Difference.between(sample, reference)
    stds = (sample.std, reference.std)
    low, high = welch.interval(criteria.level)
    return replace(
        row,
        low=low,
        high=high,
        df=welch.df,
        welch_p=welch.p_different(),
        detectable=detectable_difference(welch.error, welch.df, criteria.level, criteria.power),
        margins=tuple(_planned(at, welch, stds, criteria) for at in _at_margins(welch, criteria)),
        with_images=None if added is None else _with_images(welch, added, criteria),
    )


def _at_margins(difference: Difference, criteria: _Criteria) -> tuple[AtMargin, ...]:
    different = difference.p_different()
    equivalent = [(margin, difference.p_equivalent(margin)) for margin in criteria.margins]
    return tuple(
        AtMargin(
            margin=margin,
            tost_p=p,
            verdict=_outcome(p, different, criteria.level),
            within_reach=difference.reach(criteria.level) < margin,
        )
        for margin, p in equivalent
    )


def _planned(
    at: AtMargin, welch: Difference, stds: tuple[float, float], criteria: _Criteria
) -> AtMargin:
    """The verdict, if it is inconclusive with the number of runs that decide."""
    if at.verdict is not Verdict.INCONCLUSIVE:
        return at
    level, power = criteria.level, criteria.power
    counts = (
        runs_for_equivalence(welch.value, at.margin, stds, level, power),
        runs_for_difference(welch.value, stds, level, power),
    )
    return replace(at, runs_needed=min((n for n in counts if n is not None), default=None))


def _with_images(welch: Difference, added: AddedVariance, criteria: _Criteria) -> WithImages:
    whole = welch.with_more(added.variance, added.df)
    low, high = whole.interval(criteria.level)
    return WithImages(
        error=math.sqrt(added.variance),
        low=low,
        high=high,
        df=whole.df,
        welch_p=whole.p_different(),
        groups=added.groups,
        margins=_at_margins(whole, criteria),
    )


def _outcome(p_equivalent: float, p_different: float, level: float) -> Verdict:
    if p_equivalent < level:
        return Verdict.BOTH if p_different < level else Verdict.EQUIVALENT
    return Verdict.DIFFERENT if p_different < level else Verdict.INCONCLUSIVE


def _adjusted(rows: Sequence[ClassVerdict], level: float) -> list[ClassVerdict]:
    """The testable rows with Holm's p values, separately for equivalence and difference."""
    rows = [row for row in rows if row.welch_p is not None]
    different = holm([row.welch_p for row in rows if row.welch_p is not None])
    equivalent = [
        holm([at.tost_p for at in column if at.tost_p is not None])
        for column in zip(*(row.margins for row in rows), strict=True)
    ]
    return [
        replace(
            row,
            welch_p_holm=different[number],
            margins=tuple(
                replace(
                    at,
                    tost_p_holm=p[number],
                    verdict_holm=_outcome(p[number], different[number], level),
                )
                for at, p in zip(row.margins, equivalent, strict=True)
            ),
        )
        for number, row in enumerate(rows)
    ]


def _notes(sample: SampleStatistics, reference: SampleStatistics) -> list[str]:
    """Remarks on unusual samples, a clause each."""
    fewest = min(sample.n, reference.n)
    if max(sample.n, reference.n) == 0:
        return ["undefined in every run: no instance in the test images, or no run"]
    if fewest == 0:
        return [f"no value of {'the variant' if sample.n == 0 else 'the reference'}"]
    notes = []
    if fewest == 1:
        notes.append("a single run: variation cannot be estimated")
    elif not (sample.has_spread or reference.has_spread):
        notes.append("identical runs: variation cannot be estimated")
    elif not (sample.has_spread and reference.has_spread):
        notes.append("no variation in one of the two: only the other's deviation counts")
    if sample.n != reference.n:
        notes.append(f"{sample.n} runs against {reference.n}")
    return notes


def _group(sample: SampleStatistics) -> RunStatistics:
    mean, std = (None if math.isnan(value) else value for value in (sample.mean, sample.std))
    return RunStatistics(mean, std, sample.n)
