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
class Success:
    """How often an attack succeeds on one set of images."""

    rates: Mapping[str, Rate]
    """By measure, such as `rank_1` or `read_whole`."""
    most_exposed: tuple[ExposedRegion, ...] = ()
    """The most exposed regions first; a few."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Number of regions that the attack could not be tried on, by reason."""


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
    """The measure that decided."""
    needed: int | None = None
    """Number of regions that would allow to claim `CHANCE` if the attack had no success; where it
    is undecided."""
