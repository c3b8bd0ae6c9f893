"""Result of a comparison, class by class. APs and margins are fractions of 1.

Undefined numbers are None. The classes are plain data, so that a file format can use them.
"""

from dataclasses import dataclass
from enum import StrEnum

MOST_RUNS = 10_000
"""Upper limit of the search for a number of runs."""


class Verdict(StrEnum):
    """Conclusion of the tests at one margin."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    BOTH = "different but within the margin"
    INCONCLUSIVE = "inconclusive"
    UNTESTABLE = "not testable"

    @property
    def within(self) -> bool:
        """Whether the difference was shown to lie within the margin."""
        return self in (Verdict.EQUIVALENT, Verdict.BOTH)

    @property
    def is_different(self) -> bool:
        """Whether a difference was shown."""
        return self in (Verdict.DIFFERENT, Verdict.BOTH)


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
    tost_p_holm: float | None = None
    """P value adjusted over the classes of the variant; None for the mean over the classes."""
    verdict: Verdict = Verdict.UNTESTABLE
    verdict_holm: Verdict | None = None
    """Verdict by adjusted p values, for a claim about this class among others."""
    within_reach: bool | None = None
    """Whether the interval is narrower than the margin, so that equivalence can be shown."""
    runs_needed: int | None = None
    """Runs per variant that decide with the wanted power; None if decided, or above `MOST_RUNS`."""


@dataclass(frozen=True)
class WithImages:
    """Tests of the same difference with the test images as a second source of variance."""

    error: float
    """Standard error that the images add."""
    low: float
    high: float
    df: float
    welch_p: float
    groups: float
    """Effective number of groups of images of equal size."""
    margins: tuple[AtMargin, ...]
    """Verdicts without Holm's correction and planning: more runs do not reduce this variance."""


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
    welch_p_holm: float | None = None
    detectable: float | None = None
    """Smallest true difference that Welch's test finds with the wanted power."""
    margins: tuple[AtMargin, ...]
    with_images: WithImages | None = None
    """None where the test images were not resampled, or are too few."""
    notes: tuple[str, ...] = ()

    @property
    def learned_nothing(self) -> bool:
        """Whether both means read 0.000, so that their equality is no equivalence."""
        means = self.reference.mean, self.variant.mean
        return all(mean is not None and mean < 0.0005 for mean in means)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Confidence interval of the difference; None where variation cannot be estimated."""
        return None if self.low is None or self.high is None else (self.low, self.high)
