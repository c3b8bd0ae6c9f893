"""Predictions: their contract, and the geometry of their masks."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from plain_commands.files import read_json, sha256_of_file

from tests.commands import training as main
from tests.training.conftest import with_settings
from tests.training.shapes import write_variant
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Entry, write_manifest
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.imaging.masks import decode_mask
from workflow_scripts.training.data import TrainingSet


def predict(output, shapes, name: str, *more: str, **settings) -> list[dict]:
    """Run the command on the validation split."""
    settings = {"shorter_side": 96, "longest_side": 192, "score_threshold": 0.0, **settings}
    arguments = [
        *("predict", "--settings", json.dumps(settings)),
        *("--checkpoint", str(output / "model_final.pth")),
        *("--annotations", str(shapes / "val" / "annotations.json")),
        *("--images", str(shapes / "val"), "--output", str(output / name), "--threads", "1"),
        *more,
    ]
    assert main(arguments) == 0
    return read_json(output / name)


def check_contract(results: list[dict], shapes) -> dict[int, tuple[int, int]]:
    """Check that predictions are what every engine owes; returns the images' sizes by id."""
    split = CocoSplit.read(shapes / "val" / "annotations.json")
    sizes = {image.id: (image.height, image.width) for image in split.images}
    assert {result["image_id"] for result in results} == set(sizes)
    for result in results:
        height, width = sizes[result["image_id"]]
        x, y, w, h = result["bbox"]
        assert result["category_id"] in (1, 2)
        assert 0 <= result["score"] <= 1
        assert x >= 0 and y >= 0 and x + w <= width + 0.02 and y + h <= height + 0.02
        assert decode_mask(result["segmentation"]).shape == (height, width)
    return sizes


def blackened(shapes, folder) -> list[str]:
    """Make a variant of the validation images in which nothing is to be seen; the option for it."""
    split = CocoSplit.read(shapes / "val" / "annotations.json")
    entries = []
    for image in split.images:
        file = f"000-a/{image.id}.png"
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (image.width, image.height)).save(folder / file)
        digest = sha256_of_file(folder / file)
        entries.append(Entry(image.file_name, file, digest, image.sha256, linked=False))
    write_manifest(folder / "manifest.parquet", entries)
    return ["--anonymized", str(folder)]


def test_predictions_are_coco_results_in_the_images_own_pixels(job, reference, shapes, tmp_path):
    shutil.copytree(reference.output, job.output)
    sizes = check_contract(predict(job.output, shapes, "a.json.gz"), shapes)
    predict(job.output, shapes, "b.json.gz")
    first, second = ((job.output / name).read_bytes() for name in ("a.json.gz", "b.json.gz"))
    assert first == second
    few = predict(job.output, shapes, "c.json.gz", detections_per_image=2)
    assert len(few) == 2 * len(sizes)
    black = predict(job.output, shapes, "d.json.gz", *blackened(shapes, tmp_path / "black"))
    check_contract(black, shapes)
    boxes = [{tuple(r["bbox"]) for r in black if r["image_id"] == number} for number in sizes]
    assert boxes[0] == boxes[1]  # one black image is like another
    assert (job.output / "d.json.gz").read_bytes() != first


def test_models_are_tested_on_all_images(reference, shapes, tmp_path, capfd):
    write_variant(tmp_path / "variant", shapes / "val", 2)
    options = [
        *("--checkpoint", reference.output / "model_final.pth", "--settings", "{}"),
        *("--annotations", shapes / "val/annotations.json", "--images", shapes / "val"),
        *("--anonymized", tmp_path / "variant", "--output", tmp_path / "p.json.gz"),
    ]
    assert main(["predict", *map(str, options)]) == 2
    assert "variant lacks 1 of 3 images, which the variant drops" in capfd.readouterr().err


@pytest.mark.slow
def test_the_whitepapers_model_learns_and_predicts(job):
    settings = with_settings(job, model="mask_rcnn_r50_fpn").settings
    engine = settings.make_engine(2)
    torch.manual_seed(0)
    model = engine.initial_model(None)
    split = CocoSplit.read(job.annotations)
    sample = TrainingSet(split, job.images, None, engine.augmentation(), seed=0)[0]
    terms = engine.losses(engine.loss_module(model), [sample]).values()
    torch.stack([term.total / max(1, term.count) for term in terms]).sum().backward()
    gradients = [part.grad for part in model.parameters() if part.requires_grad]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
    limits = Evaluation(
        shorter_side=64, longest_side=128, score_threshold=0.0, detections_per_image=5
    )
    image = np.random.default_rng(0).integers(0, 255, (64, 128, 3), np.uint8)
    (found,) = engine.detect(engine.trained_model(model.state_dict(), limits), [image])
    assert found.boxes.shape == (5, 4)
    assert found.masks.shape == (5, 28, 28)
    assert np.isfinite(found.scores).all()
