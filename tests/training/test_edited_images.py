"""Images that were edited after the index."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from plain_commands.errors import UserError

from tests.commands import training as main
from tests.training.running import run_here
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Entry, write_manifest
from workflow_scripts.imaging.images import read_image, write_png


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
