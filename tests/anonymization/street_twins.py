"""Streets and their anonymized images from elsewhere, and the command that takes these over."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from drawn_streets import SceneSettings, draw_scene

from tests.anonymization.anonymizing import apply, write_index
from workflow_scripts.contracts.regions import Kind, Region, with_ids, write_regions
from workflow_scripts.imaging.images import write_png

WIDTH, HEIGHT = 256, 128
NAMES = ("town/a.png", "town/b.png", "town/c.png")
SHARD = "000-aaaaaaaa"
FACE = Region(NAMES[0], Kind.FACE, 0.9, 100, 40, 116, 60)


def scene(number: int) -> np.ndarray:
    """A drawn street, with the grain that a camera adds."""
    drawn = draw_scene(SceneSettings(seed=number, width=WIDTH, height=HEIGHT), "train", 1).image
    grain = np.random.default_rng(number).normal(0, 4, drawn.shape)
    return np.clip(drawn + grain, 0, 255).astype(np.uint8)


def hidden(image: np.ndarray) -> np.ndarray:
    """The image with a black face."""
    image = image.copy()
    image[40:60, 100:116] = 0
    return image


def write_twins(folder: Path, scenes: Sequence[np.ndarray]) -> None:
    """Three streets, a face on the first, and a folder of images in which it is black."""
    for name, image in zip(NAMES, scenes, strict=True):
        write_png(folder / "in" / name, image)
        write_png(folder / "theirs" / name, hidden(image) if name == NAMES[0] else image)
    write_index(folder, NAMES, {SHARD: NAMES})
    write_regions(folder / f"{SHARD}.parquet", with_ids([FACE]))


def take_over(data: Path, **settings: object) -> int:
    """Take the images over."""
    return apply(data, {"method": "precomputed", "folder": str(data / "theirs")} | settings)


def lines_of(error: str, label: str = "error: ") -> list[str]:
    """The messages, without line breaks and what stands before them."""
    return [line.partition(label)[2] for line in error.splitlines() if label in line]
