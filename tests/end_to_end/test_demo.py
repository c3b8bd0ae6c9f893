"""`make demo`, as a newcomer gets it."""

import json
import os

import pytest
import yaml

from tests.workflow import PROJECT, Workflow

pytestmark = pytest.mark.slow


@pytest.mark.skipif(
    not os.environ.get("CI"), reason="takes minutes: `make demo` does the same, CI=true tests it"
)
def test_the_demo_learns_something(tmp_path):
    config = yaml.safe_load((PROJECT / "profiles/demo/experiment.yaml").read_text())
    workflow = Workflow(tmp_path, config, profile="profiles/demo")
    workflow.run()
    table = json.loads((workflow.results / "tables/table_2.json").read_text())
    assert table["missing"] == []
    for seed in range(1, config["seeds"] + 1):
        path = workflow.results / f"runs/unmodified/seed~{seed}/eval.json"
        assert json.loads(path.read_text())["coco"]["segm"]["mAP"] > 0.10
