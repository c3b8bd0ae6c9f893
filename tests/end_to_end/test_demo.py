"""`make demo`, as a newcomer gets it, with either engine."""

import json
import os

import pytest
import yaml

from tests.workflow import PROJECT, Workflow
from workflow_scripts.training.engines.detectron2.installation import is_installed

pytestmark = pytest.mark.slow

WITH_DETECTRON2 = pytest.param(
    "detectron2.yaml",
    0.02,  # its SGD needs more than the demo's 400 steps; see test_learning
    marks=[
        pytest.mark.detectron2,
        pytest.mark.skipif(
            not is_installed(), reason="detectron2 is not installed (docs/detectron2.md)"
        ),
    ],
)


@pytest.mark.skipif(
    not os.environ.get("CI"), reason="takes minutes: `make demo` does the same, CI=true tests it"
)
@pytest.mark.parametrize(("name", "least"), [("experiment.yaml", 0.10), WITH_DETECTRON2])
def test_the_demo_learns_something(tmp_path, name, least):
    config = yaml.safe_load((PROJECT / "profiles/demo" / name).read_text())
    workflow = Workflow(tmp_path, config, profile="profiles/demo")
    workflow.run()
    table = json.loads((workflow.results / "tables/table_2.json").read_text())
    assert table["missing"] == []
    for seed in range(1, config["seeds"] + 1):
        path = workflow.results / f"runs/unmodified/seed~{seed}/eval.json"
        assert json.loads(path.read_text())["coco"]["segm"]["mAP"] > least
