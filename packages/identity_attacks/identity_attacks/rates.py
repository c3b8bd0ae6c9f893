"""Success rates of an attack, and the conclusion from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class Rate:
    """Success rate, 0 to 1, with its two-sided confidence interval."""

    value: float
    low: float
    high: float
    n: int
    """Number of trials, such as looked-up faces."""
    chance: float
    """Success rate of guessing."""
    independent: float
    """Effective number of independent binary trials. Several pictures of one person are not
    independent; `intervals.rate_over_people` computes it."""


@dataclass(frozen=True)
class ExposedRegion:
    """Region on which an attack succeeded or nearly succeeded."""

    region: str
    image: str
    score: float
    """Larger for more exposed regions; the unit depends on the attack."""
    found: bool
    """Whether the attack succeeded."""


@dataclass(frozen=True)
class Candidates:
    """Number of plates in the data set that fit the reading of a plate, itself included."""

    plates: int
    """Number of plates of which an original character is read."""
    median: float
    fewest: int
    of: int
    """Number of different plates in the data set."""


@dataclass(frozen=True)
class Success:
    """Success of an attack on one set of images."""

    rates: Mapping[str, Rate]
    """Rates by measure, such as `rank_1` or `read_whole`."""
    most_exposed: tuple[ExposedRegion, ...] = ()
    """Some of the most exposed regions, most exposed first."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Number of regions on which the attack could not be tried, by reason."""
    not_measured: Mapping[str, str] = field(default_factory=dict)
    """Measures without a rate, and the reasons."""
    candidates: Candidates | None = None
    """Result of an attack that reads plates; None if it read no character."""


class Conclusion(StrEnum):
    """Conclusion from an attack's success on a variant."""

    CHANCE = "no better than chance"
    """The excess over chance is at most the margin."""
    LEAKS = "leaks"
    UNDECIDED = "undecided"
    """There are too few regions."""
    FAILS = "fails on the originals"
    """The attack does not work at all here, so its failure on the variant is no evidence."""


@dataclass(frozen=True)
class Judgement:
    """Conclusion from an attack's success on the originals and on a variant."""

    conclusion: Conclusion
    measure: str
    """The deciding measure; empty if nothing was measured."""
    needed: int | None = None
    """If undecided: number of people with which `CHANCE` can be claimed with probability 0.8,
    provided that the attack is no better than chance."""
    fewest: int | None = None
    """If undecided: number of people below which `CHANCE` cannot be claimed."""
