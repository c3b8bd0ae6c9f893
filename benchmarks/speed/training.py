"""This project's training loop, compared with detectron2's own on a CPU; for GPUs see gpu.sh."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plain_commands.files import read_json

from benchmarks.comparison import Comparison, LeftOut, comparison
from benchmarks.frames import draw_frames, index_frames
from benchmarks.recipes import full_recipe, small_recipe
from workflow_scripts.training.engines.detectron2.installation import is_installed

ROUNDS = 2
SECONDS = 15.0
"""CPU seconds of each measurement."""
LONG = 100_000
"""Number of iterations of a training run that is stopped by the time limit."""


def comparisons() -> Iterator[Comparison | LeftOut]:
    """Training of the demo's model, and reading of frames of 2048x1024."""
    if not is_installed():
        yield LeftOut("training compared with DefaultTrainer", "detectron2 is not installed")
        return
    with tempfile.TemporaryDirectory() as temporary:
        for name, work, width, recipe, peer in (
            (
                "training",
                "train the demo's model at 256x128, one thread",
                256,
                small_recipe("detectron2", LONG),
                ("stock", "detectron2's DefaultTrainer"),
            ),
            (
                "prediction",
                "find instances at 256x128, from file to COCO results, one thread",
                256,
                small_recipe("detectron2", LONG),
                ("predict_stock", "detectron2's DefaultPredictor"),
            ),
            (
                "reading for training",
                "decode, resize and mirror a 2048x1024 frame and its masks",
                2048,
                full_recipe("detectron2", LONG),
                ("data_stock", "detectron2's DatasetMapper"),
            ),
        ):
            folder = Path(temporary) / str(width)
            _draw(folder, width)
            other, title = peer
            own = other.replace("stock", "ours")
            rounds = [
                (_measured(own, folder, recipe), _measured(other, folder, recipe))
                for _ in range(ROUNDS)
            ]
            ours, theirs = zip(*rounds, strict=True)
            decoded = tuple(1 / one["decoded_per_s"] for one in ours if "decoded_per_s" in one)
            yield comparison(
                name,
                work,
                tuple(1 / one["images_per_s"] for one in ours),
                peer=(title, tuple(1 / one["images_per_s"] for one in theirs)),
                limit=("decoding", decoded) if decoded else None,
                unit="image",
                note=_memory(ours[0], theirs[0]),
            )


def _draw(folder: Path, width: int) -> None:
    if not folder.exists():
        draw_frames(folder, train=8, val=4, width=width)
        for split in ("train", "val"):
            index_frames(folder, split)


def _measured(work: str, folder: Path, recipe: dict[str, Any]) -> dict[str, Any]:
    """Numbers of a measurement in a process of its own, without a GPU."""
    output = folder / "measured.json"
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.measured_training", work]
    subprocess.run(
        [*command, str(folder), json.dumps(recipe), str(SECONDS), str(output)],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return read_json(output)


def _memory(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    if "rss_mib" not in ours:
        return ""
    return f"peak memory {ours['rss_mib']:.0f} and {theirs['rss_mib']:.0f} MiB"
