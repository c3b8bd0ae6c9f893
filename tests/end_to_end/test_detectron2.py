"""The experiment with detectron2, small: the same rules, Table II out."""

import gzip
import json

import pytest
import yaml

from tests.workflow import PROJECT, Workflow
from workflow_scripts.training.engines.detectron2.installation import is_installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.detectron2,
    pytest.mark.skipif(
        not is_installed(), reason="detectron2 is not installed (docs/detectron2.md)"
    ),
]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory) -> tuple[Workflow, str]:
    """The demo with few images and steps, finished, and what Snakemake said."""
    config = yaml.safe_load((PROJECT / "profiles/demo/detectron2.yaml").read_text())
    config["dataset"].update(images={"train": 8, "val": 4}, images_per_shard=4)
    config["training"]["options"].update({"SOLVER.MAX_ITER": 3, "SOLVER.STEPS": [2]})
    folder = tmp_path_factory.mktemp("detectron2")
    workflow = Workflow(folder, config, profile="profiles/demo")
    return workflow, workflow.run()


def test_it_ends_with_table_2(experiment):
    workflow, said = experiment
    closing = said[said.index("All classes (mAP)") - 2000 :]
    assert "unmodified" in closing and "natural" in closing and "±" in closing
    table = json.loads((workflow.results / "tables/table_2.json").read_text())
    assert table["missing"] == []


def test_a_run_has_the_files_of_the_design_and_its_config(experiment):
    run = experiment[0].results / "runs/natural/seed~2"
    assert {path.name for path in run.iterdir()} == {
        "config.yaml",
        "eval.json",
        "matches.npz",
        "metrics.jsonl",
        "model_final.pth",
        "predictions.json.gz",
        "run.json",
        "tensorboard",
    }
    facts = json.loads((run / "run.json").read_text())
    assert (facts["engine"], facts["variant"], facts["seed"]) == ("detectron2", "natural", 2)
    assert json.loads((run / "eval.json").read_text())["run"]["engine"] == "detectron2"
    assert isinstance(json.loads(gzip.decompress((run / "predictions.json.gz").read_bytes())), list)


def test_an_unknown_option_is_refused_while_the_plan_is_made(experiment):
    workflow = experiment[0]
    config = json.loads(json.dumps(workflow.config))
    config["training"]["options"]["SOLVER.BASE_LRR"] = 1
    wrong = Workflow(workflow.folder, config, profile="profiles/demo")
    done = wrong.snakemake("--dry-run")
    assert done.returncode != 0
    assert "detectron2 has no option SOLVER.BASE_LRR; did you mean SOLVER.BASE_LR?" in done.stdout


def test_a_second_call_has_nothing_to_do(experiment):
    assert "Nothing to be done" in experiment[0].run()
