"""A whole experiment, small: drawn images in, Table II out, by the rules that a cluster runs.

It is made once for all tests that look at its files, copy them, or compare theirs with them.
"""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests import preloaded
from tests.workflow import PROJECT, Workflow, made_once

ITERATIONS = 16


def small_config() -> dict[str, Any]:
    """The demo's config with two variants, and with few images and steps."""
    config = yaml.safe_load((PROJECT / "profiles/demo/experiment.yaml").read_text())
    config["experiment"] = "small"
    config["dataset"].update(images={"train": 8, "val": 4}, images_per_shard=4)
    del config["variants"]["blackbox"]
    settings = {"images_per_step": 2, "warmup_iterations": 3, "milestones": [14]}
    config["training"].update(iterations=ITERATIONS, **settings)
    return config


def made_small_experiment(shared: Path) -> tuple[Workflow, str]:
    """The finished experiment, which nobody may change, and what Snakemake said.

    Its folder has a space in its name, and its plan was registered before the first run.
    """
    folder = shared / "small experiment"
    workflow = Workflow(
        folder / "work", small_config(), "profiles/demo", environment=preloaded.forked()
    )
    said = folder / "said.txt"

    def make() -> None:
        workflow.run("index_dataset")
        registered = workflow.call("register")
        assert registered.returncode == 0, registered.stdout
        said.write_text(workflow.run())

    made_once(folder, make)
    return workflow, said.read_text()


def copied(experiment: Workflow, copy: Workflow, *missing: str) -> Workflow:
    """The copy with the experiment's results, but for some runs such as `unmodified/seed~1`."""
    shutil.copytree(experiment.folder, copy.folder, symlinks=True)
    for run in missing:
        shutil.rmtree(copy.results / "runs" / run)
    return copy
