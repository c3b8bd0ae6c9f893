"""The test images as a sample: groups, APs on samples, and the variance that they add."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from run_equivalence.images import ReadMatches, ResampledRuns, added_variance
from run_equivalence.resampling import (
    MatchedPredictions,
    average_precisions,
    draw_samples,
    groups_of,
)

IMAGES = 40


def run(seed: int, images: int = IMAGES, found: float = 0.7) -> MatchedPredictions:
    """Three objects of one class in each image, one prediction for each; there is no second."""
    rng = np.random.default_rng(seed)
    hit = rng.uniform(size=3 * images) < found
    return SimpleNamespace(
        images=np.arange(images).astype(str),
        classes=np.array(["car", "bus"]),
        objects=np.tile([3, 0], (images, 1)),
        image=np.repeat(np.arange(images), 3),
        category=np.zeros(3 * images, int),
        scores=rng.uniform(size=3 * images),
        hits=np.where(hit, 2**10 - 1, 0).astype(np.uint16),
        ignored=np.zeros(3 * images, np.uint16),
    )


def reads(*seeds: int, images: int = IMAGES) -> list[ReadMatches]:
    """Runs that are made when they are asked for."""
    return [partial(run, seed, images) for seed in seeds]


def test_the_ap_of_a_simple_curve():
    """Three of three found: 1. The best one and one below a false one: precision 1, then 2/3."""
    found = run(0, images=1, found=1.1)
    assert average_precisions(found, np.ones((1, 1), int))[0, 0] == pytest.approx(1)
    found.scores, found.hits = np.array([0.9, 0.8, 0.7]), np.array([1023, 0, 1023], np.uint16)
    aps = average_precisions(found, np.array([[1], [2], [0]]))[:, 0]
    # 101 recall points: 34 up to 1/3 at precision 1, 33 up to 2/3 at precision 2/3.
    assert aps[:2] == pytest.approx((34 + 33 * 2 / 3) / 101)
    assert np.isnan(aps[2])


def test_images_of_a_folder_are_drawn_together():
    cities = [f"val/city {number % 12}/{number}.png" for number in range(36)]
    groups, name = groups_of(cities, "auto")
    assert (len(set(groups)), name) == (12, "folders")
    samples = draw_samples(groups, 30)
    for group in range(12):
        assert (np.ptp(samples[:, groups == group], axis=1) == 0).all()
    assert groups_of([f"val/{number % 3}/{number}.png" for number in range(36)], "auto")[1] == (
        "images"
    )
    sequences, _ = groups_of(["a/x_000001_000019.png", "a/x_000001_000020.png"], r"\w+_\d{6}(?=_)")
    assert len(set(sequences)) == 1


def test_images_drawn_alike_add_what_the_variants_differ_by_image():
    rng = np.random.default_rng(0)
    by_image = rng.normal(0, 0.01, 2000)
    reference = np.zeros((3, 2000))
    added = added_variance([np.zeros(3)] * 2, [reference + by_image, reference], groups=50)
    assert added.variance == pytest.approx(np.var(by_image, ddof=1) * 50 / 49)
    assert added.df == 49
    assert added_variance([np.zeros(3)] * 2, [reference + by_image, reference], groups=1) is None


def test_a_variance_of_a_variant_s_own_runs_is_not_added():
    rng = np.random.default_rng(1)
    drawn = [rng.normal(0, 0.01, (4, 4000)) for _ in range(2)]
    added = added_variance([np.zeros(4)] * 2, drawn, groups=1e6)
    assert added.variance < 0.1 * (2 * 0.01**2 / 4)


def test_one_run_or_a_class_without_objects_tells_nothing_of_images():
    runs = {"a": reads(1), "b": reads(2, 3), "c": reads(4, 5)}
    resampled = ResampledRuns.of(runs, np.arange(IMAGES), 20)
    assert set(resampled.added("a", "b").values()) == {None}
    added = resampled.added("c", "b")
    assert added["bus"] is None
    assert added["car"].groups == added["all"].groups == pytest.approx(IMAGES)
    with pytest.raises(ValueError, match="c: tested on different images"):
        ResampledRuns.of(runs | {"c": reads(4, images=3)}, np.arange(IMAGES), 20)


def test_runs_in_work_at_once_give_the_same():
    runs = {"a": reads(1, 2, 3), "b": reads(4, 5)}
    one, several = (
        ResampledRuns.of(runs, np.arange(IMAGES), 20, threads=threads) for threads in (1, 3)
    )
    for name in runs:
        np.testing.assert_array_equal(one.whole[name], several.whole[name])
        np.testing.assert_array_equal(one.drawn[name], several.drawn[name])
