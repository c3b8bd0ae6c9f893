"""Losses on single images, and what they betray of a model that has learnt its images by heart."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from identity_attacks.membership import membership
from plain_commands.files import read_json
from torch import nn

from tests.commands import training as main
from tests.training.conftest import RECIPE, job_on
from tests.training.running import run_here
from tests.training.shapes import draw_split, write_variant
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.training.engines.torchvision import TorchvisionTraining
from workflow_scripts.training.image_losses import computing_losses, sample_of
from workflow_scripts.training.job import TrainingJob

LEARNT, OTHERS = 8, 24


def losses(job: TrainingJob, val: Path, output: Path, *more: str) -> int:
    """Run the command on a job's training split and on a validation split."""
    return main(
        [
            *("losses", "--settings", json.dumps({"shorter_side": 64, "longest_side": 128})),
            *("--checkpoint", str(job.output / "model_final.pth")),
            *("--annotations", str(job.annotations), "--images", str(job.images)),
            *(("--anonymized", str(job.anonymized)) if job.anonymized else ()),
            *("--validation-annotations", str(val / "annotations.json")),
            *("--validation-images", str(val), "--output", str(output), "--threads", "1", *more),
        ]
    )


@pytest.fixture(scope="module")
def learnt_by_heart(tmp_path_factory) -> tuple[TrainingJob, Path]:
    """A run on 8 of 32 images, since its variant leaves out the others, and a validation split."""
    folder = tmp_path_factory.mktemp("by_heart")
    draw_split(folder / "train", count=LEARNT + OTHERS, seed=0)
    draw_split(folder / "val", count=OTHERS, seed=1)
    write_variant(folder / "few", folder / "train", *range(LEARNT + 1, LEARNT + OTHERS + 1))
    recipe = {
        **RECIPE,
        **{"initialisation": "drawn", "images_per_step": 2, "gradient_clip": None},
        **{"iterations": 150, "milestones": [112], "learning_rate": 0.002},
        "augmentation": {"shorter_sides": [64], "longest_side": 128, "flip_probability": 0},
    }
    job = job_on(folder, TorchvisionTraining(**recipe), folder / "run")
    job = replace(job, anonymized=folder / "few")
    run_here(job)
    return job, folder / "val"


@pytest.mark.slow
def test_images_learnt_by_heart_are_told_from_others_and_unseen_ones_are_not(
    learnt_by_heart, tmp_path
):
    job, val = learnt_by_heart
    assert losses(job, val, tmp_path / "seed~0.json") == 0
    found = read_json(tmp_path / "seed~0.json")
    groups = found["trained"], found["left_out"], found["validation"]
    assert list(map(len, groups)) == [LEARNT, OTHERS, OTHERS]
    trained, left_out, validation = groups
    assert membership(trained, left_out).rates["auc"].low > 0.5
    assert membership(trained, validation).rates["auc"].low > 0.5
    neither = membership(left_out, validation).rates["auc"]
    assert neither.low < 0.5 < neither.high


def test_losses_depend_on_the_images_and_on_nothing_else(reference, shapes, tmp_path, capfd):
    for name, more in (("a", ()), ("b", ()), ("few", ("--most", "3"))):
        assert losses(reference, shapes / "val", tmp_path / f"{name}.json", *more) == 0
    all_of_them, again, few = (read_json(tmp_path / f"{name}.json") for name in ("a", "b", "few"))
    assert all_of_them == again
    assert few["trained"] == all_of_them["trained"][:3]
    assert (len(all_of_them["trained"]), all_of_them["left_out"]) == (10, [])
    assert "trained: 10 of 10 images" in capfd.readouterr().err


def test_a_sample_is_drawn_by_content(shapes):
    images = CocoSplit.read(shapes / "train" / "annotations.json").images
    renamed = [replace(image, id=99 - image.id, file_name="x") for image in reversed(images)]
    chosen = [image.sha256 for image in sample_of(images, 4)]
    assert chosen == [image.sha256 for image in sample_of(renamed, 4)]
    assert chosen != [image.sha256 for image in images[:4]]


def test_computing_losses_changes_no_statistics_and_draws_nothing():
    class Plain:
        def loss_module(self, model: nn.Module) -> nn.Module:
            return model

    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5)).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    module = computing_losses(Plain(), model)
    assert module.training
    values = torch.randn(9, 2)
    assert torch.equal(module(values), module(values))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_other_classes_are_one_line(reference, shapes, tmp_path, capfd):
    split = CocoSplit.read(shapes / "val" / "annotations.json")
    CocoSplit(("a", "b"), split.images, split.instances).write(tmp_path / "annotations.json")
    assert losses(reference, tmp_path, tmp_path / "a.json") == 2
    said = capfd.readouterr().err
    assert "trained on the classes rectangle, ellipse, but" in said
    assert "annotations.json has a, b" in said


def test_a_model_that_diverged_is_one_line(reference, shapes, tmp_path, capfd):
    folder = tmp_path / "run"
    folder.mkdir()
    content = torch.load(reference.output / "model_final.pth", weights_only=True)
    content["model"] = {name: value * torch.nan for name, value in content["model"].items()}
    torch.save(content, folder / "model_final.pth")
    assert losses(replace(reference, output=folder), shapes / "val", tmp_path / "a.json") == 2
    assert "the loss on 10 of 10 images is not finite, so the training" in capfd.readouterr().err
