"""`python -m benchmarks.error_rates`: error rates of the verdict on runs with known truth.

Runs are simulated as sets of matches: objects of different difficulty in different images, models
that differ from run to run, and variants whose effect differs from image to image.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd
from instance_ap.matches import THRESHOLDS, Matches
from run_equivalence.images import ResampledRuns
from run_equivalence.resampling import average_precisions
from run_equivalence.welch import Difference, SampleStatistics
from scipy.special import expit

LEVEL = 0.05
IOUS = 0.5 + 0.05 * np.arange(THRESHOLDS)


@dataclass(frozen=True)
class World:
    """Source of simulated runs; standard deviations refer to the logit of a prediction's IoU."""

    objects: float = 3.0
    """Mean number of objects in an image."""
    difficulty: float = 1.0
    """Variation of objects and of images, the same for all models."""
    by_image: float = 0.5
    """Variation of a variant's effect from image to image."""
    by_run: float = 0.1
    """Variation of the runs that is the same in all images."""
    noise: float = 0.5
    """Variation of the runs from object to object."""
    false_alarms: float = 2.0
    """Mean number of false positives in an image."""

    def runs(
        self, rng: np.random.Generator, images: int, runs: int, shifts: tuple[float, ...]
    ) -> list[list[Matches]]:
        """Runs of variants on the same images; `shifts` are the gains of the variants."""
        objects = rng.poisson(self.objects, images)
        where = np.repeat(np.arange(images), objects)
        hard = rng.normal(0, self.difficulty, images)[where]
        hard = hard + rng.normal(0, self.difficulty, where.size)
        return [
            [
                self._run(rng, images, objects, hard + effect + rng.normal(0, self.by_run))
                for _ in range(runs)
            ]
            for shift in shifts
            for effect in [shift + rng.normal(0, self.by_image, images)[where]]
        ]

    def _run(
        self, rng: np.random.Generator, images: int, objects: np.ndarray, quality: np.ndarray
    ) -> Matches:
        quality = quality + rng.normal(0, self.noise, quality.size)
        met = (0.4 + 0.6 * expit(quality))[:, None] > IOUS
        wrong = rng.poisson(self.false_alarms, images)
        number = np.arange(images)
        return Matches(
            images=number.astype(str),
            classes=np.array(["thing"]),
            objects=objects[:, None].astype(np.int32),
            image=np.concatenate((np.repeat(number, objects), np.repeat(number, wrong))),
            category=np.zeros(quality.size + wrong.sum(), np.int16),
            scores=np.concatenate(
                (
                    quality + rng.normal(0, 0.5, quality.size),
                    rng.normal(-1, 1, wrong.sum()),
                )
            ),
            hits=np.concatenate(
                (met @ (1 << np.arange(THRESHOLDS)), np.zeros(wrong.sum(), int))
            ).astype(np.uint16),
            ignored=np.zeros(quality.size + wrong.sum(), np.uint16),
        )

    def true_difference(self, shift: float, images: int = 500, pairs: int = 200) -> float:
        """Difference in AP caused by `shift`, over all images and runs (to about 0.0005).

        Two runs with the same random numbers differ only by the shift.
        """
        once = np.ones((1, images), int)
        total = 0.0
        for seed in range(pairs):
            same, other = (
                average_precisions(
                    self.runs(np.random.default_rng(seed), images, 1, (by,))[0][0], once
                )
                for by in (0.0, shift)
            )
            total += (other - same).item()
        return total / pairs


def judged(by_variant: list[list[Matches]], samples: int) -> tuple[Difference, Difference]:
    """Difference of two variants: for these images, and with the images as a sample."""
    named = {
        name: [lambda matches=matches: matches for matches in runs]
        for name, runs in zip(("reference", "variant"), by_variant, strict=True)
    }
    tested = ResampledRuns.of(named, np.arange(len(by_variant[0][0].images)), samples)
    welch = Difference.between(
        *(SampleStatistics.of(tested.whole[name][:, 0]) for name in ("variant", "reference"))
    )
    added = tested.added("variant", "reference")["thing"]
    return welch, welch.with_more(added.variance, added.df)


def error_rates(
    world: World, *, images: int, runs: int, shift: float, repetitions: int, samples: int
) -> dict[str, float]:
    """Shares of experiments with a wrong result, by the runs alone and with images as a sample.

    Returns:
        `found`: a difference is found although there is none; `same`: equivalence is found although
        the true difference is the margin; `covered`: the 90 % interval contains the true
        difference. Each for the runs alone (`runs_`) and with the images as a sample (`both_`).
    """
    margin = world.true_difference(shift)
    counts = dict.fromkeys(
        [f"{how}_{what}" for how in ("runs", "both") for what in ("found", "same", "covered")], 0
    )
    for number in range(repetitions):
        rng = np.random.default_rng(number)
        equal = judged(world.runs(rng, images, runs, (0.0, 0.0)), samples)
        apart = judged(world.runs(rng, images, runs, (0.0, shift)), samples)
        for how, none, some in zip(("runs", "both"), equal, apart, strict=True):
            low, high = some.interval(LEVEL)
            counts[f"{how}_found"] += none.p_different() < LEVEL
            counts[f"{how}_same"] += some.p_equivalent(abs(margin)) < LEVEL
            counts[f"{how}_covered"] += low < margin < high
    return {key: count / repetitions for key, count in counts.items()}


WORLDS = {
    "images matter": World(),
    "images do not matter": World(by_image=0.0),
    "only images matter": World(by_run=0.02, noise=0.1),
}


def main() -> None:
    """Print the error rates of several worlds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--samples", type=int, default=400)
    arguments = parser.parse_args()
    rows = []
    for name, world in WORLDS.items():
        for images, runs in ((100, 5), (300, 5), (100, 3)):
            rates = error_rates(
                world,
                images=images,
                runs=runs,
                shift=-0.3,
                repetitions=arguments.repetitions,
                samples=arguments.samples,
            )
            rows.append({"world": name, "images": images, "runs": runs, **rates})
            print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=".3f"), flush=True)


if __name__ == "__main__":
    main()
