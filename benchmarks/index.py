"""`python -m benchmarks.index`: indexing Cityscapes beside decoding its files alone."""

import os
import tempfile
import time
from pathlib import Path

import pandas as pd
from drawn_streets import SceneSettings, write_data_set

from workflow_scripts.contracts.cityscapes import instance_ids_path
from workflow_scripts.dataset.cityscapes_reader import find_images, read_cityscapes
from workflow_scripts.dataset.reader import worker_pool
from workflow_scripts.imaging.images import decode_ids, read_image

IMAGES = 24
ROUNDS = 3


def benchmark() -> pd.DataFrame:
    """Index 24 drawn frames of 2048x1024 with all CPUs, and decode the same files with as many.

    Returns:
        One row: what, ours_s and alternative_s (seconds for all frames, the fastest of
        three interleaved rounds), ratio, note.
    """
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        scenes = SceneSettings(seed=0, width=2048, height=1024)
        write_data_set(root, scenes, {"train": IMAGES, "val": 1}, workers=workers)
        names = find_images(root, full=False)["train"]
        paths = [root / name for name in names]
        labels = [instance_ids_path(root, name) for name in names]
        times = []
        with worker_pool(workers) as pool:
            list(pool.map(_decode, paths, labels))  # processes and file cache are warm from here
            for _ in range(ROUNDS):
                start = time.perf_counter()
                split = read_cityscapes(root, "train", names, pool)
                between = time.perf_counter()
                list(pool.map(_decode, paths, labels))
                times.append((between - start, time.perf_counter() - between))
        ours, alternative = (min(column) for column in zip(*times, strict=True))
    return pd.DataFrame(
        [
            {
                "what": "index 2048x1024 frames with exact masks, against decoding alone",
                "ours_s": ours,
                "alternative_s": alternative,
                "ratio": ours / alternative,
                "note": f"{IMAGES / ours:.1f} images/s, {len(split.instances)} instances, "
                f"{workers} processes",
            }
        ]
    )


def _decode(image: Path, label: Path) -> None:
    read_image(image)
    decode_ids(label.read_bytes(), label)


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False, floatfmt=".3f"))
