"""A part of COCO images held out for validation."""

import json
from hashlib import sha256

import pytest
from plain_commands.errors import UserError
from plain_commands.section import validate

from tests.coco_folder import write_coco
from tests.commands import index
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import CocoDataset


@pytest.fixture
def settings(tmp_path):
    """40 images, of which a quarter is held out."""
    write_coco(tmp_path, "all", 40)
    train = {"images": str(tmp_path / "all"), "annotations": str(tmp_path / "all.json")}
    return {"kind": "coco", "train": train, "val_share": 0.25, "classes": ["person", "car"]}


def indexed(settings, folder) -> dict[str, set[str]]:
    """The images of each split."""
    assert index(["--settings", json.dumps(settings), "--output", str(folder)]) == 0
    splits = {split: CocoSplit.read(folder / f"{split}.coco.json") for split in ("train", "val")}
    for split in splits.values():
        assert len(split.instances) == 2 * len(split.images)
    return {name: {image.file_name for image in split.images} for name, split in splits.items()}


def test_each_image_is_in_one_split_by_its_name(settings, tmp_path):
    splits = indexed(settings, tmp_path / "out")
    assert len(splits["train"]) == 40 - len(splits["val"])
    # By SHA-256: the same on any machine.
    numbers = {one: sha256(one.encode()).hexdigest() for one in splits["train"] | splits["val"]}
    assert splits["val"] == {name for name, digest in numbers.items() if digest < "4"}
    assert len(splits["val"]) == 8
    settings["val_share"] = 0.5
    assert indexed(settings, tmp_path / "more")["val"] > splits["val"]


def test_images_of_a_group_stay_together(settings, tmp_path):
    settings |= {"val_groups": r"_\d", "val_share": 0.5}
    splits = indexed(settings, tmp_path / "out")
    groups = {name: {one[:5] for one in images} for name, images in splits.items()}
    assert groups["train"] & groups["val"] == set()
    assert len(groups["train"] | groups["val"]) == 9


def test_a_share_that_leaves_nothing_is_refused(settings, tmp_path, capsys):
    settings["val_share"] = 0.0001
    assert index(["--settings", json.dumps(settings), "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "dataset.val_share: 0.0001 of the 40 images leaves none for val; choose" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"val_share": None}, "name either val or val_share"),
        ({"val": {"images": "a", "annotations": "b"}}, "name either val or val_share"),
        ({"val_groups": "("}, "val_groups: not a regular expression"),
        ({"val_share": 0}, "val_share: Input should be greater than 0"),
        ({"val_share": 1}, "val_share: Input should be less than 1"),
        ({"val_share": "20 %"}, "val_share: Input should be a valid number"),
        (
            {
                "val": {"images": "a", "annotations": "b"},
                "val_share": None,
                "val_groups": "x",
            },
            "val_groups: it has no effect without val_share",
        ),
    ],
)
def test_wrong_settings_are_one_line(settings, change, message):
    with pytest.raises(UserError) as refused:
        validate(CocoDataset, settings | change, "x")
    (line,) = str(refused.value).splitlines()
    assert message in line
