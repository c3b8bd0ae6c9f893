"""The index: what it finds, and how it says what is wrong with a data set."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from tests.cityscapes_folder import HEIGHT, WIDTH, add_image, make_cityscapes, resize, truncate
from tests.commands import index as main
from workflow_scripts.contracts.cityscapes import instance_ids_path
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.contracts.shards import Shards, read_shard
from workflow_scripts.imaging.images import decode_ids, write_png
from workflow_scripts.imaging.masks import decode_mask, encode_mask


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_cityscapes(tmp_path / "cityscapes")


def index(output: Path, **settings) -> int:
    text = json.dumps(settings, default=str)
    return main(["--settings", text, "--output", str(output), "--workers", "1"])


def index_cityscapes(root: Path, output: Path, **settings) -> int:
    return index(output, kind="cityscapes", root=root, **settings)


def errors(capsys: pytest.CaptureFixture) -> list[str]:
    lines = capsys.readouterr().err.splitlines()
    return [line.split("error: ", 1)[1] for line in lines if "error: " in line]


class TestCityscapes:
    def test_instances_are_those_of_the_id_images(self, root, tmp_path):
        assert index_cityscapes(root, tmp_path / "out") == 0
        split = CocoSplit.read(tmp_path / "out/train.coco.json")
        assert split.classes == CLASSES
        assert len(split.images) == 4
        for image in split.images:
            path = instance_ids_path(root, image.file_name)
            ids = decode_ids(path.read_bytes(), path)
            found = split.instances_by_image[image.id]
            assert [(CLASSES[i.category_id - 1], i.iscrowd) for i in found] == [
                ("person", 0),
                ("car", 1),
                ("car", 0),
            ]
            for instance, value in zip(found, (24000, 26, 26000), strict=True):
                mask = ids == value
                assert np.array_equal(decode_mask(instance.segmentation), mask)
                assert instance.area == mask.sum()
                rows, columns = np.nonzero(mask)
                x, y, width, height = instance.bbox
                assert (x, y) == (columns.min(), rows.min())
                assert (x + width, y + height) == (columns.max() + 1, rows.max() + 1)

    def test_void_is_kept_for_validation(self, root, tmp_path):
        """Labels 0 to 6 and the like, no object; another void is another validation split."""
        assert index_cityscapes(root, tmp_path / "before") == 0
        for split in ("train", "val"):
            for path in (root / "gtFine" / split).glob("*/*_instanceIds.png"):
                ids = decode_ids(path.read_bytes(), path)
                ids[-3:, 4:9] = 1
                ids[:2, 0] = 29001  # a caravan, told apart: no void
                write_png(path, ids)
        assert index_cityscapes(root, tmp_path / "out") == 0
        expected = np.zeros((HEIGHT, WIDTH), bool)
        expected[-3:, 4:9] = True
        for image in CocoSplit.read(tmp_path / "out/val.coco.json").images:
            assert np.array_equal(decode_mask(image.void), expected)
        for image in CocoSplit.read(tmp_path / "out/train.coco.json").images:
            assert image.void is None
        before, after = (Shards.read(tmp_path / name / "shards.json") for name in ("before", "out"))
        assert after.digests["train"] == before.digests["train"]
        assert after.digests["val"] != before.digests["val"]

    def test_table_1_counts_what_is_there(self, root, tmp_path):
        index_cityscapes(root, tmp_path)
        table = pd.read_csv(tmp_path / "table_1.csv")
        assert dict(zip(table["split"], table["images"], strict=True)) == {
            "Training": 4,
            "Validation": 2,
            "Test": 1,
            "Total Images": 7,
        }
        assert "| Training" in (tmp_path / "table_1.md").read_text()

    def test_no_root(self, tmp_path, capsys):
        assert index_cityscapes(tmp_path / "nowhere", tmp_path) == 2
        (line,) = errors(capsys)
        assert line.startswith("dataset.root: there is no folder")
        assert "nowhere" in line

    def test_everything_that_is_wrong_is_said_at_once(self, root, tmp_path, capsys):
        names = sorted(root.glob("leftImg8bit/train/*/*.png"))
        truncate(names[0])
        resize(names[1], WIDTH // 2, HEIGHT)
        truncate(instance_ids_path(root, names[2].relative_to(root).as_posix()))
        assert index_cityscapes(root, tmp_path / "out") == 2
        lines = errors(capsys)
        assert len(lines) == 3
        assert lines[0].startswith(f"{names[0]}: truncated")
        assert lines[1].startswith(f"{names[1]}: 32x32 pixels, but its label")
        assert "gtFine" in lines[2]
        assert "truncated" in lines[2]
        assert not (tmp_path / "out").exists()

    def test_missing_pairs(self, root, tmp_path, capsys):
        names = sorted(path.relative_to(root) for path in root.glob("leftImg8bit/*/*/*.png"))
        train = [name for name in names if "train" in name.parts]
        instance_ids_path(root, train[0].as_posix()).unlink()
        (root / train[1]).unlink()
        assert index_cityscapes(root, tmp_path) == 2
        lines = errors(capsys)
        assert len(lines) == 2
        assert f"{root / train[0]}: its label" in lines[0]
        assert "its image is missing" in lines[1]

    def test_an_incomplete_cityscapes_is_not_the_full_one(self, root, tmp_path, capsys):
        assert index_cityscapes(root, tmp_path, full=True) == 2
        lines = errors(capsys)
        assert len(lines) == 3
        assert "4 images, but Cityscapes has 2975" in lines[0]


@pytest.mark.usefixtures("no_processes")
class TestShards:
    def test_an_image_more_changes_one_shard(self, root, tmp_path):
        for number in range(4, 36):
            add_image(root, "train", number)
        index_cityscapes(root, tmp_path / "a", images_per_shard=10)
        before = Shards.read(tmp_path / "a/shards.json")
        new = add_image(root, "train", 36)
        index_cityscapes(root, tmp_path / "b", images_per_shard=10)
        after = Shards.read(tmp_path / "b/shards.json")
        assert len(before.of("train")) == len(after.of("train")) == 4
        changed = after.of("train").keys() - before.of("train").keys()
        assert len(changed) == 1
        assert new in read_shard(tmp_path / "b/shards.json", changed.pop())
        assert before.digests["train"] != after.digests["train"]
        assert before.digests["val"] == after.digests["val"]

    def test_other_pixels_or_labels_give_another_shard(self, root, tmp_path):
        index_cityscapes(root, tmp_path / "a", images_per_shard=100)
        name = add_image(root, "train", 0)
        write_png(root / name, np.zeros((HEIGHT, WIDTH, 3), np.uint8))
        index_cityscapes(root, tmp_path / "b", images_per_shard=100)
        label = instance_ids_path(root, name)
        write_png(label, np.full((HEIGHT, WIDTH), 24000, np.uint16))
        index_cityscapes(root, tmp_path / "c", images_per_shard=100)
        shards = [set(Shards.read(tmp_path / x / "shards.json").of("train")) for x in "abc"]
        assert not shards[0] & shards[1]
        assert not shards[1] & shards[2]

    def test_another_number_per_shard_shares_no_shard(self, root, tmp_path):
        for number in range(4, 20):
            add_image(root, "train", number)
        index_cityscapes(root, tmp_path / "a", images_per_shard=100)
        index_cityscapes(root, tmp_path / "b", images_per_shard=5)
        a, b = (Shards.read(tmp_path / x / "shards.json") for x in "ab")
        assert not a.of("train").keys() & b.of("train").keys()
        assert a.digests == b.digests
        assert sorted(sum(b.of("train").values(), ())) == sorted(sum(a.of("train").values(), ()))


@pytest.fixture
def coco(tmp_path: Path) -> dict:
    """A data set in COCO format whose settings, ready for the index, are returned."""
    folder = tmp_path / "images"
    folder.mkdir()
    image = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    cv2.imwrite(str(folder / "a.jpg"), image)
    mask = np.zeros((10, 20), bool)
    mask[2:8, 3:15] = True
    content = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 60, "height": 40}],
        "categories": [{"id": 3, "name": "pedestrian"}, {"id": 9, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 3, "segmentation": [[5, 5, 20, 5, 20, 30]]},
            {
                "id": 2,
                "image_id": 7,
                "category_id": 3,
                "iscrowd": 1,
                "segmentation": encode_mask(mask, 30, 10, 40, 60),
            },
            {"id": 3, "image_id": 7, "category_id": 9, "segmentation": [[1, 1, 9, 1, 9, 9]]},
        ],
    }
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(content))
    split = {"images": folder, "annotations": file}
    return {
        "kind": "coco",
        "train": split,
        "val": split,
        "classes": ["person", "car"],
        "class_mapping": {"pedestrian": "person"},
        "ignored_classes": ["dog"],
    }


class TestCoco:
    def test_polygons_and_rles_become_masks(self, coco, tmp_path):
        assert index(tmp_path / "out", **coco) == 0
        split = CocoSplit.read(tmp_path / "out/train.coco.json")
        assert split.classes == ("person", "car")
        assert [(i.category_id, i.iscrowd) for i in split.instances] == [(1, 0), (1, 1)]
        crowd = decode_mask(split.instances[1].segmentation)
        assert crowd.shape == (40, 60)
        assert crowd[12:18, 33:45].all()
        assert crowd.sum() == split.instances[1].area == 6 * 12
        assert split.instances[1].bbox == (33, 12, 12, 6)

    def test_tracks_are_taken_over(self, coco, tmp_path):
        file = coco["train"]["annotations"]
        content = json.loads(file.read_text())
        content["annotations"][0]["track_id"] = 31
        content["images"][0]["video_id"] = "ride"
        file.write_text(json.dumps(content))
        assert index(tmp_path / "out", **coco) == 0
        split = CocoSplit.read(tmp_path / "out/train.coco.json")
        assert [one.track for one in split.instances] == ["ride/31", None]

    def test_another_track_gives_another_shard(self, coco, tmp_path):
        """Images of `identity: track` show another face then."""
        file = coco["train"]["annotations"]
        content = json.loads(file.read_text())
        found = []
        for track in (None, 31, 32):
            content["annotations"][0]["track_id"] = track
            file.write_text(json.dumps(content))
            assert index(tmp_path / "out", **coco) == 0
            shards = Shards.read(tmp_path / "out/shards.json")
            found.append((*shards.of("train"), shards.digests["train"]))
        assert len({one for pair in found for one in pair}) == 6

    def test_unknown_class(self, coco, tmp_path, capsys):
        assert index(tmp_path, **{**coco, "ignored_classes": []}) == 2
        (line,) = errors(capsys)
        assert "labels.json: unknown class 'dog'" in line
        assert "dataset.ignored_classes" in line
