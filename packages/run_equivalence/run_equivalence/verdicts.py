"""Result of a comparison, class by class. APs and margins are fractions of 1.

Undefined numbers are None. The classes are plain data for use in file formats.
"""

from dataclasses import dataclass
from enum import StrEnum

MOST_RUNS = 10_000
"""Upper limit of the search for a number of runs."""


class Question(StrEnum):
    """Question about a variant, chosen before results are seen."""

    EQUIVALENCE = "equivalence"
    """Is the difference smaller than the margin, in either direction?"""
    NON_INFERIORITY = "non-inferiority"
    """Is the loss smaller than the margin? Gains are allowed."""


class Verdict(StrEnum):
    """Conclusion of the tests at one margin."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    BOTH = "different but within the margin"
    NOT_INFERIOR = "non-inferior"
    BETTER = "better"
    WORSE_WITHIN = "worse but within the margin"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "not testable"

    @property
    def within(self) -> bool:
        """Whether the difference, or the loss, was shown to be smaller than the margin."""
        return self in _WITHIN

    @property
    def is_different(self) -> bool:
        """Whether a difference was shown."""
        return self in _DIFFERENT


_DIFFERENT = {
    Verdict.DIFFERENT,
    Verdict.BOTH,
    Verdict.BETTER,
    Verdict.WORSE_WITHIN,
    Verdict.WORSE,
}
_WITHIN = {
    Verdict.EQUIVALENT,
    Verdict.BOTH,
    Verdict.NOT_INFERIOR,
    Verdict.BETTER,
    Verdict.WORSE_WITHIN,
}


def conclusion(
    question: Question, p_within: float, p_different: float, difference: float, level: float
) -> Verdict:
    """Verdict by two p values.

    Args:
        question: question of the tests.
        p_within: against "the difference (or the loss) is the margin or more".
        p_different: against "no difference", two-sided.
        difference: observed.
        level: significance level.
    """
    is_within, is_different = p_within < level, p_different < level
    if not is_different:
        if not is_within:
            return Verdict.INCONCLUSIVE
        both_ways = question is Question.EQUIVALENCE
        return Verdict.EQUIVALENT if both_ways else Verdict.NOT_INFERIOR
    if question is Question.EQUIVALENCE:
        return Verdict.BOTH if is_within else Verdict.DIFFERENT
    if difference > 0:
        return Verdict.BETTER
    return Verdict.WORSE_WITHIN if is_within else Verdict.WORSE


@dataclass(frozen=True)
class RunStatistics:
    """Mean and standard deviation (n-1) of an AP over a variant's runs."""

    mean: float | None
    std: float | None
    n: int


@dataclass(frozen=True)
class AtMargin:
    """Verdict at one margin."""

    margin: float
    tost_p: float | None = None
    """P value of the question: of two one-sided tests, or of one if gains are allowed."""
    tost_p_holm: float | None = None
    """P value adjusted over the classes of the variant; None for the mean over the classes."""
    verdict: Verdict = Verdict.UNTESTABLE
    verdict_holm: Verdict | None = None
    """Verdict by adjusted p values, for a claim about this class among others."""
    within_reach: bool | None = None
    """Whether the interval is narrow enough for the margin, so that equivalence can be shown."""
    runs_needed: int | None = None
    """Runs per variant to decide with the given power; None if decided, or above `MOST_RUNS`."""
    tost_p_family: float | None = None
    """P value adjusted over the variants too; None where no such family was named."""
    verdict_family: Verdict | None = None
    """Verdict by the p values adjusted over the variants."""

    @property
    def claimed(self) -> Verdict:
        """Verdict after the widest correction made, for claims about one row."""
        return self.verdict_family or self.verdict_holm or self.verdict

    @property
    def claimed_jointly(self) -> Verdict:
        """Verdict for a claim about all classes at once, which needs no correction over them."""
        return self.verdict_family or self.verdict


@dataclass(frozen=True)
class WithImages:
    """Tests of the same difference with the test images as a second source of variance."""

    error: float
    """Standard error added by the images."""
    low: float
    high: float
    df: float
    welch_p: float
    groups: float
    """Effective number of groups of images of equal size."""
    margins: tuple[AtMargin, ...]
    """Verdicts without Holm's correction, and without planning, since more runs do not reduce this
    variance."""


@dataclass(frozen=True, kw_only=True)
class ClassVerdict:
    """One class, or the mean over all classes."""

    name: str
    reference: RunStatistics
    variant: RunStatistics
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    df: float | None = None
    welch_p: float | None = None
    """P value of Welch's test, or of the paired t test if `pairs` is set."""
    welch_p_holm: float | None = None
    detectable: float | None = None
    """Smallest true difference that Welch's test finds with the given power."""
    margins: tuple[AtMargin, ...]
    with_images: WithImages | None = None
    """None if the test images were not resampled, or are too few."""
    notes: tuple[str, ...] = ()
    welch_p_family: float | None = None
    """P value adjusted over the variants too; None where no such family was named."""
    pairs: int | None = None
    """Number of tested pairs; None for independent runs."""

    @property
    def learned_nothing(self) -> bool:
        """Whether both means round to 0.000, in which case equality does not show equivalence."""
        means = self.reference.mean, self.variant.mean
        return all(mean is not None and mean < 0.0005 for mean in means)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Confidence interval of the difference; None if variation cannot be estimated."""
        return None if self.low is None or self.high is None else (self.low, self.high)
