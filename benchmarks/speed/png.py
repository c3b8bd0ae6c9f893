"""Reading and writing of PNG files, compared with OpenCV's own functions."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2

from benchmarks.comparison import Comparison, comparison, interleaved
from benchmarks.frames import draw_frames
from workflow_scripts.imaging.images import read_image, write_png

FRAMES, ROUNDS = 8, 3


def comparisons() -> Iterator[Comparison]:
    """Drawn frames of 2048x1024, one thread."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw_frames(folder, train=FRAMES)
        paths = sorted((folder / "leftImg8bit/train").rglob("*.png"))
        images = [read_image(path) for path in paths]
        own, other = folder / "own.png", folder / "other.png"
        sizes = {own: 0, other: 0}

        def write() -> None:
            for image in images:
                write_png(own, image)
                sizes[own] += own.stat().st_size

        def write_with_opencv() -> None:
            for image in images:
                cv2.imwrite(str(other), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
                sizes[other] += other.stat().st_size

        works = {
            "read": lambda: list(map(read_image, paths)),
            "imread": partial(_read_with_opencv, paths),
            "write": write,
            "imwrite": write_with_opencv,
        }
        times = interleaved(works, ROUNDS)
    yield comparison(
        "read PNG",
        "decode a 2048x1024 frame to RGB",
        times["read"],
        peer=("cv2.imread", times["imread"]),
        units=FRAMES,
    )
    yield comparison(
        "write PNG",
        "encode 2048x1024 RGB pixels to a file",
        times["write"],
        peer=("cv2.imwrite", times["imwrite"]),
        units=FRAMES,
        note=f"file size relative to the peer's: {sizes[own] / sizes[other]:.2f}",
    )


def _read_with_opencv(paths: list[Path]) -> None:
    for path in paths:
        cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
