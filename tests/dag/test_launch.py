"""What Snakemake makes of a run that was trained by hand."""

import subprocess

from tests.workflow import Workflow

RUN = "runs/unmodified/seed~2"


def launch(workflow: Workflow, cluster: str) -> subprocess.CompletedProcess[str]:
    """Train a run by the command; the training itself is the stand-in of conftest.py."""
    run = "--variant", "unmodified", "--seed", "2", "--cluster", cluster
    return workflow.call("launch", *run)


def test_a_run_trained_by_hand_is_done_until_something_changes(indexed):
    results = f"results/{indexed.config['experiment']}"
    model = f"{results}/{RUN}/model_final.pth"
    indexed.run(f"{results}/runs/.ready/unmodified/seed~2")

    launched = launch(indexed, "local")
    assert launched.returncode == 0, launched.stdout
    assert indexed.plan(model) == {}
    again = launch(indexed, "local")
    assert f"{results}/{RUN}: nothing to train" in again.stdout

    indexed.config["training"]["options"] = {"SOLVER.BASE_LR": 0.01}
    assert indexed.plan(model) == {"check_training": 1, "start_trainings": 1, "train": 1}

    # As if that had been changed while it trained.
    late = indexed.call("record", f"{results}/{RUN}")
    assert late.returncode == 2
    assert "model_outdated.pth: the config, the code or the data changed" in late.stdout
    assert not (indexed.folder / model).exists()
