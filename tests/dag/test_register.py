"""What registering a plan schedules: nothing."""

import json

import pytest

from tests.workflow import Workflow
from workflow_scripts.contracts.registrations import Registration


def register(workflow: Workflow) -> str:
    """The registration of an experiment; the words of the command."""
    done = workflow.call("register")
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_registering_schedules_nothing(indexed):
    before = indexed.plan()
    said = register(indexed)
    registration = Registration.read(indexed.results / "registration.json")
    assert registration.is_intact
    assert f"sha256 {registration.sha256}" in said
    assert registration.seeds == dict.fromkeys(("unmodified", "anonymized"), (1, 2, 3, 4, 5))
    assert registration.plan["statistics"]["margins"] == [0.01, 0.02]
    assert registration.plan["question"] == "equivalence"
    shards = json.loads((indexed.results / "data/shards.json").read_text())
    assert registration.data == shards["digests"]
    assert indexed.plan() == before
    # The registered fingerprint is the one that Snakemake trains with.
    assert registration.runs["anonymized"]["2"] in indexed.dry_run("--printshellcmds").stdout

    again = indexed.call("register")
    assert again.returncode == 2
    assert "registration.json: already registered. Give another" in again.stdout
    assert Registration.read(indexed.results / "registration.json") == registration


def test_runs_that_looks_add_are_registered_as_they_will_be_trained(indexed):
    indexed.config["statistics"]["looks"] = [5, 8]
    register(indexed)
    registration = Registration.read(indexed.results / "registration.json")
    assert registration.seeds["anonymized"] == (1, 2, 3, 4, 5)
    assert [*registration.runs["anonymized"]] == [str(seed) for seed in range(1, 9)]
    # As `statistics next` writes it.
    indexed.config["more_seeds"] = {"anonymized": [6, 7, 8], "unmodified": [6, 7, 8]}
    commands = indexed.dry_run("--printshellcmds").stdout
    for variant, runs in registration.runs.items():
        for seed, fingerprint in runs.items():
            (command,) = [
                line
                for line in commands.splitlines()
                if "training train" in line and f"--variant {variant} --seed {seed} " in line
            ]
            assert fingerprint in command


def test_a_plan_needs_the_index_of_the_data_as_they_are(fresh):
    done = fresh.call("register")
    assert done.returncode == 2
    (line,) = [line for line in done.stdout.splitlines() if "error: " in line]
    assert "data/shards.json: missing or outdated" in line
    assert "make it with: snakemake index_dataset --" in line


def test_a_finished_experiment_cannot_be_registered(done):
    said = done.call("register")
    assert said.returncode == 2
    assert "unmodified/seed~1: this run has started (4 in all)" in said.stdout
    assert not (done.results / "registration.json").exists()
    assert done.plan() == {}


@pytest.mark.parametrize("sign", ["model_final.pth", "run.json", "checkpoints/state.pth"])
def test_neither_can_one_with_a_run_under_way(indexed, sign):
    path = indexed.results / "runs/anonymized/seed~3" / sign
    path.parent.mkdir(parents=True)
    path.touch()
    said = indexed.call("register")
    assert said.returncode == 2
    assert "anonymized/seed~3: this run has started (1 in all)" in said.stdout
