"""Verdict on each class of one variant against the reference."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from run_equivalence.family import over_classes
from run_equivalence.images import AddedVariance
from run_equivalence.power import (
    detectable_difference,
    runs_for_difference,
    runs_for_equivalence,
    runs_for_non_inferiority,
)
from run_equivalence.verdicts import (
    AtMargin,
    ClassVerdict,
    Question,
    RunStatistics,
    Verdict,
    WithImages,
    conclusion,
)
from run_equivalence.welch import Difference, SampleStatistics, is_testable


def compare(
    samples: Mapping[str, SampleStatistics],
    references: Mapping[str, SampleStatistics],
    *,
    margins: Sequence[float] = (0.01, 0.02),
    level: float = 0.05,
    power: float = 0.8,
    question: Question = Question.EQUIVALENCE,
    pairs: Mapping[str, SampleStatistics] | None = None,
    images: Mapping[str, AddedVariance | None] | None = None,
    overall: str = "all",
) -> list[ClassVerdict]:
    """Judge each class of a variant, and the mean over the classes, against the reference.

    Args:
        samples: runs of the variant, by class.
        references: runs of the reference, with the same keys.
        margins: differences that do not matter, chosen before results are seen.
        level: significance level of each test; intervals have the confidence 1 - 2 * level. With L
            interim looks that add runs, divide the level by L.
        power: probability for the detectable difference and the number of runs needed.
        question: question, chosen before results are seen.
        pairs: differences of paired runs (variant minus reference), by class, if pairing was
            planned; None for independent runs.
        images: variance that the test images add to the difference, if known.
        overall: key of the mean over the classes, which Holm's correction leaves out.
    """
    added = images or {}
    without_runs = tuple(
        side
        for side, of in (("the variant", samples), ("the reference", references))
        if not any(one.n for one in of.values())
    )
    criteria = _Criteria(tuple(margins), level, power, question)
    rows = [
        _judge(
            name,
            _Samples(samples[name], references[name], pairs[name] if pairs else None, without_runs),
            criteria,
            added.get(name),
        )
        for name in references
    ]
    return over_classes(rows, level, question, overall)


@dataclass(frozen=True)
class _Criteria:
    margins: tuple[float, ...]
    level: float
    power: float
    question: Question


@dataclass(frozen=True)
class _Samples:
    """Runs of a class."""

    variant: SampleStatistics
    reference: SampleStatistics
    pairs: SampleStatistics | None
    """Differences of paired runs; None if the runs are independent."""
    without_runs: tuple[str, ...]
    """The sides without a value of any class: they have no evaluated run."""

    @property
    def is_testable(self) -> bool:
        if self.pairs is None:
            return is_testable(self.variant, self.reference)
        return self.pairs.has_spread

    @property
    def stds(self) -> tuple[float, ...]:
        """Standard deviations for planning further runs."""
        if self.pairs is None:
            return self.variant.std, self.reference.std
        return (self.pairs.std,)

    @property
    def value(self) -> float:
        """Observed difference; NaN where undefined."""
        return self.variant.mean - self.reference.mean if self.pairs is None else self.pairs.mean

    def difference(self) -> Difference:
        """Difference of testable runs."""
        if self.pairs is None:
            return Difference.between(self.variant, self.reference)
        return Difference.of_pairs(self.pairs)


def _judge(
    name: str, samples: _Samples, criteria: _Criteria, added: AddedVariance | None
) -> ClassVerdict:
    row = ClassVerdict(
        name=name,
        reference=_group(samples.reference),
        variant=_group(samples.variant),
        difference=None if math.isnan(samples.value) else samples.value,
        margins=tuple(AtMargin(margin) for margin in criteria.margins),
        notes=tuple(_notes(samples)),
        pairs=samples.pairs.n if samples.pairs else None,
    )
    if not samples.is_testable:
        return row
    welch = samples.difference()
    low, high = welch.interval(criteria.level)
    return replace(
        row,
        low=low,
        high=high,
        df=welch.df,
        welch_p=welch.p_different(),
        detectable=detectable_difference(welch.error, welch.df, criteria.level, criteria.power),
        margins=tuple(
            _planned(at, welch, samples.stds, criteria) for at in _at_margins(welch, criteria)
        ),
        with_images=None if added is None else _with_images(welch, added, criteria),
    )


def _at_margins(difference: Difference, criteria: _Criteria) -> tuple[AtMargin, ...]:
    both_ways = criteria.question is Question.EQUIVALENCE
    p_within = difference.p_equivalent if both_ways else difference.p_not_worse
    different = difference.p_different()
    return tuple(
        AtMargin(
            margin=margin,
            tost_p=p,
            verdict=conclusion(criteria.question, p, different, difference.value, criteria.level),
            within_reach=difference.reach(criteria.level) < margin,
        )
        for margin in criteria.margins
        for p in [p_within(margin)]
    )


def _planned(
    at: AtMargin, welch: Difference, stds: tuple[float, ...], criteria: _Criteria
) -> AtMargin:
    """The verdict; if inconclusive, with the number of runs needed to decide."""
    if at.verdict is not Verdict.INCONCLUSIVE:
        return at
    level, power = criteria.level, criteria.power
    both_ways = criteria.question is Question.EQUIVALENCE
    runs_for_question = runs_for_equivalence if both_ways else runs_for_non_inferiority
    counts = (
        runs_for_question(welch.value, at.margin, stds, level, power),
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


def _notes(samples: _Samples) -> list[str]:
    """Remarks on unusual samples, one clause each."""
    sample, reference, pairs = samples.variant, samples.reference, samples.pairs
    fewest = min(sample.n, reference.n)
    if samples.without_runs:
        return [f"no evaluated run of {' and '.join(samples.without_runs)}"]
    if max(sample.n, reference.n) == 0:
        return ["undefined in every run: no instance in the test images"]
    if fewest == 0:
        return [f"no value of {'the variant' if sample.n == 0 else 'the reference'}"]
    notes = []
    if pairs is not None:
        if pairs.n < 2:
            notes.append(f"{pairs.n or 'no'} pair of runs: variation cannot be estimated")
        elif not pairs.has_spread:
            notes.append("all pairs have the same difference: variation cannot be estimated")
    elif fewest == 1:
        notes.append("a single run: variation cannot be estimated")
    elif math.isnan(sample.std) or math.isnan(reference.std):
        notes.append("cannot be judged: no deviation given")
    elif not (sample.has_spread or reference.has_spread):
        notes.append("identical runs: variation cannot be estimated")
    elif not (sample.has_spread and reference.has_spread):
        notes.append("no variation on one side: only the other side's deviation counts")
    if sample.n != reference.n:
        notes.append(f"{sample.n} run{'s' * (sample.n > 1)} against {reference.n}")
    if pairs is not None and 2 * pairs.n < sample.n + reference.n:
        left = sample.n + reference.n - 2 * pairs.n
        notes.append(f"{left} run{'s' * (left > 1)} without a partner, left out of the tests")
    return notes


def _group(sample: SampleStatistics) -> RunStatistics:
    mean, std = (None if math.isnan(value) else value for value in (sample.mean, sample.std))
    return RunStatistics(mean, std, sample.n)
