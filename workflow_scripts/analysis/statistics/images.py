"""What the choice of the test images adds to the uncertainty of a difference.

All runs are tested on the same images. On another sample of images the difference of two variants
would be another one, for two reasons: the variants differ from image to image, and so do the runs
of a variant. The second is part of the deviation between runs already, so that it is taken out of
what resampling the images shows; the rest is added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workflow_scripts.analysis.statistics.resampling import (
    average_precisions,
    draw_samples,
    groups_of,
    worth,
)
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.matches import Matches
from workflow_scripts.contracts.runs import ALL


@dataclass(frozen=True)
class Added:
    """What the test images add to the variance of a difference."""

    variance: float
    groups: float
    """Groups of images of equal size that tell as much as there are."""

    @property
    def df(self) -> float:
        """Degrees of freedom of the variance's estimate."""
        return max(self.groups - 1, 1.0)


@dataclass(frozen=True)
class TestImages:
    """The APs of all runs on samples of the test images."""

    images: int
    groups: int
    """Images that are drawn together are a group."""
    unit: str
    """What a group is, in words."""
    samples: int
    names: tuple[str, ...]
    """C names: the classes, and `all` for their mean."""
    worth: np.ndarray
    """(C,) groups of equal size that tell as much of a class as there are."""
    whole: Mapping[str, np.ndarray]
    """(R, C) APs of a variant's runs on the images as they are."""
    drawn: Mapping[str, np.ndarray]
    """(R, B, C) the same on B samples."""

    @classmethod
    def resample(
        cls, runs: Mapping[str, Sequence[Matches]], how: str, samples: int
    ) -> "TestImages":
        """Draw samples of the images, the same for all runs.

        Args:
            runs: of each variant, tested on the same images; at least one in all.
            how: which images are drawn together, see `groups_of`.
            samples: how many to draw.

        Raises:
            UserError: runs were tested on different images.
        """
        first = next(of_variant[0] for of_variant in runs.values() if of_variant)
        for variant, of_variant in runs.items():
            for matches in of_variant:
                if not np.array_equal(matches.images, first.images):
                    raise UserError(
                        f"{variant}: its matches.npz is of other test images than another run's; "
                        "evaluate all runs again"
                    )
        groups, unit = groups_of(first.images.tolist(), how)
        once = np.ones((1, len(groups)), int)
        drawn = draw_samples(groups, samples)
        by_run = {
            variant: [_with_mean(matches, np.concatenate((once, drawn))) for matches in of_variant]
            for variant, of_variant in runs.items()
            if of_variant
        }
        objects = np.zeros((groups.max() + 1, len(first.classes)))
        np.add.at(objects, groups, first.objects)
        return cls(
            images=len(groups),
            groups=len(objects),
            unit=unit,
            samples=samples,
            names=(*first.classes.tolist(), ALL),
            worth=np.array([*map(worth, objects.T), worth(objects.sum(axis=1))]),
            whole={variant: np.stack([aps[0] for aps in runs]) for variant, runs in by_run.items()},
            drawn={
                variant: np.stack([aps[1:] for aps in runs]) for variant, runs in by_run.items()
            },
        )

    def added(self, variant: str, reference: str) -> dict[str, Added | None]:
        """What the images add to the difference of two variants, by class and for `all`.

        None where that cannot be told: an AP is undefined, or one run is all there is.
        """
        both = variant, reference
        if any(len(self.whole.get(name, ())) < 2 for name in both):
            return dict.fromkeys(self.names)
        return {
            name: self._added(index, [self.drawn[v][:, :, index] for v in both], both)
            for index, name in enumerate(self.names)
        }

    def _added(self, index: int, drawn: list[np.ndarray], names: tuple[str, str]) -> Added | None:
        """Of one class: APs (R, B) of two variants on the samples."""
        groups = float(self.worth[index])
        defined = np.isfinite(drawn[0]).all(axis=0) & np.isfinite(drawn[1]).all(axis=0)
        if groups <= 1 or defined.sum() < 2:
            return None
        drawn = [aps[:, defined] for aps in drawn]
        seen = np.var(drawn[0].mean(axis=0) - drawn[1].mean(axis=0), ddof=1)
        # What differs from image to image between the runs of a variant, in their mean.
        of_runs = sum(
            (aps - self.whole[name][:, index, None]).var(axis=0, ddof=1).mean() / len(aps)
            for name, aps in zip(names, drawn, strict=True)
        )
        # The variance of samples drawn from n groups is too small by (n - 1) / n.
        return Added(max(float(seen - of_runs), 0.0) * groups / (groups - 1), groups)


def _with_mean(matches: Matches, samples: np.ndarray) -> np.ndarray:
    """(B, C) APs of the classes, and their mean over those that have objects in the sample."""
    aps = average_precisions(matches, samples)
    defined = np.isfinite(aps).sum(axis=1)
    mean = np.where(defined > 0, np.nansum(aps, axis=1) / np.maximum(defined, 1), np.nan)
    return np.column_stack((aps, mean))
