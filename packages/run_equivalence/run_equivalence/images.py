"""Variance of a difference due to the choice of the test images.

All runs are tested on the same images. On another sample of images, the difference of two variants
would change for two reasons: the variants differ by image, and so do the runs of a variant. The
deviation between runs already contains the second part. It is therefore subtracted from the
variance under resampling of the images, and the rest is added.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from run_equivalence.resampling import (
    MatchedPredictions,
    average_precisions,
    draw_samples,
    effective_groups,
)

ReadMatches = Callable[[], MatchedPredictions]
"""Function that reads the matches of a run, so that not all runs have to be in memory at once."""


@dataclass(frozen=True)
class AddedVariance:
    """Variance that the test images add to a difference."""

    variance: float
    groups: float
    """Effective number of groups of images of equal size."""

    @property
    def df(self) -> float:
        """Degrees of freedom of the variance's estimate."""
        return max(self.groups - 1, 1.0)


@dataclass(frozen=True)
class ResampledRuns:
    """APs of all runs on samples of the test images."""

    names: tuple[str, ...]
    """C names: the classes, then their mean."""
    groups: np.ndarray
    """(C,) effective number of groups with objects of the class."""
    whole: Mapping[str, np.ndarray]
    """(R, C) APs of a variant's runs on all images."""
    drawn: Mapping[str, np.ndarray]
    """(R, B, C) APs of a variant's runs on B samples."""

    @classmethod
    def of(
        cls,
        runs: Mapping[str, Sequence[ReadMatches]],
        groups: np.ndarray,
        samples: int,
        overall: str = "all",
        threads: int = 1,
    ) -> "ResampledRuns":
        """Draw samples of the images, the same for all runs.

        Args:
            runs: runs of each variant, tested on the same images; at least one run in total.
            groups: (I,) int, the group of each image from 0; a group is drawn as a whole.
            samples: number of samples.
            overall: name of the mean over the classes.
            threads: number of runs processed, and in memory, at a time.

        Raises:
            ValueError: runs were tested on different images; the message starts with the variant.
        """
        first = next(of_variant[0] for of_variant in runs.values() if of_variant)()
        once = np.ones((1, len(groups)), int)
        counts = np.concatenate((once, draw_samples(groups, samples)))

        def aps_of(variant: str, read: ReadMatches) -> np.ndarray:
            matches = read()
            if not np.array_equal(matches.images, first.images):
                raise ValueError(f"{variant}: tested on different images than another run")
            return _with_mean(matches, counts)

        with ThreadPoolExecutor(threads) as pool:
            started = {
                variant: [pool.submit(aps_of, variant, read) for read in of_variant]
                for variant, of_variant in runs.items()
                if of_variant
            }
            try:
                aps = {
                    variant: np.stack([run.result() for run in of_variant])
                    for variant, of_variant in started.items()
                }
            finally:
                pool.shutdown(cancel_futures=True)
        objects = np.zeros((groups.max() + 1, len(first.classes)))
        np.add.at(objects, groups, first.objects)
        return cls(
            names=(*first.classes.tolist(), overall),
            groups=np.array(
                [*map(effective_groups, objects.T), effective_groups(objects.sum(axis=1))]
            ),
            whole={variant: of_runs[:, 0] for variant, of_runs in aps.items()},
            drawn={variant: of_runs[:, 1:] for variant, of_runs in aps.items()},
        )

    def added(self, variant: str, reference: str) -> dict[str, AddedVariance | None]:
        """Variance that the images add to the difference of two variants, by name.

        None if it cannot be estimated: an AP is undefined, or there is a single run.
        """
        both = variant, reference
        if any(len(self.whole.get(name, ())) < 2 for name in both):
            return dict.fromkeys(self.names)
        return {
            name: added_variance(
                [self.whole[v][:, index] for v in both],
                [self.drawn[v][:, :, index] for v in both],
                float(self.groups[index]),
            )
            for index, name in enumerate(self.names)
        }


def added_variance(
    whole: Sequence[np.ndarray], drawn: Sequence[np.ndarray], groups: float
) -> AddedVariance | None:
    """Variance that the images add to the difference of two sets of runs.

    Args:
        whole: (R,) APs of the runs of each of the two, on all images; at least two runs.
        drawn: (R, B) APs of the runs of each of the two, on B samples; NaN where undefined.
        groups: effective number of groups of images.

    Returns:
        None if it cannot be estimated: fewer than two samples, or a single group.
    """
    defined = np.isfinite(drawn[0]).all(axis=0) & np.isfinite(drawn[1]).all(axis=0)
    if groups <= 1 or defined.sum() < 2:
        return None
    first, second = (aps[:, defined] for aps in drawn)
    seen = np.var(first.mean(axis=0) - second.mean(axis=0), ddof=1)
    # Variance of the mean over a variant's runs due to their differences by image.
    of_runs = sum(
        (aps - on_all[:, None]).var(axis=0, ddof=1).mean() / len(aps)
        for on_all, aps in zip(whole, (first, second), strict=True)
    )
    # The variance of samples from n groups is biased by the factor (n - 1) / n.
    return AddedVariance(max(float(seen - of_runs), 0.0) * groups / (groups - 1), groups)


def _with_mean(matches: MatchedPredictions, samples: np.ndarray) -> np.ndarray:
    """(B, C) APs of the classes, and their mean over the classes with objects in the sample."""
    aps = average_precisions(matches, samples)
    defined = np.isfinite(aps).sum(axis=1)
    mean = np.where(defined > 0, np.nansum(aps, axis=1) / np.maximum(defined, 1), np.nan)
    return np.column_stack((aps, mean))
