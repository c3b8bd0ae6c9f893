"""`method: drop`: frames that are left out, and the control that leaves out as many at random."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plain_commands.errors import UserError
from plain_commands.section import validate

from tests.anonymization.anonymizing import (
    FACE,
    NAMES,
    PLATE,
    SHARDS,
    apply,
    gather,
    labelled,
    make_data,
    write_index,
)
from workflow_scripts.anonymization.variants import Variant
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import (
    images_of_variant,
    read_dropped_instances,
    read_manifest,
)
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.pictures import Picture, picture_of

CAR = labelled("car", np.ones((4, 4), bool))
GROUP = replace(CAR, instance=replace(CAR.instance, iscrowd=1))


def frames(count: int = 60) -> list[Picture]:
    """Every third has a face, 10, 11, … pixels wide; every fifth nothing but a group."""
    made = []
    for number in range(count):
        name = f"{number}.png"
        face = Region(name, Kind.FACE, 1.0, 0, 0, 10 + number // 3, 9)
        regions = [face] if number % 3 == 0 else []
        objects = [GROUP] if number % 5 == 0 else [CAR]
        made.append(picture_of(np.zeros((4, 4, 3), np.uint8), regions, objects, name))
    return made


def dropped(pictures: list[Picture], **settings) -> frozenset[str]:
    return validate(Variant, {"method": "drop", **settings}, "test").dropped(pictures)


def trained(pictures: list[Picture], names: frozenset[str]) -> int:
    """How many of the named frames have an instance that is no group."""
    return sum(one.record.file_name in names and one.objects[0] is CAR for one in pictures)


@pytest.mark.parametrize(("min_width", "first"), [(0, 0), (10, 0), (10.5, 3), (29, 57), (30, 60)])
def test_frames_with_a_region_of_the_least_width_are_dropped(min_width, first):
    expected = {f"{number}.png" for number in range(first, 60, 3)}
    assert dropped(frames(), min_width=min_width) == expected


@pytest.mark.parametrize("min_width", [0, 20, 40])
def test_as_many_are_dropped_at_random_of_those_that_are_trained_and_of_the_others(min_width):
    pictures = frames()
    chosen = dropped(pictures, min_width=min_width)
    for seed in range(20):
        others = dropped(pictures, min_width=min_width, at_random=True, seed=seed)
        assert len(others) == len(chosen)
        assert trained(pictures, others) == trained(pictures, chosen)


def test_what_a_frame_shows_does_not_matter_at_random():
    pictures = frames()
    with_face = dropped(pictures)
    draws = [dropped(pictures, at_random=True, seed=seed) for seed in range(400)]
    assert len(set(draws)) == 400
    # Of 20 of 60 frames, a third have a face: 6.67 with a standard deviation of 1.74 or so.
    mean = np.mean([len(with_face & draw) for draw in draws])
    assert mean == pytest.approx(20 / 3, abs=4 * 1.74 / np.sqrt(400))


def test_the_choice_follows_from_names_and_seed_alone():
    pictures = frames()
    chosen = dropped(pictures, at_random=True)
    assert dropped(pictures[::-1], at_random=True) == chosen
    # A frame without a face more takes the place of one other at most.
    more = picture_of(np.zeros((4, 4, 3), np.uint8), (), [CAR], "more.png")
    assert len(dropped([*pictures, more], at_random=True) - chosen) <= 1


def test_a_seed_without_a_use_is_refused():
    with pytest.raises(UserError, match="seed: it has no effect without at_random"):
        dropped(frames(), seed=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five frames in two shards; three of the first have regions, and each has a car but 4."""
    folder = make_data(tmp_path)

    def cars(images: tuple[CocoImage, ...]) -> CocoSplit:
        instances = tuple(
            replace(CAR.instance, image_id=image.id, category_id=1 + (image.id in (0, 2)))
            for image in images[:4]
        )
        return CocoSplit(("car", "truck", "bus"), images, instances)

    write_index(folder, split_of=cars)
    return folder


def made(data: Path, settings: dict) -> dict[str, bool]:
    """Whether each frame is dropped, after both shards have been made."""
    for shard in SHARDS:
        at_random = settings.get("at_random", False)
        assert apply(data, {"method": "drop", **settings}, shard, every_region=at_random) == 0
    assert gather(data) == 0
    return {one.image: one.dropped for one in read_manifest(data / "images/v/manifest.parquet")}


def test_dropped_frames_have_an_entry_and_no_file(data, capsys):
    assert made(data, {}) == dict(zip(NAMES, (True, False, True, True, False), strict=True))
    folder = data / "images/v"
    entries = {one.image: one for one in read_manifest(folder / "manifest.parquet")}
    first = entries["a/0.png"]
    assert (first.file, first.sha256, first.asked, first.changes) == ("", "", 2, ())
    assert (folder / entries["a/1.png"].file).samefile(data / "in/a/1.png")
    files = {path.name for path in folder.rglob("*") if path.is_file()}
    assert files == {"1.png", "4.png", "manifest.parquet"}
    split = CocoSplit.read(data / "train.coco.json")
    assert [image.id for image in images_of_variant(split.images, folder)] == [1, 4]
    counts = {"car": (1, 2), "truck": (2, 2), "bus": (0, 0)}
    assert read_dropped_instances(folder / "manifest.parquet") == counts
    said = capsys.readouterr().err
    assert "3 of 5 images are dropped" in said
    assert "car: 1 of 2 instances are dropped" in said
    assert "truck: 2 of 2 instances are dropped, leaving none to learn from" in said
    assert "bus" not in said
    assert "show no change" not in said


def test_narrower_regions_stay_in_frames_that_are_kept(data):
    assert FACE.width == PLATE.width == 20
    assert not any(made(data, {"min_width": 20.5}).values())
    assert read_dropped_instances(data / "images/v/manifest.parquet") == {}


def test_as_many_are_dropped_at_random_whatever_the_shards(data, capsys):
    whole = made(data, {"at_random": True})
    assert sum(whole.values()) == 3
    assert not whole["b/4.png"]  # nothing is labelled in it, and neither in a dropped one
    (data / "shards.json").write_text(
        json.dumps({"images_per_shard": 5, "digests": {}, "shards": dict.fromkeys(SHARDS, NAMES)})
    )
    assert apply(data, {"method": "drop", "at_random": True}, every_region=True) == 0
    manifest = data / "images/v/000-aaaaaaaa/manifest.parquet"
    assert {one.image: one.dropped for one in read_manifest(manifest)} == whole
    capsys.readouterr()
    assert apply(data, {"method": "drop", "at_random": True}) == 2
    assert "--regions: 1 file; this method needs 2" in capsys.readouterr().err
    assert apply(data, {"method": "drop"}, every_region=True) == 2
    assert "--regions: 2 files; this method needs 1" in capsys.readouterr().err


def test_nothing_left_is_one_line(data, capsys):
    split = CocoSplit.read(data / "train.coco.json")
    only_dropped = tuple(one for one in split.instances if one.image_id != 1)
    replace(split, instances=only_dropped).write(data / "train.coco.json")
    for shard in SHARDS:
        assert apply(data, {"method": "drop"}, shard) == 0
    assert gather(data) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.endswith(
        "3 of 5 images are dropped, and no instance is left; raise the variant's min_width"
    )
    assert not (data / "images/v/manifest.parquet").exists()
