"""The drawn data set on disk: the Cityscapes layout, whatever the number of workers."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_streets.writer import SceneSettings, write_data_set

from workflow_scripts.common.errors import UserError
from workflow_scripts.dataset.draw import main

SETTINGS = SceneSettings(seed=1, width=128, height=64)


@pytest.fixture(autouse=True)
def _no_shared_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_layout(tmp_path: Path):
    write_data_set(tmp_path, SETTINGS, {"train": 7, "val": 4}, workers=1)
    images = sorted((tmp_path / "leftImg8bit").glob("*/*/*_leftImg8bit.png"))
    assert len(images) == 11
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
    assert marker["settings"]["images"] == {"train": 7, "val": 4}
    assert marker["counts"]["train"]["images"] == 7
    assert marker["counts"]["train"]["instances"]["person"] > 0


def test_same_files_with_more_workers_and_more_images(tmp_path: Path):
    write_data_set(tmp_path / "one", SETTINGS, {"train": 3, "val": 1}, workers=1)
    write_data_set(tmp_path / "two", SETTINGS, {"train": 5, "val": 1}, workers=2)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    del one["dataset.json"]
    assert len(two) > len(one)
    assert {name: two[name] for name in one} == one


def test_a_smaller_data_set_replaces_a_larger_one(tmp_path: Path):
    write_data_set(tmp_path / "root", SETTINGS, {"train": 4, "val": 2}, workers=1)
    write_data_set(tmp_path / "root", SETTINGS, {"train": 2, "val": 1}, workers=1)
    write_data_set(tmp_path / "fresh", SETTINGS, {"train": 2, "val": 1}, workers=1)
    assert contents(tmp_path / "root") == contents(tmp_path / "fresh")


def test_unknown_split_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match=r"images\.night: no such split"):
        write_data_set(tmp_path, SETTINGS, {"night": 1}, workers=1)


def test_command(tmp_path: Path):
    settings = {
        "kind": "synthetic", "width": 128, "height": 64, "images": {"train": 2, "val": 1}
    }  # fmt: skip
    root = tmp_path / "drawn"
    arguments = ["--settings", json.dumps(settings), "--output", str(root), "--workers", "1"]
    assert main(arguments) == 0
    assert json.loads((root / "dataset.json").read_text())["settings"]["seed"] == 0
    assert main([*arguments[:-1], "0"]) == 2
    assert main(["--settings", '{"kind": "synthetic", "width": 7}', "--output", str(root)]) == 2
