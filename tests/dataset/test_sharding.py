"""Shards: their ids stand for everything about their images that results depend on."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from tests.coco_folder import HEIGHT, WIDTH, noise
from tests.dataset.ground_truth import write_turned
from workflow_scripts.contracts.coco import CocoImage, Instance
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.dataset.indexed_split import IndexedSplit, ReadImage
from workflow_scripts.dataset.sharding import make_shards
from workflow_scripts.imaging.masks import encode_mask

MASK, OTHER_MASK = (encode_mask(np.ones((2, width), bool), 0, 0, HEIGHT, WIDTH) for width in (3, 4))
IMAGE = CocoImage(0, "a.png", WIDTH, HEIGHT, "1" * 64)
INSTANCE = Instance(0, 0, 1, (0, 0, 3, 2), 6, MASK)
OTHER_FACTS = {
    CocoImage: {"file_name": "b.png", "sha256": "2" * 64, "void": MASK, "upright": True},
    Instance: {"category_id": 2, "segmentation": OTHER_MASK, "iscrowd": 1, "track": "31"},
}
"""Another value of each field that results depend on."""
DERIVED = {CocoImage: {"id", "width", "height"}, Instance: {"id", "image_id", "bbox", "area"}}
"""Fields that follow from the others, or from the order in the split."""


def shards_of(folder: Path, image: CocoImage, instance: Instance) -> Shards:
    split, empty = (IndexedSplit(("car", "person"), folder) for _ in range(2))
    split.add(ReadImage(image, (instance,)))
    return make_shards(split, empty, 1)


@pytest.mark.parametrize("kind", OTHER_FACTS)
def test_every_field_is_considered(kind):
    assert {field.name for field in fields(kind)} == {*OTHER_FACTS[kind]} | DERIVED[kind]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, facts in OTHER_FACTS.items() for name in facts]
)
def test_another_fact_gives_another_shard(tmp_path, kind, name):
    changed = [
        replace(one, **{name: OTHER_FACTS[kind][name]}) if isinstance(one, kind) else one
        for one in (IMAGE, INSTANCE)
    ]
    before, after = shards_of(tmp_path, IMAGE, INSTANCE), shards_of(tmp_path, *changed)
    assert not before.of("train").keys() & after.of("train").keys()
    assert before.digests["train"] != after.digests["train"]


def test_an_image_that_another_one_turns_gets_another_shard(data):
    """The size of b.png tells that the labels are of turned images, so a.png is turned, too."""
    data.settings["images_per_shard"] = 1
    write_turned(data.images / "a.png", noise([1, 0]), 3)
    found = []
    for width, height, orientation in ((WIDTH, HEIGHT, 1), (HEIGHT, WIDTH, 6)):
        write_turned(data.images / "b.png", noise([1, 1], width, height), orientation)
        assert data.index() == 0
        shards = Shards.read(data.output / "shards.json").of("train")
        found.append({name: shard for shard, names in shards.items() for name in names})
    assert len({*found[0].values()}) == 2
    assert found[0]["a.png"] != found[1]["a.png"]
