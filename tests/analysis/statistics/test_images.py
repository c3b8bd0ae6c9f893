"""The test images as a sample: what they add, in simulated experiments and in the verdict."""

import json

import numpy as np
import pytest
from instance_ap.matches import Matches
from plain_commands.files import read_json

from benchmarks.error_rates import World, error_rates, judged
from tests.analysis.tables.written_runs import CLASSES, evaluation, expectation, written
from tests.commands import statistics as main
from workflow_scripts.contracts.evaluations import RunName
from workflow_scripts.contracts.matches import write_matches

IMAGES = 40


@pytest.mark.slow
def test_error_rates_are_those_that_were_promised():
    """100 experiments; `python -m benchmarks.error_rates` does 2000 (docs/verdict.md)."""
    rates = error_rates(World(), images=80, runs=5, shift=-0.5, repetitions=100, samples=80)
    # Within three standard errors of a share of 0.05 (of 0.9 for what is covered).
    assert rates["both_found"] <= 0.12
    assert rates["both_same"] <= 0.12
    assert rates["both_covered"] >= 0.81
    # Of the trainings alone the same cannot be said: the images have their part.
    assert rates["runs_covered"] < rates["both_covered"]


@pytest.mark.slow
def test_images_add_nothing_where_variants_differ_alike_in_all():
    world = World(by_image=0.0, noise=0.4)
    shares = []
    for seed in range(12):
        runs = world.runs(np.random.default_rng(seed), 100, 6, (0.0, 0.0))
        alone, both = judged(runs, 100)
        shares.append((both.error**2 - alone.error**2) / both.error**2)
    assert np.median(shares) < 0.35
    different = [
        (both.error**2 - alone.error**2) / both.error**2
        for seed in range(12)
        for alone, both in [
            judged(World(by_image=1.0).runs(np.random.default_rng(seed), 100, 6, (0, 0)), 100)
        ]
    ]
    assert np.median(different) > 0.6


def matches(variant, seed, images=IMAGES):
    """A run that finds most people and riders, the same images' of a variant; there is no car."""
    rng = np.random.default_rng(seed)
    easy = np.random.default_rng(len(variant)).uniform(0.2, 1, images)
    objects = np.tile(np.array([3, 1, 0], np.int32), (images, 1))
    found = rng.uniform(size=4 * images) < np.repeat(easy, 4)
    return Matches(
        images=np.array([f"city {n % 4}/{n}.png" for n in range(images)]),
        classes=np.array(CLASSES),
        objects=objects,
        image=np.repeat(np.arange(images), 4).astype(np.int32),
        category=np.tile([0, 0, 0, 1], images).astype(np.int16),
        scores=rng.uniform(size=4 * images),
        hits=np.where(found, 2**10 - 1, 0).astype(np.uint16),
        ignored=np.zeros(4 * images, np.uint16),
    )


@pytest.fixture
def experiment(tmp_path):
    for variant in ("unmodified", "blur"):
        for seed in (1, 2, 3):
            rng = np.random.default_rng(seed + len(variant))
            aps = [*rng.normal(0.3, 0.01, 2), None]
            (path,) = written(tmp_path, evaluation(variant, seed, aps))
            run = RunName.model_validate(read_json(path)["run"])
            write_matches(path.with_name("matches.npz"), matches(variant, seed), run)
    return tmp_path


def verdict_of(folder, settings="{}"):
    runs = ["--runs-in", str(folder / "runs"), "--settings", settings]
    expected = ["--expected", expectation(("unmodified", "blur"))]
    assert main(["verdict", *runs, *expected, "--output", str(folder / "tables")]) == 0
    return json.loads((folder / "tables/verdict.json").read_text())


def test_the_verdict_has_an_interval_with_images(experiment):
    verdict = verdict_of(experiment)
    assert verdict["images"] == {"images": 40, "groups": 40, "unit": "images", "samples": 400}
    person, _, car, mean = verdict["variants"][0]["rows"]
    assert car["with_images"] is None
    for row in (person, mean):
        images = row["with_images"]
        assert images["error"] > 0
        assert images["low"] < row["low"] < row["high"] < images["high"]
        assert images["margins"][0]["tost_p"] > row["margins"][0]["tost_p"]
    text = (experiment / "tables/verdict.md").read_text()
    assert "With the test images as a sample:" in text
    assert "400 samples of 40 images, the same" in text
    assert "With the test images as a sample, within 1 point:" in text
    again = verdict_of(experiment)
    assert again == verdict


def test_images_are_drawn_by_folder_if_asked(experiment):
    verdict = verdict_of(experiment, json.dumps({"image_groups": "folder"}))
    assert verdict["images"]["groups"] == 4
    assert verdict["variants"][0]["rows"][0]["with_images"]["groups"] == pytest.approx(4)


def test_without_matches_the_trainings_alone_are_judged(experiment, capsys):
    assert verdict_of(experiment, json.dumps({"image_samples": 0}))["images"] is None
    path = experiment / "runs/blur/seed~2/matches.npz"
    run = RunName.model_validate(read_json(path.with_name("eval.json"))["run"])
    write_matches(path, matches("blur", 0, images=39), run)
    runs = ["--runs-in", str(experiment / "runs")]
    assert main(["verdict", *runs, "--expected", expectation(("unmodified", "blur"))]) == 2
    assert (
        "blur: tested on different images than another run, by its matches.npz"
        in capsys.readouterr().err
    )
    path.unlink()
    assert verdict_of(experiment)["images"] is None
    assert "1 of 6 runs have no matches.npz" in capsys.readouterr().err
