"""A new method or detector is one new file and one line of config."""

import json
import shutil
import subprocess
import sys

from tests.anonymization.anonymizing import make_data
from tests.workflow import PROJECT
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.regions import Kind, read_regions
from workflow_scripts.imaging.images import read_image

GREEN = '''"""Green boxes."""

from typing import Literal

import numpy as np

from workflow_scripts.anonymization.redaction import Area, Redaction


class Green(Redaction):
    """Paint regions green."""

    method: Literal["green"] = "green"
    """Paint regions green."""

    def fill(self, image: np.ndarray, area: Area) -> np.ndarray:
        return np.array((0, 255, 0), np.uint8)
'''
MIDDLE = '''"""The middle of the image."""

from typing import Literal

from workflow_scripts.imaging.detection import Detector, region_inside


class Middle(Detector):
    """Calls the middle of each image a face."""

    detector: Literal["middle"] = "middle"
    """The middle of the image."""

    def regions(self, picture, kind, within=None, threads=1):
        height, width = picture.pixels.shape[:2]
        return [region_inside(picture, kind, 1, (width / 4, height / 4, width / 2, height / 2))]
'''


def test_a_method_and_a_detector_are_one_file_each(tmp_path):
    data = make_data(tmp_path)
    shutil.copytree(PROJECT / "workflow_scripts", tmp_path / "copy/workflow_scripts")
    (tmp_path / "copy/packages").symlink_to(PROJECT / "packages")
    (tmp_path / "copy/envs").symlink_to(PROJECT / "envs")
    room = tmp_path / "copy/workflow_scripts"
    (room / "anonymization/methods/green.py").write_text(GREEN)
    (room / "pii/detectors/middle.py").write_text(MIDDLE)
    shard = "000-aaaaaaaa"
    images = ["--annotations", data / "train.coco.json", "--images", data / "in"]
    images += ["--shards", data / "shards.json", "--shard", shard]
    table, output = tmp_path / "found.parquet", tmp_path / "green/train" / shard
    pii = {"faces": {"detector": "middle"}, "license_plates": None, "only_on_labelled": False}
    run(tmp_path, "pii", "detect", "--settings", json.dumps(pii), *images, "--output", table)
    regions = read_regions(table)
    assert [region.kind for region in regions] == [Kind.FACE] * 4
    run(
        *(tmp_path, "anonymization", "apply", "--settings", json.dumps({"method": "green"})),
        *("--variant", "green", "--regions", table, *images, "--output", output),
    )
    entries = read_manifest(output / "manifest.parquet")
    assert [entry.method for entry in entries] == ["green"] * 4
    assert [entry.region_ids for entry in entries] == [[region.id] for region in regions]
    x, y = (round((low + high) / 2) for low, high in middle_of(regions[0]))
    assert (read_image(output.parent / entries[0].file)[y, x] == (0, 255, 0)).all()


def middle_of(region):
    return (region.x0, region.x1), (region.y0, region.y1)


def run(folder, room, *arguments) -> None:
    command = [sys.executable, "-m", "workflow_scripts", room, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder / "copy", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
