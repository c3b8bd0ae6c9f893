"""Verdict on each class of one variant against the reference."""

import math
from collections.abc import Mapping, Sequence

from workflow_scripts.analysis.statistics.images import Added
from workflow_scripts.analysis.statistics.power import (
    detectable_difference,
    runs_for_difference,
    runs_for_equivalence,
)
from workflow_scripts.analysis.statistics.welch import Difference, SampleStatistics, holm
from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.settings import Statistics
from workflow_scripts.contracts.verdicts import (
    AtMargin,
    ClassVerdict,
    RunStatistics,
    Verdict,
    WithImages,
)


def compare(
    samples: Mapping[str, SampleStatistics],
    references: Mapping[str, SampleStatistics],
    settings: Statistics,
    images: Mapping[str, Added] | None = None,
) -> list[ClassVerdict]:
    """Judge each class (and `all`) of a variant against the reference.

    Args:
        samples: of the variant, by class; `all` for the mean over the classes.
        references: of the reference, with the same keys.
        settings: margins, level and power.
        images: what the test images add to the variance of the difference, where it is known.
    """
    added = images or {}
    rows = [
        _judge(name, samples[name], references[name], settings, added.get(name))
        for name in references
    ]
    classes = [row for row in rows if row.name != ALL and row.welch_p is not None]
    adjusted = dict(zip((row.name for row in classes), _adjust(classes, settings), strict=True))
    return [adjusted.get(row.name, row) for row in rows]


def _judge(
    name: str,
    sample: SampleStatistics,
    reference: SampleStatistics,
    settings: Statistics,
    added: Added | None,
) -> ClassVerdict:
    difference = sample.mean - reference.mean
    row = ClassVerdict(
        name=name,
        reference=_group(reference),
        variant=_group(sample),
        difference=None if math.isnan(difference) else difference,
        margins=tuple(AtMargin(margin=margin) for margin in settings.margins),
        notes=tuple(_notes(sample, reference)),
    )
    if min(sample.n, reference.n) < 2 or not (sample.has_spread or reference.has_spread):
        return row
    welch = Difference.between(sample, reference)
    low, high = welch.interval(settings.test_level)
    stds = (sample.std, reference.std)
    return row.model_copy(
        update={
            "low": low,
            "high": high,
            "df": welch.df,
            "welch_p": welch.p_different(),
            "detectable": detectable_difference(
                welch.error, welch.df, settings.test_level, settings.power
            ),
            "margins": tuple(
                _at_margin(margin, welch, stds, settings) for margin in settings.margins
            ),
            "with_images": None if added is None else _with_images(welch, added, settings),
        }
    )


def _at_margin(
    margin: float, welch: Difference, stds: tuple[float, float], settings: Statistics
) -> AtMargin:
    level = settings.test_level
    p = welch.p_equivalent(margin)
    verdict = _outcome(p, welch.p_different(), level)
    needed = None
    if verdict is Verdict.INCONCLUSIVE:
        counts = (
            runs_for_equivalence(welch.value, margin, stds, level, settings.power),
            runs_for_difference(welch.value, stds, level, settings.power),
        )
        needed = min((count for count in counts if count is not None), default=None)
    return AtMargin(
        margin=margin,
        tost_p=p,
        verdict=verdict,
        within_reach=welch.reach(level) < margin,
        runs_needed=needed,
    )


def _with_images(welch: Difference, added: Added, settings: Statistics) -> WithImages:
    whole = welch.with_more(added.variance, added.df)
    low, high = whole.interval(settings.test_level)
    p = whole.p_different()
    equivalent = [(margin, whole.p_equivalent(margin)) for margin in settings.margins]
    return WithImages(
        error=math.sqrt(added.variance),
        low=low,
        high=high,
        df=whole.df,
        welch_p=p,
        groups=added.groups,
        margins=tuple(
            AtMargin(
                margin=margin,
                tost_p=tost_p,
                verdict=_outcome(tost_p, p, settings.test_level),
                within_reach=whole.reach(settings.test_level) < margin,
            )
            for margin, tost_p in equivalent
        ),
    )


def _outcome(p_equivalent: float, p_different: float, level: float) -> Verdict:
    if p_equivalent < level:
        return Verdict.BOTH if p_different < level else Verdict.EQUIVALENT
    return Verdict.DIFFERENT if p_different < level else Verdict.INCONCLUSIVE


def _adjust(rows: Sequence[ClassVerdict], settings: Statistics) -> list[ClassVerdict]:
    """The rows with p values adjusted over these classes, equivalence and difference apart."""
    different = holm([row.welch_p for row in rows])
    equivalent = [
        holm([row.margins[index].tost_p for row in rows]) for index in range(len(settings.margins))
    ]
    return [
        row.model_copy(
            update={
                "welch_p_holm": different[number],
                "margins": tuple(
                    at.model_copy(
                        update={
                            "tost_p_holm": p[number],
                            "verdict_holm": _outcome(
                                p[number], different[number], settings.test_level
                            ),
                        }
                    )
                    for at, p in zip(row.margins, equivalent, strict=True)
                ),
            }
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
    return RunStatistics(mean=mean, std=std, n=sample.n)
