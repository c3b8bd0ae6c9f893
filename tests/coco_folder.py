"""A small data set in COCO format, to be broken by tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.commands import index
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.imaging.images import write_png

WIDTH, HEIGHT = 96, 64
SQUARE = [10, 20, 40, 20, 40, 50, 10, 50]
"""Polygon of the cars."""


class CocoFolder:
    """Two splits in COCO format, each with two images of a car and a person."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "out"
        self.settings: dict[str, Any] = {"kind": "coco", "classes": ["car", "person"]}
        for split in ("train", "val"):
            images, file = folder / f"{split}_images", folder / f"{split}.json"
            self.settings[split] = {"images": str(images), "annotations": str(file)}
            images.mkdir()
            for number, name in enumerate(("a.png", "b.png")):
                write_png(images / name, noise([len(split), number]))
            file.write_text(json.dumps(content_of(["a.png", "b.png"])), encoding="utf-8")
        self.file, self.images = folder / "train.json", folder / "train_images"

    def write(self, content: Any) -> None:
        """Write the annotation file of the training split."""
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def index(self) -> int:
        text = json.dumps(self.settings)
        return index(["--settings", text, "--output", str(self.output), "--workers", "1"])

    def split(self, name: str = "train") -> CocoSplit:
        return CocoSplit.read(self.output / f"{name}.coco.json")


def noise(seed: list[int], width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def content_of(names: list[str]) -> dict[str, Any]:
    images, annotations = [], []
    for number, name in enumerate(names, start=1):
        images.append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT})
        for category, polygon in ((1, SQUARE), (2, [55, 15, 80, 15, 80, 55, 55, 55])):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": category,
                    "segmentation": [polygon],
                    "iscrowd": 0,
                }
            )
    categories = [{"id": 1, "name": "car"}, {"id": 2, "name": "person"}]
    return {"categories": categories, "images": images, "annotations": annotations}


def write_coco(folder: Path, split: str, images: int) -> None:
    """A small data set in COCO format: a person and a car in each image."""
    (folder / split).mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 255, (images, 128, 256, 3), np.uint8)
    content = {
        "images": [],
        "annotations": [],
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "car"}],
    }
    for number in range(1, images + 1):
        name = f"{split}_{number}.png"
        write_png(folder / split / name, pixels[number - 1])
        size = {"width": 256, "height": 128}
        content["images"].append({"id": number, "file_name": name, **size})
        for category, x in (1, 20), (2, 120):
            content["annotations"].append(
                {
                    "id": len(content["annotations"]) + 1,
                    "image_id": number,
                    "category_id": category,
                    "bbox": [x, 20, 60, 80],
                    "area": 4800,
                    "iscrowd": 0,
                    "segmentation": [[x, 20, x + 60, 20, x + 60, 100, x, 100]],
                }
            )
    (folder / f"{split}.json").write_text(json.dumps(content))
