"""Bad files of weights and losses: each is one line, and no finished work is lost."""

import hashlib
import json
import os
import pickle
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from plain_commands.errors import UserError
from plain_commands.files import read_json

from tests.commands import training as main
from tests.training.conftest import with_settings
from tests.training.running import metrics_of, run_here, start, stop_after
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Entry, write_manifest
from workflow_scripts.contracts.trainings import read_losses
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.training.job import TrainingJob


class Code:
    """What runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def content(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data)


def saved(what) -> Callable[[Path], None]:
    return lambda path: torch.save(what, path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path: Path) -> None:
    """One bit of a weight."""
    with zipfile.ZipFile(path) as archive:
        entry = max(archive.infolist(), key=lambda entry: entry.file_size)
    data = bytearray(path.read_bytes())
    data[entry.header_offset + 300] ^= 1
    path.write_bytes(data)


def bomb(path: Path) -> None:
    """A file whose zeros unpack to a thousand times its size."""
    torch.save({"model": {"a": torch.zeros(10**6)}}, path)
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def code(path: Path) -> None:
    torch.save({"model": Code(path.with_name("executed"))}, path)


def moments_of_another_shape(state: dict) -> None:
    state["optimisation"]["optimizer"]["state"][0]["exp_avg"] = torch.zeros(3)


def changed(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """The file with something of its content changed, and saved with right checksums."""

    def damage(path: Path) -> None:
        stored = torch.load(path, weights_only=True)
        change(stored)
        torch.save(stored, path)

    return damage


def first_of(weights: dict) -> str:
    return next(iter(weights))


ANY_FILE = {
    "empty": (content(b""), r"EOFError|Ran out of input"),
    "garbage": (content(b"garbage" * 99), "objects other than tensors and plain data"),
    "cut": (cut, "PytorchStreamReader failed reading zip archive"),
    "a program": (code, "objects other than tensors and plain data"),
    "a plain pickle": (
        content(pickle.dumps({"a": 1})),
        "objects other than tensors and plain data|Invalid magic",
    ),
    "a bomb": (bomb, r"it would unpack to 4,00\d,\d{3} bytes from \d,\d{3}; torch does not"),
}
"""What no file of weights may be."""

STATES = {
    **ANY_FILE,
    "one bit": (flipped, "wrong checksum of .*/data/"),
    "a list": (saved([1, 2]), "content: Input should be a valid dictionary"),
    "another dictionary": (saved({"epoch": 3}), "identity: Field required"),
    "no model": (changed(lambda state: state.pop("model")), "model: Field required"),
    "no optimizer": (
        changed(lambda state: state.pop("optimisation")),
        "optimisation: Field required",
    ),
    "other progress": (
        changed(lambda state: state["progress"].update(epoch=1)),
        "progress.epoch: Extra inputs are not permitted",
    ),
    "iteration as text": (
        changed(lambda state: state["progress"].update(iteration="two")),
        "progress.iteration: Input should be a valid integer",
    ),
    "a number for a weight": (
        changed(lambda state: state["model"].update({"backbone.body.conv1.weight": 1})),
        r"model.backbone.body.conv1.weight: Input should be an instance of Tensor",
    ),
    "a weight too few": (
        changed(lambda state: state["model"].pop(first_of(state["model"]))),
        "does not fit the model: Missing key",
    ),
    "another shape": (
        changed(lambda state: state["model"].update({first_of(state["model"]): torch.zeros(3)})),
        "does not fit the model: size mismatch for",
    ),
    "other moments": (
        changed(moments_of_another_shape),
        r"does not fit the model: exp_avg has the shape \(3,\)",
    ),
    "another optimizer": (
        changed(lambda state: state["optimisation"]["optimizer"]["param_groups"].pop()),
        "does not fit the model: loaded state dict has a different number of parameter groups",
    ),
    "another run": (
        changed(lambda state: state.update(identity="0" * 64)),
        "saved by a run with other settings, data or code",
    ),
}


@pytest.fixture(scope="module")
def interrupted(reference, tmp_path_factory) -> TrainingJob:
    """A run that was stopped twice: its states are of iterations 1 and 2."""
    run = replace(reference, output=tmp_path_factory.mktemp("interrupted"))
    run_here(run, stop_after(1))
    run_here(run, stop_after(1))
    return run


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "reason"), STATES.values(), ids=STATES)
def test_a_bad_state_is_named_and_the_one_before_is_used(interrupted, job, damage, reason, caplog):
    shutil.copytree(interrupted.output, job.output)
    damage(job.state)
    caplog.set_level("INFO", logger="plain_commands")
    assert "saved at iteration 2 of 6" in run_here(job, stop_after(1)).message
    first, second = [record.message for record in caplog.records][:2]
    said = rf"{re.escape(str(job.state))}: (damaged \([^\n]*({reason})[^\n]*\)|{reason})"
    assert re.fullmatch(said + ", using the previous one", first), first
    assert second == "resuming at iteration 1"
    assert not (job.state.parent / "executed").exists()


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
        rf"{NO_MODEL} \(model: Field required\); train again",
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
        r"its weights do not fit its settings \(size mismatch for .*\); train again",
    ),
    "fewer classes": (
        without_record(lambda model: model.update(classes=["car"])),
        r"its weights do not fit its settings \(size mismatch for .*\); train again",
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


LINES = {
    "garbage": b"garbage",
    "not UTF-8": b"\xff\xfe\x00{",
    "another type": b"[1, 2]",
    "another object": b'{"epoch": 1}',
    "text for a number": b'{"iteration": "two", "iterations": 6, "loss": 1, "seconds": 1}',
    "NaN": b'{"iteration": 2, "iterations": 6, "loss": NaN, "seconds": 1}',
    "deeply nested": b"[" * 100_000,
    "half a line": b'{"iteration": 2, "iter',
}


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_bad_line_of_losses_is_left_out_and_said(interrupted, job, line, caplog):
    shutil.copytree(interrupted.output, job.output)
    with job.live_metrics.open("rb+") as stream:
        lines = stream.read().splitlines()
        stream.seek(0)
        stream.write(b"\n".join([lines[0], line, *lines[1:]]) + b"\n")
    said = f"{job.live_metrics}: 1 damaged lines skipped"
    assert [record.iteration for record in read_losses(job.live_metrics)] == [1, 2]
    assert said in caplog.text
    run_here(job)
    assert [record["iteration"] for record in metrics_of(job.output)] == [1, 2, 3, 4, 5, 6]


def edited(image: Path) -> None:
    """The same picture with one pixel of another colour."""
    pixels = read_image(image).copy()
    pixels[5, 5] ^= 1
    write_png(image, pixels)


def copied(shapes: Path, split: str, folder: Path, twin: bool) -> tuple[Path, list[str]]:
    """A copy of a split's images, or a variant of them; an image of it, and the options."""
    annotations = shapes / split / "annotations.json"
    images = CocoSplit.read(annotations).images
    shutil.copytree(shapes / split, folder / "images")
    options = ["--annotations", str(annotations), "--images", str(folder / "images")]
    first = folder / "images" / images[0].file_name
    if twin:
        shutil.copytree(shapes / split, folder / "twin/0")
        entries = [
            Entry(one.file_name, f"0/{one.file_name}", one.sha256, one.sha256, linked=False)
            for one in images
        ]
        write_manifest(folder / "twin/manifest.parquet", entries)
        options += ["--anonymized", str(folder / "twin")]
        first = folder / "twin/0" / images[0].file_name
    return first, options


@pytest.mark.parametrize("twin", [False, True], ids=["original", "twin"])
def test_an_image_that_was_edited_after_the_index_trains_nothing(shapes, job, tmp_path, twin):
    image, _ = copied(shapes, "train", tmp_path / "data", twin)
    edited(image)
    anonymized = tmp_path / "data/twin" if twin else None
    job = replace(job, images=tmp_path / "data/images", anonymized=anonymized)
    with pytest.raises(UserError, match=f"{re.escape(str(image))}: the file has changed since it"):
        run_here(job)
    assert not (job.output / "model_final.pth").exists()


@pytest.mark.parametrize("twin", [False, True], ids=["original", "twin"])
def test_an_image_that_was_edited_after_the_index_predicts_nothing(
    shapes, reference, tmp_path, twin, capfd
):
    image, options = copied(shapes, "val", tmp_path, twin)
    edited(image)
    model = str(reference.output / "model_final.pth")
    options += ["--checkpoint", model, "--output", str(tmp_path / "predictions.json.gz")]
    assert main(["predict", *options]) == 2
    assert f"error: {image}: the file has changed since it was recorded" in capfd.readouterr().err
    assert not (tmp_path / "predictions.json.gz").exists()


def checkpoints_is_a_file(job: TrainingJob) -> None:
    job.output.mkdir()
    job.checkpoints.touch()


def runs_is_a_file(job: TrainingJob) -> None:
    job.output.touch()


def owner_is_garbage(job: TrainingJob) -> None:
    job.checkpoints.mkdir(parents=True)
    job.files.owner.write_text("{")


def launch_is_a_file(job: TrainingJob) -> None:
    job.checkpoints.mkdir(parents=True)
    job.launch.touch()


FOLDERS = {
    checkpoints_is_a_file: r"run: cannot be written \(Not a directory\); correct its path or",
    runs_is_a_file: r"run: cannot be written \(Not a directory\); correct its path or",
    owner_is_garbage: "owner.json: damaged; remove it if no process works in its folder",
    launch_is_a_file: r"run: cannot be written \(File exists\); correct its path or permissions",
}


@pytest.mark.parametrize(("damage", "line"), FOLDERS.items())
def test_a_folder_that_cannot_be_used_is_one_line(job, damage, line):
    damage(job)
    training = start(job)
    _, said = training.communicate()
    errors = [one for one in said.splitlines() if "error: " in one]
    assert training.returncode == 2, said
    assert len(errors) == 1 and re.search(line, errors[0]), said
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_state_is_kept(interrupted, job):
    shutil.copytree(interrupted.output, job.output)
    before = job.state.read_bytes()
    training = start(job, "--checkpoint-seconds", "0.001", most_bytes=200_000)
    _, said = training.communicate()
    assert training.returncode == 2, said
    errors = [one for one in said.splitlines() if "error: " in one]
    line = rf"{job.state}: cannot be written \(File too large\); free disk space and run again"
    assert len(errors) == 1 and re.search(line, errors[0]), said
    assert "Traceback" not in said
    assert job.state.read_bytes() == before
    run_here(job)
    assert read_json(job.output / "run.json")["resumed_from"] == [1, 2]
