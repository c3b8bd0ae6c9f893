"""`python -m benchmarks.schedule`: planned duration of an experiment compared with a real Slurm.

Needs root and Slurm (.ci/run installs it): it starts a private cluster. Training and prediction
sleep, since all nodes of that cluster share the cores of this machine.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from tests.cityscapes_folder import make_cityscapes
from tests.dag.conftest import STAND_IN, paper_config
from tests.slurm.cluster import Cluster, running
from tests.slurm.experiments import SITE
from tests.workflow import PROJECT, Workflow
from workflow_scripts.contracts.usage import Usage, read_usage

TRAIN, PREDICT = 60, 20
"""Seconds; long compared with the start of a job, as in a real experiment."""
NODES = 3
SLEEPER = """#!{python}
import os, sys, time
from pathlib import Path

words = sys.argv[1:]
if words[:3] == ["-m", "workflow_scripts", "training"] and words[3] in ("train", "predict"):
    from workflow_scripts.contracts.usage import job_of
    from workflow_scripts.operations.usage import Recorder

    recorder = Recorder(*job_of(Path(words[words.index("--log") + 1])), None, None)
    time.sleep({{"train": {train}, "predict": {predict}}}[words[3]])
    recorder.end(0)
os.execv({stand_in!r}, [{stand_in!r}, *words])
"""


def benchmark() -> pd.DataFrame:
    """Plan three more seeds per variant of the paper's experiment, and run them.

    Returns:
        One row: what, ours_s (planned), alternative_s (taken), ratio, note.
    """
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder,
        running(Cluster(Path(folder) / "cluster", NODES)) as cluster,
    ):
        workflow = _workflow(Path(folder), cluster)
        workflow.run()
        before = {used.attempt for used in read_usage(workflow.results)}
        workflow.config["seeds"] = 4
        planned = _planned_seconds(workflow)
        workflow.run()
        new = [used for used in read_usage(workflow.results) if used.attempt not in before]
    taken = max(_end(used) for used in new) - min(map(_submission, new))
    trainings = sum(used.stage == "train" for used in new)
    row = {
        "what": f"plan, {trainings} trainings on {NODES} nodes, against Slurm",
        "ours_s": planned,
        "alternative_s": taken,
        "ratio": planned / taken,
        "note": f"trainings of {TRAIN} s",
    }
    return pd.DataFrame([row])


def _workflow(folder: Path, cluster: Cluster) -> Workflow:
    """Workflow of the paper's experiment with one seed on the cluster, complete except its runs."""
    root = make_cityscapes(folder / "data", train=6, val=3, test=0)
    config = {**paper_config(root), "seeds": 1}
    stand_in = _program(folder / "stand_in/python", STAND_IN.format(python=sys.executable))
    here = {"PATH": _path_with(stand_in, os.environ["PATH"])}
    local = Workflow(folder / "work", config, environment=here)
    results = f"results/{config['experiment']}"
    local.run(f"{results}/tables/privacy.json", f"{results}/figures/before_after.svg")
    local.run(f"{results}/figures/figure_3.svg", f"{results}/runs/.checked")
    text = SLEEPER.format(
        python=sys.executable,
        stand_in=str(stand_in),
        train=TRAIN,
        predict=PREDICT,
    )
    sleeper = _program(folder / "sleeper/python", text)
    path = _path_with(sleeper, cluster.environment["PATH"])
    environment = {**cluster.environment, "PATH": path}
    return Workflow(local.folder, config, "profiles/slurm", PROJECT, environment, SITE)


def _program(path: Path, text: str) -> Path:
    """Executable script."""
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o755)
    return path


def _path_with(python: Path, path: str) -> str:
    """Search path on which `python` comes first, and this process's Python last."""
    return os.pathsep.join([str(python.parent), path, str(Path(sys.executable).parent)])


def _planned_seconds(workflow: Workflow) -> float:
    command = [sys.executable, "-m", "workflow_scripts", "plan", "--json", "--nodes", str(NODES)]
    done = subprocess.run(
        [*command, "--cores-per-node", "16", "--", *workflow.command()[3:]],
        cwd=workflow.project,
        env=workflow.surroundings()["env"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)["seconds"]


def _submission(used: Usage) -> float:
    """Time of a job's submission, or of its start for local jobs (Unix time)."""
    return used.start - (used.startup_seconds or 0) - (used.queued_seconds or 0)


def _end(used: Usage) -> float:
    """End of a job (Unix time)."""
    return used.start + (used.seconds or 0)


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False, floatfmt=".2f"))
