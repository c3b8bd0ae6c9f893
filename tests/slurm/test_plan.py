"""The plan of an experiment beside what a real Slurm makes of it.

Training and prediction sleep: all nodes of the private cluster share this machine's few cores, on
which more of them at a time would take longer than a few.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cityscapes_folder import make_cityscapes
from tests.dag.conftest import STAND_IN, paper_config
from tests.slurm.cluster import Cluster
from tests.slurm.experiments import SITE
from tests.workflow import PROJECT, Workflow
from workflow_scripts.contracts.usage import Usage, read_usage

pytestmark = pytest.mark.slow

TRAIN, PREDICT = 60, 20
"""Seconds: long beside what a job takes to start, as those of a real experiment are."""
SLEEPER = """#!{python}
import os, sys, time
from pathlib import Path

words = sys.argv[1:]
if words[1:3] == ["workflow_scripts", "training"] and words[3] in ("train", "predict"):
    from workflow_scripts.contracts.usage import Recorder, job_of

    recorder = Recorder(*job_of(Path(words[words.index("--log") + 1])), None, None)
    time.sleep({{"train": {train}, "predict": {predict}}}[words[3]])
    recorder.end(0)
os.execv({stand_in!r}, [{stand_in!r}, *words])
"""


def program(path: Path, text: str) -> Path:
    """A script that can be run."""
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o755)
    return path


def path_with(python: Path, path: str) -> str:
    """A search path on which `python` comes first, and the one that runs this test last."""
    return os.pathsep.join([str(python.parent), path, str(Path(sys.executable).parent)])


@pytest.fixture
def workflow(idle_cluster: Cluster, tmp_path: Path) -> Workflow:
    """The paper's experiment with one seed, on the cluster, all done but its runs."""
    root = make_cityscapes(tmp_path / "data", train=6, val=3, test=0)
    config = {**paper_config(root), "seeds": 1}
    stand_in = program(tmp_path / "stand_in/python", STAND_IN.format(python=sys.executable))
    path = path_with(stand_in, os.environ["PATH"])
    here = Workflow(tmp_path / "work", config, environment={"PATH": path})
    results = f"results/{config['experiment']}"
    here.run(f"{results}/tables/privacy.json", f"{results}/figures/before_after.svg")
    here.run(f"{results}/figures/figure_3.svg", f"{results}/runs/.checked")

    text = SLEEPER.format(
        python=sys.executable, stand_in=str(stand_in), train=TRAIN, predict=PREDICT
    )
    sleeper = program(tmp_path / "sleeper/python", text)
    path = path_with(sleeper, idle_cluster.environment["PATH"])
    environment = {**idle_cluster.environment, "PATH": path}
    return Workflow(here.folder, config, "profiles/slurm", PROJECT, environment, SITE)


def planned_seconds(workflow: Workflow) -> float:
    """How long the missing runs will take."""
    command = [sys.executable, "-m", "workflow_scripts", "plan", "--json", "--nodes", "3"]
    done = subprocess.run(
        [*command, "--cores-per-node", "16", "--", *workflow.command()[3:]],
        cwd=workflow.project,
        env=workflow.surroundings()["env"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["seconds"]


def submitted(used: Usage) -> float:
    """When a job was submitted, or began beside Snakemake (Unix time)."""
    return used.start - (used.startup_seconds or 0) - (used.queued_seconds or 0)


def test_more_seeds_take_as_long_as_planned(workflow):
    workflow.run()
    before = {used.attempt for used in read_usage(workflow.results)}

    workflow.config["seeds"] = 4
    planned = planned_seconds(workflow)
    workflow.run()
    new = [used for used in read_usage(workflow.results) if used.attempt not in before]
    trainings = [used for used in new if used.stage == "train"]
    # Two after each other on each of the three nodes.
    assert len(trainings) == 6
    assert {used.gpus for used in trainings} == {4}
    assert max(used.queued_seconds for used in trainings) > TRAIN
    took = max(used.start + used.seconds for used in new) - min(map(submitted, new))
    assert planned == pytest.approx(took, rel=0.25)
