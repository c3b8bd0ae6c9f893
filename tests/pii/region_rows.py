"""A user's list of regions, and what the commands say about it and find in it."""

import json
import unicodedata
from pathlib import Path

from plain_commands.files import sha256_of

from tests.commands import pii as main
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.regions import Region, read_regions

WIDTH, HEIGHT = 640, 480
KOELN = unicodedata.normalize("NFD", "Köln.png")
TRAIN = ("a.png", "b.png", KOELN, "sub/c.png", "cam1/1.png", "cam2/1.png", "same.png", "both.png")
VAL = ("v.png", "same.png", "both.png")
HEADER = "image,kind,x0,y0,x1,y1"
BOX = "face,160,18,174,30"
ROW = {"image": "a.png", "kind": "face", "x0": 160, "y0": 18, "x1": 174, "y1": 30}
POINTS = [[162, 20], [170, 20], [166, 24], [163, 28], [169, 28]]
FINITE = "Input should be a finite number (found "
NUMBER = "Input should be a valid number, unable to parse string as a number (found "
MISSING = "missing; this key has no default"
OUTSIDE = "is outside the image, 640x480"


def write_index(folder: Path) -> None:
    """An index of both splits; `same.png` is another image in each, `both.png` is one image."""
    for split, names in (("train", TRAIN), ("val", VAL)):
        images = tuple(
            CocoImage(
                n, name, WIDTH, HEIGHT, sha256_of(name if name == "both.png" else name + split)
            )
            for n, name in enumerate(names)
        )
        CocoSplit(("person",), images, ()).write(folder / f"{split}.coco.json")
    shards = {"000-train": TRAIN, "000-val": VAL}
    content = {"images_per_shard": 9, "digests": {}, "shards": shards}
    (folder / "shards.json").write_text(json.dumps(content))


def settings(file: Path) -> str:
    faces = {"detector": "annotations", "file": str(file)}
    return json.dumps({"faces": faces, "license_plates": None, "only_on_labelled": False})


def checked(data: Path, file: Path, capsys) -> list[str]:
    """The lines of `pii check` but those that each call has; {file} stands for the file."""
    arguments = ["--settings", settings(file), "--images", str(data / "images")]
    code = main(["check", *arguments, "--annotations", str(data / "train.coco.json")])
    said = capsys.readouterr().err.replace(str(file), "{file}").replace(str(data), "{data}")
    lines = [line.removeprefix("[pii check] ") for line in said.splitlines()]
    assert code == (2 if any(line.startswith("error:") for line in lines) else 0)
    usual = ("pii.license_plates is null", "faces can be")
    return [line.removeprefix("error: ") for line in lines if not line.startswith(usual)]


def found(data: Path, file: Path, split: str = "train") -> list[Region]:
    """The faces that `pii detect` finds."""
    arguments = ["--settings", settings(file), "--images", str(data / "images")]
    arguments += ["--annotations", str(data / f"{split}.coco.json"), "--shard", f"000-{split}"]
    arguments += ["--shards", str(data / "shards.json"), "--output", str(data / "o.parquet")]
    assert main(["detect", *arguments]) == 0
    return read_regions(data / "o.parquet")


def csv(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows])


def entries(**changes: object) -> str:
    return json.dumps([ROW, ROW | {"image": "b.png"} | changes])


def names(*images: str) -> str:
    return csv(*(f"{image},{BOX}" for image in images))
