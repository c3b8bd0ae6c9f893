"""The paper's experiment on a small folder, finished, for asking what a change would schedule.

Everything is real but training and prediction, whose commands only leave their files: what is
tested here is which jobs Snakemake runs.
"""

import copy
import shutil
from pathlib import Path

import pytest
import yaml
from pii_detectors.plates import SHA256, WEIGHTS

from tests import preloaded
from tests.cityscapes_folder import make_cityscapes
from tests.workflow import PROJECT, Workflow, made_once

SEEDS = 2
"""Of the finished experiment; the paper's five are planned by test_plans.py, and not run."""
PAGE = {"provenance": 1, "report": 1}
SHOWN = {"figures": 1, **PAGE}
TABLES = {"table_2": 1, "verdict": 1, "exposed": 1, **SHOWN}
"""What follows the evaluation of a run."""

ALL_ATTACKED = {"attackers_pictures": 1, "treat_pictures": 1, "attack": 2}
"""Attacks on the variant of the finished experiment, and on the originals."""


def jobs_of_runs(count: int) -> dict[str, int]:
    """The jobs of new runs, and what follows them."""
    return {"start_trainings": 1, **jobs_of_checked_runs(count)}


def jobs_of_checked_runs(count: int) -> dict[str, int]:
    """The same where nothing is new that has to be checked before."""
    return {"train": count, "predict": count, "evaluate": count, **TABLES}


OF_A_VARIANT = jobs_of_runs(SEEDS)
"""The runs of one variant of the finished experiment."""
OF_BOTH = jobs_of_runs(2 * SEEDS)
DETECTION = {"check_pii": 2, "detect_pii": 2, "summarize_pii": 1}
"""Detection in both splits."""
IMAGES = {"check_variant": 1, "anonymize": 1, "gather_images": 1}
"""Anonymization of a variant's training images."""
ONE_AUDIT = {"audit": 1, "privacy_table": 1, "before_after": 1}
ATTACKED = {"treat_pictures": 1, "attack": 1}
"""A variant's treatment of an attacker's pictures, and the attacks on it."""

STAND_IN = """
import gzip
from pathlib import Path

if words[:3] == ["-m", "workflow_scripts", "training"]:
    options = dict(zip(words[4:], words[5:]))
    output = Path(options.get("--output", ""))
    if words[3] == "train":
        run = f"{options['--variant']} {options['--seed']}"
        if run == os.environ.get("FAILING_RUN"):
            sys.exit(1)
        output.mkdir(parents=True, exist_ok=True)
        (output / "model_final.pth").touch()
        (output / "metrics.jsonl").touch()
        facts = {"variant": options["--variant"], "seed": int(options["--seed"]),
                 "fingerprint": options["--fingerprint"], "settings": {"engine": "detectron2"}}
        (output / "run.json").write_text(json.dumps(facts))
    elif words[3] == "check":
        pass
    elif words[3] == "predict":
        output.write_bytes(gzip.compress(b"[]"))
    sys.exit()
"""


def paper_config(root: Path) -> dict:
    """The project's own config.yaml, on a small data set."""
    config = yaml.safe_load((PROJECT / "config.yaml").read_text())
    config["dataset"] = {**config["dataset"], "root": str(root), "full": False}
    return config


@pytest.fixture(scope="session")
def stand_in(shared_folder: Path) -> dict[str, str]:
    """An environment in which training and prediction take no time."""
    folder = shared_folder / "stand_in"
    made_once(folder, lambda: preloaded.stand_in(folder / "python", STAND_IN))
    return preloaded.forked(python=folder / "python")


@pytest.fixture(scope="session")
def cityscapes(shared_folder: Path) -> Path:
    """A small data set in the Cityscapes layout."""
    folder = shared_folder / "cityscapes"
    made_once(folder, lambda: make_cityscapes(folder / "data", train=6, val=3, test=0))
    return folder / "data"


@pytest.fixture
def fresh(tmp_path: Path, cityscapes: Path, stand_in: dict[str, str]) -> Workflow:
    """The paper's experiment, nothing done yet."""
    return Workflow(tmp_path / "work", paper_config(cityscapes), environment=stand_in)


@pytest.fixture(scope="session")
def finished_index(shared_folder: Path, cityscapes: Path, stand_in: dict[str, str]) -> Workflow:
    """The paper's experiment with its data set indexed. Do not change it; see `indexed`."""
    folder = shared_folder / "indexed"
    workflow = Workflow(folder / "work", paper_config(cityscapes), environment=stand_in)
    made_once(folder, lambda: workflow.run("index_dataset"))
    return workflow


@pytest.fixture
def indexed(finished_index: Workflow, tmp_path: Path) -> Workflow:
    """A copy of the indexed experiment that a test may change."""
    return _copy(finished_index, tmp_path / "indexed")


@pytest.fixture(scope="session")
def finished(shared_folder: Path, cityscapes: Path, stand_in: dict[str, str]) -> Workflow:
    """The paper's experiment with fewer seeds and a weight file, done.

    Do not change it; see `done`.
    """
    folder = shared_folder / "finished"
    config = {**paper_config(cityscapes), "seeds": SEEDS}
    config["pii"]["license_plates"] = plates_with(str(WEIGHTS), SHA256)
    workflow = Workflow(folder / "work", config, environment=stand_in)
    made_once(folder, workflow.run)
    return workflow


def plates_with(source: str, sha256: str) -> dict:
    """The section of a plate detector with weights of one's own."""
    weights = {"source": source, "sha256": sha256, "licence": "MIT"}
    return {"detector": "plates", "weights": weights}


@pytest.fixture
def done(finished: Workflow, tmp_path: Path) -> Workflow:
    """A copy of the finished experiment that a test may change."""
    return _copy(finished, tmp_path / "work")


def _copy(workflow: Workflow, folder: Path) -> Workflow:
    shutil.copytree(workflow.folder, folder, symlinks=True)
    return Workflow(folder, copy.deepcopy(workflow.config), environment=workflow.environment)
