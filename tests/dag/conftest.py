"""The paper's experiment on a small folder, finished, for asking what a change would schedule.

Everything is real but training and prediction, whose commands only leave their files: what is
tested here is which jobs Snakemake runs.
"""

import copy
import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.cityscapes_folder import make_cityscapes
from tests.workflow import PROJECT, Workflow

PAGE = {"provenance": 1, "report": 1}
SHOWN = {"figures": 1, **PAGE}
TABLES = {"table_2": 1, "verdict": 1, "exposed": 1, **SHOWN}
"""What follows the evaluation of a run."""

STAND_IN = """#!{python}
import gzip, json, os, sys
from pathlib import Path

words = sys.argv[1:]
if words[:3] == ["-m", "workflow_scripts", "training"]:
    options = dict(zip(words[4:], words[5:]))
    output = Path(options.get("--output", ""))
    if words[3] == "train":
        run = f"{{options['--variant']}} {{options['--seed']}}"
        if run == os.environ.get("FAILING_RUN"):
            sys.exit(1)
        output.mkdir(parents=True, exist_ok=True)
        (output / "model_final.pth").touch()
        (output / "metrics.jsonl").touch()
        facts = {{"variant": options["--variant"], "seed": int(options["--seed"]),
                 "fingerprint": options["--fingerprint"], "settings": {{"engine": "detectron2"}}}}
        (output / "run.json").write_text(json.dumps(facts))
    elif words[3] == "check":
        pass
    elif words[3] == "predict":
        output.write_bytes(gzip.compress(b"[]"))
else:
    os.execv({python!r}, [{python!r}, *words])
"""


def paper_config(root: Path) -> dict:
    """The project's own config.yaml, on a small data set."""
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    config["dataset"] = {**config["dataset"], "root": str(root), "full": False}
    return config


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which training and prediction take no time."""
    folder = tmp_path_factory.mktemp("bin")
    python = folder / "python"
    python.write_text(STAND_IN.format(python=sys.executable))
    python.chmod(0o755)
    path = [str(folder), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {"PATH": os.pathsep.join(path)}


@pytest.fixture(scope="session")
def cityscapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set in the Cityscapes layout."""
    return make_cityscapes(tmp_path_factory.mktemp("data"), train=6, val=3, test=0)


@pytest.fixture
def fresh(tmp_path: Path, cityscapes: Path, stand_in: dict[str, str]) -> Workflow:
    """The paper's experiment, nothing done yet."""
    return Workflow(tmp_path / "work", paper_config(cityscapes), environment=stand_in)


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, cityscapes: Path, stand_in: dict[str, str]
) -> Workflow:
    """The paper's experiment, done. Do not change it; see `done`."""
    folder = tmp_path_factory.mktemp("finished")
    workflow = Workflow(folder, paper_config(cityscapes), environment=stand_in)
    workflow.run()
    return workflow


@pytest.fixture
def done(finished: Workflow, tmp_path: Path) -> Workflow:
    """A copy of the finished experiment that a test may change."""
    folder = tmp_path / "work"
    shutil.copytree(finished.folder, folder, symlinks=True)
    return Workflow(folder, copy.deepcopy(finished.config), environment=finished.environment)
