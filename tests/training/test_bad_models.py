"""Bad trained models and initial weights: each is one line, found before anything is computed."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.commands import training as main
from tests.training.conftest import with_settings
from tests.training.damage import (
    ANY_FILE,
    bomb,
    changed,
    code,
    content,
    cut,
    first_of,
    flipped,
    saved,
)


def without_record(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """A change to a model whose `run.json` does not say its sha256, as in earlier versions."""

    def damage(path: Path) -> None:
        record = path.with_name("run.json")
        stored = json.loads(record.read_text())
        del stored["weights_sha256"]
        record.write_text(json.dumps(stored))
        changed(change)(path)

    return damage


OTHER_FILE = (
    r"its sha256 is [0-9a-f]{64}, but .*/run.json states [0-9a-f]{64}; it is damaged or from"
)
NO_MODEL = "not a trained model of this project"
TRAIN_AGAIN = r"delete \S+/run and make it again with: snakemake \S+/run/eval\.json …$"
MODELS = {
    "missing": (Path.unlink, "no such file"),
    "empty": (content(b""), OTHER_FILE),
    "garbage": (content(b"garbage" * 99), OTHER_FILE),
    "cut": (cut, OTHER_FILE),
    "one bit": (flipped, OTHER_FILE),
    "a program": (code, OTHER_FILE),
    "a bomb": (bomb, OTHER_FILE),
    "of another run": (changed(lambda model: model.update(seed=7)), OTHER_FILE),
    "no model": (
        without_record(lambda model: model.pop("model")),
        rf"{NO_MODEL} \(model: Field required\); {TRAIN_AGAIN}",
    ),
    "another dictionary": (
        without_record(dict.clear),
        rf"{NO_MODEL} \(schema: Field required\)|{NO_MODEL} \(settings: Field required\)",
    ),
    "another version": (
        without_record(lambda model: model.update(schema=2)),
        rf"{NO_MODEL} \(schema: Input should be 1\)",
    ),
    "another engine": (
        without_record(lambda model: model["settings"].update(engine="keras")),
        "settings: 'engine' is 'keras', but there are",
    ),
    "another shape": (
        without_record(
            lambda model: model["model"].update({first_of(model["model"]): torch.zeros(3)})
        ),
        rf"its weights do not fit its settings \(size mismatch for .*\); {TRAIN_AGAIN}",
    ),
    "fewer classes": (
        without_record(lambda model: model.update(classes=["car"])),
        rf"its weights do not fit its settings \(size mismatch for .*\); {TRAIN_AGAIN}",
    ),
    "a record that is garbage": (
        lambda path: path.with_name("run.json").write_text("{"),
        "run.json: not valid JSON",
    ),
}


@pytest.mark.parametrize(("damage", "line"), MODELS.values(), ids=MODELS)
def test_a_bad_model_predicts_nothing(reference, job, damage, line, capfd):
    shutil.copytree(reference.output, job.output)
    model = job.output / "model_final.pth"
    damage(model)
    arguments = [
        *("predict", "--settings", "{}", "--checkpoint", str(model)),
        *("--annotations", str(job.annotations), "--images", str(job.images)),
        *("--output", str(job.output / "predictions.json.gz")),
    ]
    assert main(arguments) == 2
    errors = [one for one in capfd.readouterr().err.splitlines() if "error: " in one]
    assert len(errors) == 1, errors
    assert re.search(f"/(model_final.pth|run.json): ({line})|{line}", errors[0]), errors[0]
    assert not (job.output / "predictions.json.gz").exists()
    assert not (job.output / "executed").exists()


WEIGHTS = {
    **{
        name: (damage, rf"not a file of weights \(.*({reason})")
        for name, (damage, reason) in ANY_FILE.items()
    },
    "one bit": (flipped, r"not a file of weights \(wrong checksum of"),
    "a list": (saved([torch.zeros(3)]), r"not a file of weights \(no tensors by name\)"),
    "a tensor": (saved(torch.zeros(3)), r"not a file of weights \(no tensors by name\)"),
    "numbers for weights": (
        saved({"conv1.weight": 1}),
        "no weights for backbone.body.conv1.weight",
    ),
    "another model's": (
        saved({"conv1.weight": torch.zeros(64, 3, 7, 7)}),
        "no weights for backbone.body.conv1.weight; it belongs to another model",
    ),
    "NaN": (
        changed(lambda model: model["model"]["backbone.body.conv1.weight"].fill_(torch.nan)),
        "backbone.body.conv1.weight contains NaN or infinity; use another file",
    ),
}


@pytest.mark.parametrize(("damage", "line"), WEIGHTS.values(), ids=WEIGHTS)
def test_bad_weights_with_the_right_sha256_are_known_at_the_check(
    reference, job, damage, line, capfd
):
    path = job.output / "weights.pth"
    path.parent.mkdir()
    model = torch.load(reference.output / "model_final.pth", weights_only=True)["model"]
    torch.save({"model": model}, path)
    damage(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    settings = with_settings(job, initialisation=path, initialisation_sha256=digest).settings
    assert main(["check", "--settings", settings.model_dump_json()]) == 2
    errors = [one for one in capfd.readouterr().err.splitlines() if "error: " in one]
    assert len(errors) == 1, errors
    assert re.search(f"weights.pth: {line}", errors[0]), errors[0]
    assert not (job.output / "executed").exists()
