"""How often an attack succeeds, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class Rate:
    """A rate of success, 0 to 1, with its two-sided confidence interval."""

    value: float
    low: float
    high: float
    n: int
    """Number of trials, such as faces that were looked up."""
    chance: float
    """What guessing gives."""
    independent: float
    """Number of independent trials of yes or no that tell as much. Several pictures of one person
    are no independent trials; `intervals.rate_over_people` computes it."""


@dataclass(frozen=True)
class ExposedRegion:
    """A region that an attack succeeded on, or came close to."""

    region: str
    image: str
    score: float
    """The larger, the more exposed; its unit is the attack's."""
    found: bool
    """Whether the attack succeeded."""


@dataclass(frozen=True)
class Candidates:
    """Plates of the data set that fit what is read of one, itself included."""

    plates: int
    """Number of plates of which an original character is read."""
    median: float
    fewest: int
    of: int
    """Number of different plates in the data set."""


@dataclass(frozen=True)
class Success:
    """How often an attack succeeds on one set of images."""

    rates: Mapping[str, Rate]
    """By measure, such as `rank_1` or `read_whole`."""
    most_exposed: tuple[ExposedRegion, ...] = ()
    """The most exposed regions first; a few."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Number of regions that the attack could not be tried on, by reason."""
    not_measured: Mapping[str, str] = field(default_factory=dict)
    """Measures without a rate, each with the reason."""
    candidates: Candidates | None = None
    """Of an attack that reads plates, and read some character."""


class Conclusion(StrEnum):
    """What an attack's success on a variant allows to say."""

    CHANCE = "no better than chance"
    """By no more than the margin."""
    LEAKS = "leaks"
    UNDECIDED = "undecided"
    """Too few regions."""
    FAILS = "fails on the originals"
    """The attack does not work at all here, so that its failure on the variant says nothing."""


@dataclass(frozen=True)
class Judgement:
    """What follows from an attack's success on the originals and on a variant."""

    conclusion: Conclusion
    measure: str
    """The measure that decided; empty where nothing was measured."""
    needed: int | None = None
    """Where it is undecided: number of people that allows to claim `CHANCE` with probability 0.8
    if the attack is no better than chance."""
    fewest: int | None = None
    """Where it is undecided: number of people below which `CHANCE` cannot be claimed at all."""
