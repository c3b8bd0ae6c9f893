"""Indexing of Cityscapes, compared with decoding its files."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.comparison import Comparison, comparison, interleaved
from benchmarks.frames import draw_frames, index_frames
from workflow_scripts.contracts.cityscapes import instance_ids_path
from workflow_scripts.imaging.images import decode_ids, read_image

FRAMES, ROUNDS = 12, 3


def comparisons() -> Iterator[Comparison]:
    """Frames of 2048x1024 with exact masks."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw_frames(folder, train=FRAMES)
        split = index_frames(folder, "train")
        names = [image.file_name for image in split.images]

        def decode() -> None:
            for name in names:
                label = instance_ids_path(folder, name)
                read_image(folder / name)
                decode_ids(label.read_bytes(), label)

        works = {"index": lambda: index_frames(folder, "train"), "decode": decode}
        times = interleaved(works, ROUNDS)
    yield comparison(
        "index",
        "index 2048x1024 frames with exact masks",
        times["index"],
        limit=("decoding image and labels", times["decode"]),
        units=FRAMES,
        note=f"{len(split.instances)} instances in {FRAMES} frames",
    )
