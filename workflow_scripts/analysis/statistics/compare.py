"""One class of one variant against the reference: numbers, and what they allow to say."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from workflow_scripts.analysis.statistics.images import Added
from workflow_scripts.analysis.statistics.power import (
    detectable_difference,
    runs_for_difference,
    runs_for_equivalence,
)
from workflow_scripts.analysis.statistics.welch import Difference, Sample, holm
from workflow_scripts.contracts.runs import ALL
from workflow_scripts.contracts.settings.statistics import Statistics


class Outcome(StrEnum):
    """A verdict in words."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    BOTH = "different but within the margin"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "not testable"

    @property
    def within(self) -> bool:
        """Whether the difference was shown to lie within the margin."""
        return self in (Outcome.EQUIVALENT, Outcome.BOTH)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Group(_Part):
    """The runs of a variant: APs are fractions of 1; None where undefined."""

    mean: float | None
    std: float | None
    n: int


class AtMargin(_Part):
    """What holds for one margin. Undefined numbers are None."""

    margin: float
    tost_p: float | None = None
    tost_p_holm: float | None = None
    """Adjusted over the classes of the variant; None for the mean over the classes."""
    verdict: Outcome = Outcome.UNTESTABLE
    verdict_holm: Outcome | None = None
    """By adjusted p values, for a claim about this class among others."""
    within_reach: bool | None = None
    """Whether the interval is narrow enough to fit into the margin at all."""
    runs_needed: int | None = None
    """A variant, to decide with the wanted power; None if decided, or beyond counting."""


class WithImages(_Part):
    """The same difference, with the test images as a sample as well as the trainings."""

    error: float
    """What the images add: a standard error."""
    low: float
    high: float
    df: float
    welch_p: float
    groups: float
    """Groups of images of equal size that tell as much of this class as there are."""
    margins: tuple[AtMargin, ...]
    """Without Holm's correction and without planning: more runs do not help against images."""


class ClassVerdict(_Part):
    """One class, or the mean over all of them."""

    name: str
    reference: Group
    variant: Group
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    df: float | None = None
    welch_p: float | None = None
    welch_p_holm: float | None = None
    detectable: float | None = None
    """The smallest difference that Welch's test would find with the wanted power."""
    margins: tuple[AtMargin, ...]
    with_images: WithImages | None = None
    """None where the test images were not resampled, or cannot tell."""
    notes: tuple[str, ...] = ()


def compare(
    samples: Mapping[str, Sample],
    references: Mapping[str, Sample],
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
    name: str, sample: Sample, reference: Sample, settings: Statistics, added: Added | None
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
    if verdict is Outcome.INCONCLUSIVE:
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


def _outcome(p_equivalent: float, p_different: float, level: float) -> Outcome:
    if p_equivalent < level:
        return Outcome.BOTH if p_different < level else Outcome.EQUIVALENT
    return Outcome.DIFFERENT if p_different < level else Outcome.INCONCLUSIVE


def _adjust(rows: Sequence[ClassVerdict], settings: Statistics) -> list[ClassVerdict]:
    """The same with p values adjusted over these classes, equivalence and difference apart."""
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


def _notes(sample: Sample, reference: Sample) -> list[str]:
    """What is out of the ordinary, a clause each."""
    fewest = min(sample.n, reference.n)
    if max(sample.n, reference.n) == 0:
        return ["undefined in every run: no instance in the test images, or no run"]
    if fewest == 0:
        return [f"no value of {'the variant' if sample.n == 0 else 'the reference'}"]
    notes = []
    if fewest == 1:
        notes.append("a single run has no deviation: nothing can be tested")
    elif not (sample.has_spread or reference.has_spread):
        notes.append("all runs alike: a deviation of zero does not tell what chance does")
    elif not (sample.has_spread and reference.has_spread):
        notes.append("no spread in one of the two: only the other's deviation counts")
    if sample.n != reference.n:
        notes.append(f"{sample.n} runs against {reference.n}")
    return notes


def _group(sample: Sample) -> Group:
    mean, std = (None if math.isnan(value) else value for value in (sample.mean, sample.std))
    return Group(mean=mean, std=std, n=sample.n)
