"""How fast a variant is made, against decoding and encoding the same images alone."""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from plain_commands.files import sha256_of_file

from workflow_scripts.anonymization.apply import ShardFolder, anonymize_images
from workflow_scripts.anonymization.methods.blur import Blur
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import pictures_of

IMAGES = 24
WIDTH, HEIGHT = 2048, 1024
ROUNDS = 3


def benchmark(threads: int = 1) -> pd.DataFrame:
    """Blur two regions in each of 24 frames of the size of Cityscapes.

    Returns:
        One row: what, ours_s and alternative_s (seconds for all frames, the fastest of three
        interleaved rounds), ratio (ours to alternative), note.
    """
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        images = [_write_image(folder / "in", number) for number in range(IMAGES)]
        regions = [region for image in images for region in _regions(image.file_name)]
        split = CocoSplit((), tuple(images), ())
        pictures = pictures_of(split, folder / "in", regions)
        shard = ShardFolder(folder / "out", "shard")

        def anonymize() -> None:
            list(anonymize_images(Blur(), pictures, shard, threads))

        def recode() -> None:
            def one(image: CocoImage) -> None:
                write_png(
                    folder / "recoded" / image.file_name,
                    read_image(folder / "in" / image.file_name),
                )

            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(one, images))

        times = np.array([(_seconds(anonymize), _seconds(recode)) for _ in range(ROUNDS)])
    ours, alternative = times.min(axis=0)
    note = f"{IMAGES / ours:.1f} and {IMAGES / alternative:.1f} images/s, {threads} thread(s)"
    return pd.DataFrame(
        [
            {
                "what": "blur 2 regions in a 2048x1024 PNG, against decode and encode alone",
                "ours_s": ours,
                "alternative_s": alternative,
                "ratio": ours / alternative,
                "note": note,
            }
        ]
    )


def _write_image(folder: Path, number: int) -> CocoImage:
    """A frame that compresses like a photograph: shapes, shading and sensor noise."""
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 256, (16, 32, 3), np.uint8)
    image = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for _ in range(200):
        corner = rng.integers(0, (WIDTH, HEIGHT))
        size = rng.integers(8, 160, 2)
        colour = rng.integers(0, 256, 3).tolist()
        cv2.rectangle(image, corner.tolist(), (corner + size).tolist(), colour, -1)
    noise = rng.normal(0, 1.5, image.shape)
    image = np.clip(image + noise, 0, 255).astype(np.uint8)
    name = f"{number}.png"
    write_png(folder / name, image)
    return CocoImage(number, name, WIDTH, HEIGHT, sha256_of_file(folder / name))


def _regions(name: str) -> list[Region]:
    return [
        Region(name, Kind.FACE, 1, 600, 400, 640, 450),
        Region(name, Kind.LICENSE_PLATE, 1, 1200, 600, 1290, 625),
    ]


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    print(benchmark().to_string(index=False))
