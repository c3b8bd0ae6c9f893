"""Exports that annotation tools have written: the index counts what the tools count."""

import json
from pathlib import Path

import pytest
from pycocotools.coco import COCO

from tests.commands import index
from workflow_scripts.contracts.coco import CocoSplit

EXPORTS = Path(__file__).parent / "exports"
FILES = {
    "datumaro": ("annotations/instances_train.json", "images/train"),
    "label_studio": ("result.json", "."),
    "supervision": ("annotations.json", "images"),
}
COUNTED = {
    "datumaro": {("car", 0): 3, ("car", 1): 1, ("person", 0): 2},
    "label_studio": {("car", 0): 4, ("person", 0): 2},
    "supervision": {("car", 0): 2, ("car", 1): 2, ("person", 0): 2},
}
"""Annotations by class and `iscrowd`, as each tool counts them in its own export."""


@pytest.mark.usefixtures("no_processes")
@pytest.mark.parametrize("tool", FILES)
def test_the_index_counts_what_the_tool_counts(tmp_path, capsys, tool):
    file, images = (str(EXPORTS / tool / name) for name in FILES[tool])
    split = {"images": images, "annotations": file}
    settings = {"kind": "coco", "train": split, "val": split, "classes": ["car", "person"]}
    arguments = ["--settings", json.dumps(settings), "--output", str(tmp_path), "--workers", "1"]
    assert index(arguments) == 0
    found = CocoSplit.read(tmp_path / "train.coco.json")
    kinds = [(found.class_of(one), one.iscrowd) for one in found.instances]
    assert {kind: kinds.count(kind) for kind in kinds} == COUNTED[tool]
    coco = COCO(file)
    areas = [int(coco.annToMask(one).sum()) for one in coco.loadAnns(coco.getAnnIds())]
    assert [one.area for one in found.instances] == areas
    groups = sum(iscrowd for _, iscrowd in kinds)
    said = capsys.readouterr().err
    assert (
        f"attention: train: {groups} annotation{'s' * (groups > 1)} with iscrowd: 1 (groups)"
        in said
    ) == (groups > 0)
