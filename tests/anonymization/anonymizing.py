"""A few images in two shards, and the commands that anonymize them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from plain_commands.files import sha256_of_file

from tests.commands import anonymization as main
from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance, LabelledObject
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Kind, Region, with_ids, write_regions
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.imaging.pictures import Picture

WIDTH, HEIGHT = 80, 60
NAMES = ("a/0.png", "a/1.png", "b/2.jpg", "b/3.jpg", "b/4.png")
SHARDS = {"000-aaaaaaaa": NAMES[:4], "001-bbbbbbbb": NAMES[4:]}
FACE, PLATE = with_ids(
    [
        Region(NAMES[0], Kind.FACE, 0.9, 20, 20, 40, 40),
        Region(NAMES[0], Kind.LICENSE_PLATE, 0.9, 50, 20, 70, 40),
    ]
)


class Treated(NamedTuple):
    """What a method returns."""

    image: np.ndarray
    changes: list[Change]


def treated(method: Method, picture: Picture, rng: int = 0) -> Treated:
    """A picture, anonymized."""
    return Treated(*method.anonymize(picture, np.random.default_rng(rng)))


def make_data(folder: Path) -> Path:
    """Five images in two shards; faces on 0, 2 and (outside of the frame) 3, a plate on 0."""
    for number, name in enumerate(NAMES):
        image = np.random.default_rng(number).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        write_png(folder / "in" / name, image)
        if name.endswith("jpg"):
            cv2.imwrite(str(folder / "in" / name), image)
    write_index(folder)
    others = [
        replace(FACE, image=NAMES[2]),
        replace(FACE, image=NAMES[3], y0=-90, y1=-70),  # outside of the frame
    ]
    write_regions(
        folder / "000-aaaaaaaa.parquet",
        [FACE, PLATE, *with_ids(others)],
    )
    write_regions(folder / "001-bbbbbbbb.parquet", [])
    return folder


def labelled(class_name: str, mask: np.ndarray) -> LabelledObject:
    """An object whose mask is (height, width) bool."""
    box = tuple(map(float, cv2.boundingRect(mask.astype(np.uint8))))
    rle = encode_mask(mask, 0, 0, *mask.shape)
    return LabelledObject(class_name, Instance(1, 1, 1, box, int(mask.sum()), rle))


def unlabelled(images: tuple[CocoImage, ...]) -> CocoSplit:
    """A split in which nothing is labelled."""
    return CocoSplit(("person",), images, ())


def size_of(path: Path) -> tuple[int, int]:
    """Width and height."""
    height, width = read_image(path).shape[:2]
    return width, height


def write_index(
    folder: Path,
    names: Sequence[str] = NAMES,
    shards: Mapping[str, Sequence[str]] = SHARDS,
    split_of: Callable[[tuple[CocoImage, ...]], CocoSplit] = unlabelled,
) -> None:
    """The index of the images in `in`."""
    images = tuple(
        CocoImage(n, name, *size_of(folder / "in" / name), sha256_of_file(folder / "in" / name))
        for n, name in enumerate(names)
    )
    split_of(images).write(folder / "train.coco.json")
    content = {"images_per_shard": 4, "digests": {}, "shards": shards}
    (folder / "shards.json").write_text(json.dumps(content))


def run(action: str, **arguments) -> int:
    """Run an action with these options; returns its exit code."""
    given = [(f"--{key}", value) for key, value in arguments.items()]
    flat = [part for key, value in given for part in (key, *np.atleast_1d(value))]
    return main([action, *map(str, flat)])


def apply(
    folder: Path,
    settings: dict,
    shard: str = "000-aaaaaaaa",
    threads: int = 2,
    *,
    every_region: bool = False,
) -> int:
    """Make the images of a shard, told of its regions or of those of all shards."""
    told = SHARDS if every_region else (shard,)
    return run(
        "apply",
        settings=json.dumps(settings),
        variant="v",
        regions=[folder / f"{one}.parquet" for one in told],
        annotations=folder / "train.coco.json",
        images=folder / "in",
        shards=folder / "shards.json",
        shard=shard,
        output=folder / "images/v" / shard,
        threads=threads,
    )


def lines(capsys: pytest.CaptureFixture[str], data: Path) -> list[str]:
    """What the command said, without its label; {data} stands for the folder of the test."""
    said = capsys.readouterr().err.replace(str(data), "{data}")
    return [line.partition("] ")[2].removeprefix("error: ") for line in said.splitlines()]


def gather(folder: Path, *shards: str) -> int:
    """Merge the manifests of shards."""
    return run(
        "gather",
        folders=[folder / "images/v" / shard for shard in shards or SHARDS],
        annotations=folder / "train.coco.json",
        output=folder / "images/v/manifest.parquet",
    )
