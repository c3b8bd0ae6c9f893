"""What `make demo` trains, with either engine.

One run of it, with fewer images and steps, as a user starts it, in folders with spaces in their
names. test_experiment.py has all stages of the same config with fewer images still, and the hosted
CI calls `make demo` itself.
"""

import json
import os

import pytest
import yaml

from tests.workflow import PROJECT, Workflow, copy_of_project
from workflow_scripts.training.engines.detectron2.installation import is_installed

pytestmark = pytest.mark.slow

WITH_DETECTRON2 = pytest.param(
    "detectron2.yaml",
    {},
    0.02,  # its SGD needs more than the demo's 400 steps; see test_learning
    marks=[
        pytest.mark.detectron2,
        pytest.mark.skipif(
            not is_installed(), reason="detectron2 is not installed (docs/detectron2.md)"
        ),
    ],
)


@pytest.mark.skipif(
    not os.environ.get("CI"), reason="takes a minute: `make demo` does more, CI=true tests it"
)
@pytest.mark.parametrize(
    ("name", "shorter", "least"),
    [("experiment.yaml", {"iterations": 120, "milestones": [90]}, 0.10), WITH_DETECTRON2],
)
def test_the_demo_learns_something(tmp_path, name, shorter, least):
    config = yaml.safe_load((PROJECT / "profiles/demo" / name).read_text())
    config["training"].update(shorter)
    config["dataset"]["images"] = {"train": 96, "val": 24}
    project = copy_of_project(tmp_path / "the project")
    workflow = Workflow(tmp_path / "my work", config, "profiles/demo", project)
    evaluation = workflow.results / "runs/unmodified/seed~1/eval.json"
    workflow.run(str(evaluation.relative_to(workflow.folder)))
    assert json.loads(evaluation.read_text())["coco"]["segm"]["mAP"] > least
