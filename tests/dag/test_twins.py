"""Which jobs twins schedule: those of the variant that asks for them, and no more."""

import pytest

from tests.dag.conftest import jobs_of_runs
from tests.workflow import Workflow

IMAGES = {"check_variant": 1, "anonymize": 1, "gather_images": 1}
"""Of the training images of one twin."""


def with_twins(workflow: Workflow, number: int) -> Workflow:
    """The experiment with twins of its one variant that changes something."""
    workflow.config["variants"]["anonymized"]["twins"] = number
    return workflow


def test_one_twin_is_what_there_was(done):
    assert with_twins(done, 1).plan() == {}


def test_a_second_twin_trains_the_runs_that_fall_on_it(done):
    # Seed 1 stays with the first twin, and the reference knows of none.
    assert with_twins(done, 2).plan() == {**IMAGES, **jobs_of_runs(1)}
    done.run()
    assert done.plan() == {}
    folders = {path.name for path in (done.results / "images").iterdir()}
    assert folders == {"anonymized", "anonymized~2"}
    # Back to one, the run of the first twin is still the one that it was.
    assert with_twins(done, 1).plan() == jobs_of_runs(1)


def test_more_twins_than_runs_are_made_for_the_runs_that_there_are(done):
    # Twins 3 to 5 have no run, but a check that what is asked for can be made.
    assert with_twins(done, 5).plan() == {**IMAGES, "check_variant": 4, **jobs_of_runs(1)}


def test_more_seeds_go_round_the_twins(done):
    with_twins(done, 2).run()
    done.config["seeds"] = 5
    assert done.plan() == jobs_of_runs(6)  # three of each variant, and no more images


def test_a_run_of_a_twin_is_launched_from_its_images(indexed):
    done = with_twins(indexed, 2).dry_run("--printshellcmds").stdout
    commands = [line for line in done.splitlines() if "training train" in line]
    twins = {seed: 1 + (seed - 1) % 2 for seed in range(1, 6)}
    for seed, twin in twins.items():
        (command,) = [line for line in commands if f"--variant anonymized --seed {seed} " in line]
        folder = "anonymized" if twin == 1 else "anonymized~2"
        assert f"/images/{folder}/train" in command
    assert all("--anonymized" not in line for line in commands if "--variant unmodified" in line)


@pytest.mark.parametrize("target", ["runs/anonymized~2/seed~1/model_final.pth"])
def test_a_twin_is_no_variant(indexed, target):
    said = with_twins(indexed, 2).dry_run(f"results/{indexed.config['experiment']}/{target}")
    assert said.returncode != 0
    assert "MissingRuleException" in said.stdout
