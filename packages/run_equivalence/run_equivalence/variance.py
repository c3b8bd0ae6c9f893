"""Sources of the variance of a difference, and the effect of more runs.

A difference of two sets of runs varies with the runs of either set and with the test images. The
runs of a set may be spread over groups, such as sets of images made with different seeds; a one-way
analysis of variance then separates the variance between groups from that within them (Searle,
Casella and McCulloch 1992).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from run_equivalence.welch import error_and_df


@dataclass(frozen=True)
class GroupComponents:
    """Variance between groups of runs, and between runs of a group."""

    between: float
    """Variance of the groups' true means; 0 if the estimate is negative."""
    within: float
    """Variance of the runs of a group."""
    groups: int
    runs: int
    """Total number of runs."""
    sizes: float
    """Runs per group: a mean that makes the estimate unbiased for unequal numbers."""
    ratio: float
    """Mean square between groups divided by that within: infinite if runs within groups are all
    equal, NaN if all runs are."""

    @property
    def share(self) -> float:
        """Share of the groups in the variance of the mean over all runs; NaN without variation."""
        of_groups = self.between / self.groups
        whole = of_groups + self.within / (self.groups * self.sizes)
        return of_groups / whole if whole else math.nan

    @property
    def share_of_a_run(self) -> float:
        """Share of the groups in the variance of a run, in [0, 1]; NaN without variation."""
        return self._share_at(1.0)

    def interval(self, level: float) -> tuple[float, float]:
        """Ends of the 1 - 2 * level interval of the share in the variance of a run.

        Exact for normal runs and groups of equal size (Searle, Casella and McCulloch 1992, section
        3.5); for unequal sizes, their mean is used.
        """
        df = self.groups - 1, self.runs - self.groups
        low, high = (float(special.fdtri(*df, one)) for one in (1 - level, level))
        return self._share_at(low), self._share_at(high)

    def _share_at(self, expected: float) -> float:
        """Share in the variance of a run, if the ratio were multiplied by this factor."""
        if math.isinf(self.ratio):
            return 1.0
        odds = max((self.ratio / expected - 1) / self.sizes, 0.0)
        return odds / (1 + odds)


def group_components(values: Sequence[Sequence[float]]) -> GroupComponents | None:
    """Variance components of runs by group.

    Args:
        values: the values of each group's runs; empty groups are ignored.

    Returns:
        None if they cannot be separated: a single group, or one run in each.
    """
    groups = [np.asarray(of, float) for of in values if len(of)]
    sizes = np.array([len(of) for of in groups])
    if len(groups) < 2 or sizes.max() < 2:
        return None
    total = int(sizes.sum())
    mean = float(np.concatenate(groups).mean())
    within = sum(float(((of - of.mean()) ** 2).sum()) for of in groups) / (total - len(groups))
    spread = sum(len(of) * (float(of.mean()) - mean) ** 2 for of in groups) / (len(groups) - 1)
    typical = (total - float((sizes**2).sum()) / total) / (len(groups) - 1)
    return GroupComponents(
        between=max((spread - within) / typical, 0.0),
        within=within,
        groups=len(groups),
        runs=total,
        sizes=typical,
        ratio=spread / within if within else (math.inf if spread else math.nan),
    )


@dataclass(frozen=True)
class DifferenceVariance:
    """Sources of the variance of a difference of two means."""

    parts: tuple[tuple[float, int], ...]
    """Standard deviation and number of the runs of either set; one entry for pairs of runs."""
    images: float | None
    """Standard error added by the test images; None if unknown."""
    groups: float
    """Effective number of groups of test images."""

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of each part, then of the test images, in the variance; NaN without variation."""
        variances = [std**2 / n for std, n in self.parts] + [(self.images or 0.0) ** 2]
        whole = sum(variances)
        return tuple(one / whole if whole else math.nan for one in variances)

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        return math.hypot(*(std / math.sqrt(n) for std, n in self.parts), self.images or 0.0)

    def reach(self, level: float, more: float = 1) -> float:
        """Half the width of the interval of 1 - 2 * level with a multiple of the runs.

        Args:
            level: one-sided.
            more: factor on the number of runs; infinity leaves only the test images.
        """
        images = self.images or 0.0
        df_of_images = max(self.groups - 1, 1.0)
        if math.isinf(more):
            return float(special.stdtrit(df_of_images, 1 - level)) * images
        stds, sizes = zip(*self.parts, strict=True)
        error, df = error_and_df(stds, [max(round(more * n), 2) for n in sizes])
        alone = float(special.stdtrit(df, 1 - level)) * error
        if not images:
            return alone
        runs, whole = error**2, error**2 + images**2
        joint = whole**2 / (runs**2 / df + images**4 / df_of_images)
        # As in `Difference.with_more`: a second source never narrows an interval.
        return max(alone, float(special.stdtrit(joint, 1 - level)) * math.sqrt(whole))


def gain_of_a_run(std: float, n: int) -> float:
    """Reduction of the variance of a mean over n runs by one more run."""
    return std**2 / (n * (n + 1))
