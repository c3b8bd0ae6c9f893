"""Initialisations that runs share: what they change in a config, and what they must not."""

import json
from types import SimpleNamespace

import pytest
from plain_commands.errors import UserError

from tests.small_experiment import small_config
from workflow_scripts.config.experiment import Experiment, read_experiment
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.registrations import plan_in

CONTROL = {"method": "unmodified", "seed_offset": 1000}


def experiment(initialisations: int | None = None, **changes) -> Experiment:
    """The small experiment with an A/A control and shared initialisations."""
    config = {**small_config(), "seeds": 5, **changes}
    config["variants"] = {"aa_control": CONTROL, **config["variants"]}
    if initialisations is not None:
        config["training"]["initialisation_seeds"] = initialisations
    return read_experiment(config, "small")


def jobs(initialisations: int | None = None) -> Jobs:
    return Jobs(experiment(initialisations))


def fingerprints(initialisations: int | None = None) -> Fingerprints:
    return Fingerprints(jobs(initialisations), lambda: {"train": "a", "val": "b"})


@pytest.mark.parametrize(
    ("variant", "seed", "initialisation"),
    [
        ("natural", 1, None),
        ("natural", 2, None),
        ("natural", 3, 1),
        ("unmodified", 4, 2),
        ("aa_control", 2, None),
        ("aa_control", 5, 1001),
    ],
)
def test_a_seed_alone_decides_the_initialisation(variant, seed, initialisation):
    shared = jobs(2)
    assert shared.initialisation_of(variant, seed) == initialisation
    job = SimpleNamespace(variant=variant, seed=str(seed))
    said = "" if initialisation is None else f"--initialisation-seed {initialisation}"
    assert shared.initialisation_option(job, None) == said
    assert jobs().initialisation_of(variant, seed) is None


def test_runs_whose_initialisation_stays_their_own_are_what_they_were():
    alone, shared = fingerprints(), fingerprints(2)
    for variant in ("unmodified", "natural", "aa_control"):
        same = [shared.run_of(variant, s) == alone.run_of(variant, s) for s in range(1, 6)]
        assert same == [True, True, False, False, False]
    assert fingerprints(5).run_of("natural", 5) == alone.run_of("natural", 5)


def test_the_settings_of_a_training_know_nothing_of_it_and_the_config_does():
    shared = jobs(2)
    assert shared.training_settings() == jobs().training_settings()
    assert json.loads(shared.config())["training"]["initialisation_seeds"] == 2
    assert "initialisation_seeds" not in jobs().config()
    # A registered plan names a change of it.
    assert plan_in(json.loads(shared.config()))["training"]["initialisation_seeds"] == 2


@pytest.mark.parametrize("number", [0, 1, 10_001, "two", True])
def test_numbers_that_are_none(number):
    with pytest.raises(UserError, match=r"training\.initialisation_seeds: "):
        experiment(number)


def test_seeds_that_would_share_initialisations_without_need_are_one_line():
    with pytest.raises(UserError) as caught:
        experiment(2, seeds=[1, 3, 5])
    (line,) = str(caught.value).splitlines()
    assert "training.initialisation_seeds: seeds 1, 3, 5 fall on 1 of 2 initialisations" in line


@pytest.mark.parametrize(("twins", "initialisations"), [(2, 3), (4, 2)])
def test_twins_and_initialisations_cannot_both_be_told_apart(twins, initialisations):
    variants = {**small_config()["variants"], "natural": {"method": "natural", "twins": twins}}
    with pytest.raises(UserError) as caught:
        experiment(initialisations, variants=variants)
    (line,) = str(caught.value).splitlines()
    assert f"natural spreads its 5 runs over {twins} twins as well" in line


def test_runs_that_a_look_adds_cannot_come_to_share_both():
    variants = {**small_config()["variants"], "natural": {"method": "natural", "twins": 5}}
    with pytest.raises(UserError) as caught:
        experiment(2, variants=variants, statistics={"looks": [5, 8]})
    (line,) = str(caught.value).splitlines()
    assert "natural spreads its 8 runs over 5 twins as well" in line
    assert line.endswith("set twins: 8")


@pytest.mark.parametrize("offset", [5, 7])
def test_runs_that_a_look_adds_to_the_reference_are_no_a_a_control(offset):
    def read(looks):
        control = {"method": "unmodified", "seed_offset": offset}
        variants = {**small_config()["variants"], "again": control}
        return experiment(variants=variants, statistics={"looks": looks})

    assert read([5]).seeds_with_looks("unmodified") == (1, 2, 3, 4, 5)
    with pytest.raises(
        UserError, match=rf"again\.seed_offset: with seed {offset + 1} it would repeat"
    ):
        read([5, 8])


@pytest.mark.parametrize(("twins", "initialisations"), [(5, 2), (1, 2), (2, 5), (2, 9)])
def test_a_twin_or_an_initialisation_for_each_run_leaves_the_other_alone(twins, initialisations):
    variants = {**small_config()["variants"], "natural": {"method": "natural", "twins": twins}}
    assert experiment(initialisations, variants=variants).training.initialisation_seeds


def test_images_only_have_none():
    config = {
        "experiment": "images",
        "dataset": {"kind": "images", "root": "."},
        "variants": {"blurred": {"method": "blur"}},
        "training": {"engine": "none", "initialisation_seeds": 2},
    }
    with pytest.raises(UserError, match="engine none trains nothing that has initial weights"):
        read_experiment(config, "images")
