"""The drawn data set on disk: the Cityscapes layout, whatever the number of workers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import drawn_streets
import numpy as np
import pytest
from drawn_streets import SceneSettings, SettingsError, write_data_set
from drawn_streets.__main__ import main

SETTINGS = SceneSettings(seed=1, width=128, height=64)


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_layout(tmp_path: Path):
    write_data_set(tmp_path, SETTINGS, {"train": 3, "val": 2}, workers=1)
    images = sorted((tmp_path / "leftImg8bit").glob("*/*/*_leftImg8bit.png"))
    assert len(images) == 5
    cities = {split: set() for split in ("train", "val")}
    for path in images:
        split, city = path.parts[-3:-1]
        cities[split].add(city)
        stem = path.name.removesuffix("_leftImg8bit.png")
        assert stem.split("_")[0] == city
        truth = tmp_path / "gtFine" / split / city
        ids = cv2.imread(str(truth / f"{stem}_gtFine_instanceIds.png"), cv2.IMREAD_UNCHANGED)
        labels = cv2.imread(str(truth / f"{stem}_gtFine_labelIds.png"), cv2.IMREAD_UNCHANGED)
        assert ids.dtype == np.uint16
        assert labels.dtype == np.uint8
        assert ids.shape == labels.shape == cv2.imread(str(path)).shape[:2] == (64, 128)
        assert np.array_equal(np.where(ids >= 1000, ids // 1000, ids), labels)
        polygons = json.loads((truth / f"{stem}_gtFine_polygons.json").read_text())
        assert (polygons["imgHeight"], polygons["imgWidth"]) == (64, 128)
        assert all(len(entry["polygon"]) >= 3 for entry in polygons["objects"])
        pii = json.loads((tmp_path / "pii" / split / city / f"{stem}_pii.json").read_text())
        assert tmp_path / pii["image"] == path
        assert {region["instance"] for region in pii["regions"]} <= set(np.unique(ids).tolist())
    assert len(cities["train"]) > 1
    assert not cities["train"] & cities["val"]
    marker = json.loads((tmp_path / "dataset.json").read_text())
    assert marker["schema"] == 1
    assert marker["settings"]["images"] == {"train": 3, "val": 2}
    assert marker["counts"]["train"]["images"] == 3
    assert marker["counts"]["train"]["instances"]["person"] > 0


def test_same_files_with_more_workers_and_more_images(tmp_path: Path):
    write_data_set(tmp_path / "one", SETTINGS, {"train": 3, "val": 1}, workers=1)
    write_data_set(tmp_path / "two", SETTINGS, {"train": 4, "val": 1}, workers=2)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    del one["dataset.json"]
    assert len(two) > len(one)
    assert {name: two[name] for name in one} == one


def test_a_smaller_data_set_replaces_a_larger_one(tmp_path: Path):
    write_data_set(tmp_path / "root", SETTINGS, {"train": 4, "val": 2}, workers=1)
    write_data_set(tmp_path / "root", SETTINGS, {"train": 2, "val": 1}, workers=1)
    write_data_set(tmp_path / "fresh", SETTINGS, {"train": 2, "val": 1}, workers=1)
    assert contents(tmp_path / "root") == contents(tmp_path / "fresh")


@pytest.mark.parametrize(
    ("images", "workers", "message"),
    [
        ({"night": 1}, 1, "images.night: no such split"),
        ({"train": -1}, 1, "images.train: has to be at least 0"),
        ({"train": 1}, 0, "workers: has to be at least 1"),
    ],
)
def test_impossible_requests_are_refused(
    tmp_path: Path, images: dict[str, int], workers: int, message: str
):
    with pytest.raises(SettingsError, match=message):
        write_data_set(tmp_path, SETTINGS, images, workers=workers)
    assert not list(tmp_path.iterdir())


def test_progress_wraps_the_written_scenes(tmp_path: Path):
    seen = []

    def progress(scenes):
        for scene in scenes:
            seen.append(scene)
            yield scene

    write_data_set(tmp_path, SETTINGS, {"train": 2, "val": 1}, progress=progress)
    assert [scene.split for scene in seen] == ["train", "train", "val"]
    marker = json.loads((tmp_path / "dataset.json").read_text())
    assert sum(scene.faces for scene in seen[:2]) == marker["counts"]["train"]["regions"]["face"]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    size = ["--width", "128", "--height", "64", "--train", "1", "--val", "1", "--workers", "1"]
    assert main(["--output", str(tmp_path / "drawn"), *size]) == 0
    settings = json.loads((tmp_path / "drawn" / "dataset.json").read_text())["settings"]
    assert settings == {"seed": 0, "width": 128, "height": 64, "images": {"train": 1, "val": 1}}
    assert main(["--output", str(tmp_path / "no"), *size, "--width", "7"]) == 2
    assert "width: has to be at least 32, found 7" in capsys.readouterr().err
    assert main(["--output", "/dev/full", *size]) == 2
    said = "error: /dev/full: cannot be written (Not a directory); name another folder\n"
    assert capsys.readouterr().err == said


BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"workflow_scripts", "tools", "snakemake", "torch", "rich"}:
            raise ImportError(f"{name} is not part of this package")

sys.meta_path.insert(0, Blocker())
from drawn_streets import SceneSettings, draw_scene

scene = draw_scene(SceneSettings(seed=1, width=128, height=64))
assert scene.image.shape == (64, 128, 3)
"""


def test_the_package_needs_nothing_of_the_workflow():
    package = Path(drawn_streets.__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    subprocess.run([sys.executable, "-c", BLOCKED], check=True, env=environment)
