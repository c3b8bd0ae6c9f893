"""A small folder in the Cityscapes layout: coloured rectangles with exact labels."""

import json
from pathlib import Path

import cv2
import numpy as np

from workflow_scripts.contracts.cityscapes import LABEL_IDS, instance_ids_path, polygons_path
from workflow_scripts.imaging.images import write_png

WIDTH, HEIGHT = 64, 32


def make_cityscapes(root: Path, *, train: int = 4, val: int = 2, test: int = 1) -> Path:
    """Write `train`, `val` and `test` images of 64x32 pixels with their labels below `root`."""
    for split, count in {"train": train, "val": val, "test": test}.items():
        for number in range(count):
            add_image(root, split, number)
    return root


def add_image(root: Path, split: str, number: int) -> str:
    """Write one image: a car, a person and a group of cars. Returns its file name."""
    rng = np.random.default_rng([number, len(split)])
    image = rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    ids = np.full((HEIGHT, WIDTH), 7, np.uint16)
    x = int(rng.integers(0, 30))
    ids[8:24, x : x + 20] = LABEL_IDS["car"] * 1000
    ids[10:30, x + 15 : x + 22] = LABEL_IDS["person"] * 1000
    ids[0:4, 50:60] = LABEL_IDS["car"]
    city = f"city{number % 2}"
    name = f"leftImg8bit/{split}/{city}/{city}_{number:06d}_000019_leftImg8bit.png"
    write_png(root / name, image)
    write_png(instance_ids_path(root, name), ids)
    plate = [[x + 2, 18], [x + 10, 18], [x + 10, 22], [x + 2, 22]]
    polygons = {
        "imgHeight": HEIGHT,
        "imgWidth": WIDTH,
        "objects": [{"label": "license plate", "polygon": plate}],
    }
    polygons_path(root, name).write_text(json.dumps(polygons))
    return name


def truncate(path: Path) -> None:
    """Cut a file off in the middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def resize(path: Path, width: int, height: int) -> None:
    """Give an image another size."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(path), cv2.resize(image, (width, height), interpolation=cv2.INTER_NEAREST))
