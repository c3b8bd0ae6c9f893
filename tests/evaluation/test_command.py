"""The evaluation's command: eval.json as promised, and one line for what a user gets wrong."""

import gzip
import json

import numpy as np
import pytest
from plain_commands.errors import UserError
from plain_commands.files import read_json, write_json

from tests.commands import evaluation as main
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.evaluations import RunEvaluation
from workflow_scripts.contracts.predictions import PredictionOrigin, origin_of, write_predictions
from workflow_scripts.contracts.regions import Kind, Region, with_ids, write_regions
from workflow_scripts.contracts.runs import read_expected
from workflow_scripts.evaluation.exposed import MUCH
from workflow_scripts.imaging.masks import encode_mask

RUN = {
    "variant": "natural",
    "seed": 3,
    "fingerprint": "f00d",
    "settings": {"engine": "torchvision", "iterations": 5},
    "host": "here",
}


def square(x, y, size, height=100, width=200):
    """A square mask."""
    return encode_mask(np.ones((size, size), bool), x, y, height, width)


@pytest.fixture
def folder(tmp_path):
    """Two images, one of them empty; a car that is found and a person that is not."""
    CocoSplit(
        classes=("person", "car", "bus"),
        images=tuple(CocoImage(n, f"{n}.png", 200, 100, "") for n in (1, 2)),
        instances=(
            Instance(1, 1, 2, (10, 10, 40, 40), 1600, square(10, 10, 40)),
            Instance(2, 1, 1, (90, 20, 20, 20), 400, square(90, 20, 20)),
        ),
    ).write(tmp_path / "val.coco.json")
    write_json(tmp_path / "predictions.json.gz", [prediction()])
    write_json(tmp_path / "run.json", RUN)
    return tmp_path


def prediction(**changes):
    """A prediction that meets the car exactly."""
    return {
        "image_id": 1,
        "category_id": 2,
        "segmentation": square(10, 10, 40),
        "bbox": [10.0, 10.0, 40.0, 40.0],
        "score": 0.9,
        **changes,
    }


def run(folder, *more, predictions="predictions.json.gz"):
    """Run the command in a folder; its exit code."""
    return main(
        [
            f"--annotations={folder / 'val.coco.json'}",
            f"--predictions={folder / predictions}",
            f"--run={folder / 'run.json'}",
            f"--output={folder / 'eval.json'}",
            *more,
        ]
    )


def test_writes_eval_json_as_promised(folder):
    assert run(folder, f"--log={folder / 'eval.log'}") == 0

    content = json.loads((folder / "eval.json").read_text())
    car = dict.fromkeys(["AP", "AP50", "AP75", "APm"], pytest.approx(1.0))
    person = dict.fromkeys(["AP", "AP50", "AP75", "APs"], 0.0)
    result = {
        **dict.fromkeys(["mAP", "AP50", "AP75"], pytest.approx(0.5)),
        "per_class": {
            "person": {**person, "APm": None, "APl": None, "instances": 1},
            "car": {**car, "APs": None, "APl": None, "instances": 1},
            "bus": {**dict.fromkeys(["AP", "AP50", "AP75", "APs", "APm", "APl"]), "instances": 0},
        },
    }
    assert len(content.pop("sha256")) == 64
    assert content == {
        "schema": 1,
        "run": {"variant": "natural", "seed": 3, "engine": "torchvision", "fingerprint": "f00d"},
        "tested_on": "unmodified",
        "images": 2,
        "coco": {"segm": result, "bbox": result},
        "cityscapes": {
            "mAP": pytest.approx(0.5),
            "AP50": pytest.approx(0.5),
            "per_class": {
                "person": {"AP": 0.0, "AP50": 0.0, "instances": 1},
                "car": {"AP": pytest.approx(1), "AP50": pytest.approx(1), "instances": 1},
                "bus": {"AP": None, "AP50": None, "instances": 0},
            },
        },
        "calibration": {
            "iou": 0.5,
            "bins": 15,
            "mean_error": pytest.approx(0.1),
            "per_class": {
                "person": {"error": None, "predictions": 0},
                "car": {"error": pytest.approx(0.1), "predictions": 1},
                "bus": {"error": None, "predictions": 0},
            },
            "reliability": [{"score": 0.9, "precision": 1.0, "predictions": 1}],
        },
    }
    assert "segm mAP 0.500 on 2 images" in (folder / "eval.log").read_text()


def test_objects_that_carry_a_plate_are_told_apart(folder):
    write_regions(
        folder / "a.parquet", with_ids([Region("1.png", Kind.LICENSE_PLATE, 1.0, 12, 40, 40, 48)])
    )
    write_regions(folder / "b.parquet", [])
    assert run(folder, "--regions", str(folder / "a.parquet"), str(folder / "b.parquet")) == 0
    exposed = json.loads((folder / "eval.json").read_text())["exposed"]
    assert exposed["much_from"] == MUCH
    assert exposed["per_class"]["car"]["much"] == {
        "AP": pytest.approx(1),
        "AP50": pytest.approx(1),
        "instances": 1,
    }
    assert exposed["per_class"]["person"]["much"] == {"AP": None, "AP50": None, "instances": 0}
    assert exposed["mean"]["none"]["instances"] == 1


def test_notes_what_the_model_was_tested_on(folder):
    assert run(folder, "--tested-on=blur") == 0
    assert json.loads((folder / "eval.json").read_text())["tested_on"] == "blur"


def test_uncompressed_and_empty_predictions_are_fine(folder):
    write_json(folder / "none.json", [])
    assert run(folder, predictions="none.json") == 0
    content = json.loads((folder / "eval.json").read_text())
    assert content["coco"]["segm"]["mAP"] == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_id": 7}, "prediction 1: image_id 7 is unknown to the annotation file"),
        ({"image_id": "1"}, "prediction 1: image_id '1' is unknown"),
        ({"category_id": 0}, "prediction 1: category_id 0 is unknown"),
        ({"category_id": 4}, "category_id 4 is unknown to the annotation file, which has 1 to 3"),
        ({"score": None}, "prediction 1: score None is not a number"),
        ({"score": float("nan")}, "prediction 1: score nan is not a number"),
        ({"score": 90.0}, "prediction 1: score 90.0 is not a number from 0 to 1"),
        ({"bbox": [1, 2, 3]}, "prediction 1: bbox [1, 2, 3] is not x, y, width, height"),
        ({"segmentation": [[1, 1, 2, 1, 2, 2]]}, "prediction 1: segmentation is not run-length"),
        (
            {"segmentation": square(1, 1, 4, height=50, width=100)},
            "prediction 1: the mask's size [50, 100] differs from the image's [100, 200]",
        ),
        (
            {"segmentation": {"size": [100, 200], "counts": "é"}},
            "prediction 1: broken mask (invalid RLE",
        ),
    ],
)
def test_a_wrong_prediction_is_named(folder, capsys, changes, message):
    # json.dumps rather than write_json: other writers do put NaN into JSON.
    content = json.dumps([prediction(), prediction(**changes)])
    (folder / "wrong.json").write_text(content, encoding="utf-8")

    assert run(folder, predictions="wrong.json") == 2
    error = capsys.readouterr().err
    assert message in error
    assert str(folder / "wrong.json") in error
    assert len(error.strip().splitlines()) == 1
    assert not (folder / "eval.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.json", b"no JSON", "not valid JSON"),
        ("text.json.gz", b"no gzip", "not valid JSON"),
        ("cut.json.gz", gzip.compress(b"[" + b"1," * 999, mtime=0)[:-9], "not valid JSON"),
        ("object.json", b'{"predictions": []}', "not COCO results"),
        ("other.json", b'[{"image_id": 1}]', "prediction 0: not a COCO result; it needs the keys"),
        ("numbers.json", b"[1]", "prediction 0: not a COCO result"),
        ("missing.json", None, "no such file"),
    ],
)
def test_a_file_that_is_no_predictions(folder, capsys, name, content, message):
    if content is not None:
        (folder / name).write_bytes(content)

    assert run(folder, predictions=name) == 2
    error = capsys.readouterr().err
    assert message in error
    assert name in error
    assert "Traceback" not in error


@pytest.mark.parametrize("name", ["val.coco.json", "run.json"])
def test_a_missing_input_is_named(folder, capsys, name):
    (folder / name).unlink()
    assert run(folder) == 2
    assert f"{name}: no such file" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["variant", "seed", "fingerprint", "settings"])
def test_an_incomplete_run_json_is_named(folder, capsys, missing):
    write_json(folder / "run.json", {key: RUN[key] for key in RUN if key != missing})
    assert run(folder) == 2
    assert f"run.json: {missing}: missing" in capsys.readouterr().err


def test_many_wrong_predictions_are_summed_up(folder, capsys):
    write_json(folder / "wrong.json", [prediction(image_id=9)] * 50)
    assert run(folder, predictions="wrong.json") == 2
    error = capsys.readouterr().err
    assert "… and 47 more like this" in error
    assert len(error.strip().splitlines()) == 4


ORIGIN = PredictionOrigin(variant="natural", seed=3, fingerprint="f00d", tested_on="unmodified")


def test_predictions_state_the_run_that_made_them(folder, capsys):
    path = folder / "predictions.json.gz"
    assert run(folder) == 0
    assert "does not state its run" in capsys.readouterr().err
    write_predictions(path, [prediction()], ORIGIN)
    assert json.loads(gzip.decompress(path.read_bytes())) == [prediction()]
    assert origin_of(path) == ORIGIN
    assert run(folder) == 0
    assert "does not state" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"variant": "blur"}, "variant is blur, expected natural"),
        ({"seed": 4}, "seed is 4, expected 3"),
        ({"fingerprint": "beef"}, "fingerprint is beef, expected f00d"),
        ({"tested_on": "blur"}, "tested_on is blur, expected unmodified"),
    ],
)
def test_predictions_of_another_run_are_refused(folder, capsys, changes, line):
    origin = ORIGIN.model_copy(update=changes)
    write_predictions(folder / "predictions.json.gz", [prediction()], origin)
    assert run(folder) == 2
    path = folder / "predictions.json.gz"
    advice = f"delete {path} and make it again with: snakemake {path} …"
    assert f"predictions.json.gz: {line}; {advice}" in capsys.readouterr().err
    assert not (folder / "eval.json").exists()


def test_a_record_of_another_run_is_named(folder, capsys):
    place = folder / "runs/natural/seed~2"
    place.mkdir(parents=True)
    write_json(place / "run.json", RUN)
    command = [f"--annotations={folder / 'val.coco.json'}", f"--run={place / 'run.json'}"]
    command += [f"--predictions={folder / 'predictions.json.gz'}", f"--output={place / 'e.json'}"]
    assert main(command) == 2
    assert (
        f"{place}/run.json: it is of natural, seed 3, but lies in the folder of natural, seed 2; "
        f"delete '{place}' and make it again with: snakemake '{place}/eval.json' …"
    ) in capsys.readouterr().err


def test_an_evaluation_that_was_changed_afterwards_is_refused(folder):
    assert run(folder) == 0
    path = folder / "eval.json"
    content = read_json(path)
    RunEvaluation.read(path)
    content["coco"]["segm"]["per_class"]["person"]["AP"] = 0.9
    write_json(path, content)
    with pytest.raises(UserError, match=r"eval.json: it was changed after the evaluation"):
        RunEvaluation.read(path)


@pytest.mark.parametrize("variant", ["../../elsewhere", "/tmp/elsewhere", "..", "a/b"])
def test_expected_runs_lie_in_the_experiment(tmp_path, variant):
    content = {"variants": ["unmodified", variant], "seeds": [1], "classes": ["car"]}
    write_json(tmp_path / "expected.json", content)
    line = rf"expected.json: variants: '{variant}' cannot be the name of a folder of runs"
    with pytest.raises(UserError, match=line):
        read_expected(tmp_path / "expected.json")
