"""Drawn frames, the input of all speed benchmarks."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from drawn_streets import SceneSettings, write_data_set

from workflow_scripts.common.gpus import usable_cores
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.dataset.cityscapes_reader import find_images, read_cityscapes
from workflow_scripts.dataset.indexed_split import IndexedSplit

WIDTH, HEIGHT = 2048, 1024
"""Size of Cityscapes' frames, pixels."""


def draw_frames(folder: Path, *, train: int, val: int = 1, width: int = WIDTH) -> None:
    """Draw a data set of frames twice as wide as high, with all cores."""
    settings = SceneSettings(seed=5, width=width, height=width // 2)
    write_data_set(folder, settings, {"train": train, "val": val}, workers=usable_cores())


def index_frames(folder: Path, split: str) -> CocoSplit:
    """Index a drawn split in this process, and write it to {split}.coco.json."""
    names = find_images(folder, full=False)
    found = IndexedSplit(CLASSES, folder)
    with ThreadPoolExecutor(1) as pool:
        read_cityscapes(folder, names, split, found, pool)
    found.write(folder / f"{split}.coco.json", found.notes.sentences())
    return CocoSplit.read(folder / f"{split}.coco.json")


def main(folder: str, train: str, val: str, width: str) -> None:
    """Draw and index frames."""
    draw_frames(Path(folder), train=int(train), val=int(val), width=int(width))
    for split in ("train", "val"):
        index_frames(Path(folder), split)


if __name__ == "__main__":
    main(*sys.argv[1:])
