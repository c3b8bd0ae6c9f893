"""The examples of `engine: command` train, save, go on, predict, and end in Table II."""

import importlib.util
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from program_runner import filled_in
from snakemake.utils import update_config

from tests.small_experiment import copied
from tests.workflow import PROJECT, Workflow
from workflow_scripts.config.experiment import read_config, read_experiment

pytestmark = pytest.mark.slow
EXAMPLES = sorted(file.parent for file in (PROJECT / "examples").glob("*/training.yaml"))
NEEDED = {
    "torchvision": ("pycocotools", "torchvision"),
    "transformers": ("scipy", "transformers"),
    "ultralytics": ("pycocotools", "ultralytics"),
}
"""What an example imports, beside torch and numpy."""


def training_of(example: Path) -> dict:
    """The example's section `training`, of one epoch, in an environment that has its packages."""
    training = yaml.safe_load((example / "training.yaml").read_text())["training"]
    training["train"] = re.sub(r"--epochs \d+", "--epochs 1", training["train"])
    training["directory"] = str(example)
    own = training.pop("environment", None)
    missing = [name for name in NEEDED[example.name] if not importlib.util.find_spec(name)]
    if own is not None and (PROJECT / own / "bin/python").exists():
        training["environment"] = str(PROJECT / own)
    elif missing:
        pytest.skip(f"{', '.join(missing)}: not installed (examples/{example.name}/README.md)")
    return training


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_ends_in_table_2(example, small_experiment, tmp_path):
    training = training_of(example)
    made, _ = small_experiment
    config = {**made.config, "training": training, "seeds": 1, "evaluation": {"exposed": True}}
    task = yaml.safe_load((example / "training.yaml").read_text()).get("task")
    config |= {"task": task} if task else {}
    workflow: Workflow = replace(made, folder=tmp_path / "work", config=config)
    said = copied(made, workflow).run()
    assert "All classes (mAP)" in said
    table = json.loads((workflow.results / "tables/table_2.json").read_text())
    assert [(run["variant"], run["seed"]) for run in table["runs"]] == [
        ("unmodified", 1),
        ("natural", 1),
    ]
    record = json.loads((workflow.results / "runs/natural/seed~1/run.json").read_text())
    assert record["engine"] == "command"
    assert record["iterations"] > 0
    assert workflow.plan() == {}


@pytest.mark.parametrize("name", ["torchvision", "transformers"])
def test_a_script_that_saved_ends_like_one_that_did_not(name, small_experiment, tmp_path):
    """Ultralytics starts its random numbers anew."""
    training = training_of(PROJECT / "examples" / name)
    data = small_experiment[0].results / "data"

    def train(run: str, minutes: float) -> int:
        values = {part: tmp_path / run / part for part in ("state", "output")}
        for folder in values.values():
            folder.mkdir(parents=True, exist_ok=True)
        values |= {"images": data / "synthetic", "annotations": data / "train.coco.json"}
        values |= {"metrics": tmp_path / run / "metrics.jsonl", "minutes": minutes}
        values |= {"seed": 3, "gpus": 0, "threads": 1}
        words = filled_in(training["train"].replace("--epochs 1", "--epochs 2"), values)
        done = subprocess.run([sys.executable, *words[1:]], cwd=training["directory"], check=False)
        return done.returncode

    assert train("whole", math.inf) == 0
    assert train("saved", 0) == 75
    assert train("saved", math.inf) == 0
    whole, saved = (sorted((tmp_path / run / "output").iterdir()) for run in ("whole", "saved"))
    assert [path.name for path in saved] == [path.name for path in whole]
    assert [path.read_bytes() for path in saved] == [path.read_bytes() for path in whole]
    lines = [(tmp_path / run / "metrics.jsonl").read_text() for run in ("whole", "saved")]
    iterations, again = (
        [json.loads(one)["iteration"] for one in text.splitlines()] for text in lines
    )
    assert iterations == again


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_config_of_an_example_is_right(example):
    content = read_config(PROJECT / "examples/drawn_streets.yaml")
    update_config(content, read_config(example / "training.yaml"))
    experiment = read_experiment(content, example.name)
    assert experiment.experiment == f"example_{example.name}"


def test_every_example_is_tested():
    assert {example.name for example in EXAMPLES} == NEEDED.keys()
