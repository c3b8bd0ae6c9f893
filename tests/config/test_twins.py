"""Twins in a config: what they change, and what they must not."""

import json
from types import SimpleNamespace

import pytest
from plain_commands.errors import UserError

from tests.small_experiment import small_config
from workflow_scripts.config.experiment import Experiment, read_experiment
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs

DIGESTS = {"train": "a", "val": "b"}


def experiment(**settings) -> Experiment:
    """The small experiment, whose variant has these settings as well."""
    config = small_config()
    config["variants"]["natural"] = {"method": "natural", **settings}
    return read_experiment(config, "small")


def fingerprints(**settings) -> Fingerprints:
    return Fingerprints(Jobs(experiment(**settings)), lambda: DIGESTS)


def test_the_first_twin_has_the_images_that_there_were():
    alone, spread = fingerprints(), fingerprints(twins=3)
    first = SimpleNamespace(variant="natural")
    assert spread.anonymization(first) == alone.anonymization(first)
    for seed in (1, 4, 7):
        assert spread.run_of("natural", seed) == alone.run_of("natural", seed)
        assert spread.run_of("unmodified", seed + 1) == alone.run_of("unmodified", seed + 1)
    for seed in (2, 3, 5):
        assert spread.run_of("natural", seed) != alone.run_of("natural", seed)


def test_a_twin_is_the_method_with_another_seed():
    spread, other = fingerprints(seed=10, twins=3), fingerprints(seed=12)
    third = SimpleNamespace(variant="natural~3")
    assert spread.anonymization(third) == other.anonymization(SimpleNamespace(variant="natural"))
    assert spread.run_of("natural", 3) == other.run_of("natural", 3)


@pytest.mark.parametrize(
    ("seed", "images"), [(1, "natural"), (2, "natural~2"), (3, "natural~3"), (4, "natural")]
)
def test_a_seed_alone_decides_the_twin(seed, images):
    jobs = Jobs(experiment(twins=3))
    assert jobs.images_of("natural", seed) == images
    job = SimpleNamespace(variant="natural", seed=str(seed))
    assert jobs.manifest(job) == [jobs.layout.manifest(images, "train")]
    assert jobs.manifest(SimpleNamespace(variant="natural")) == [
        jobs.layout.manifest("natural", "train")
    ]


def test_the_settings_of_images_know_nothing_of_twins_and_the_config_does():
    jobs = Jobs(experiment(twins=3))
    assert "twins" not in jobs.variant_settings(SimpleNamespace(variant="natural"))
    assert json.loads(jobs.settings_of_variants()).keys() == {"unmodified", "natural"}
    assert json.loads(jobs.config())["variants"]["natural"]["twins"] == 3
    assert "twins" not in Jobs(experiment()).config()
    assert jobs.expected_runs() == Jobs(experiment()).expected_runs()


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"method": "natural", "twins": 0}, "variants.natural.twins: "),
        ({"method": "natural", "twins": 101}, "variants.natural.twins: "),
        ({"method": "natural", "twins": "three"}, "variants.natural.twins: "),
        ({"method": "natural", "twins": True}, "variants.natural.twins: "),
        ({"method": "blur", "twins": 2}, "variants.natural.twins: unknown key"),
        ({"method": "unmodified", "twins": 2}, "variants.natural.twins: unknown key"),
        ({"method": "drop", "twins": 2}, "variants.natural.twins: without at_random all twins"),
    ],
)
def test_what_cannot_be_is_one_line(variant, said):
    config = small_config()
    config["variants"]["natural"] = variant
    with pytest.raises(UserError) as caught:
        read_experiment(config, "small")
    (line,) = str(caught.value).splitlines()
    assert said in line


def test_images_only_have_no_runs_to_spread():
    config = {
        "experiment": "photos",
        "dataset": {"kind": "images", "root": "."},
        "variants": {"natural": {"method": "natural", "twins": 2}},
    }
    with pytest.raises(UserError, match=r"twins: dataset.kind images trains"):
        read_experiment(config, "photos")


def test_a_random_drop_can_have_twins():
    config = small_config()
    drops = {
        "drop": {"method": "drop", "min_width": 20},
        "random": {"method": "drop", "min_width": 20, "at_random": True, "twins": 2},
    }
    config["variants"] |= drops
    jobs = Jobs(read_experiment(config, "small"))
    assert [name for name in jobs.treatments if "~" in name] == ["random~2"]
    assert jobs.treatments["random~2"].seed == 1


@pytest.mark.parametrize(
    ("seeds", "twins", "used"), [([1, 3, 5], 2, 1), ([2, 4, 6, 8], 4, 2), ([1, 2, 4], 3, 2)]
)
def test_seeds_that_would_share_twins_without_need_are_one_line(seeds, twins, used):
    config = small_config() | {"seeds": seeds}
    config["variants"]["natural"] = {"method": "natural", "twins": twins}
    with pytest.raises(UserError) as caught:
        read_experiment(config, "small")
    (line,) = str(caught.value).splitlines()
    listed = ", ".join(map(str, seeds))
    assert f"variants.natural.twins: seeds {listed} fall on {used} of {twins} twins" in line


@pytest.mark.parametrize(
    ("seeds", "twins"), [([1, 3, 5], 3), ([7], 4), ([2, 3], 5), ([1, 2, 3, 4], 2), ([4, 9], 1)]
)
def test_seeds_that_reach_as_many_twins_as_they_can_are_fine(seeds, twins):
    config = small_config() | {"seeds": seeds}
    config["variants"]["natural"] = {"method": "natural", "twins": twins}
    assert read_experiment(config, "small").run_seeds == tuple(seeds)
