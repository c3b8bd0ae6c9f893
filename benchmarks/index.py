"""`python -m benchmarks.index`: indexing Cityscapes beside decoding its files alone."""

import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from workflow_scripts.cityscapes import instance_ids_path
from workflow_scripts.dataset.cityscapes_reader import find_images, read_cityscapes
from workflow_scripts.dataset.reader import worker_pool
from workflow_scripts.images import decode_ids, read_image
from workflow_scripts.synthetic.writer import SceneSettings, write_data_set

IMAGES = 24


def benchmark() -> pd.DataFrame:
    """Index 24 drawn frames of 2048x1024 with all CPUs, and decode the same files with as many.

    Returns:
        One row: what, ours_s and alternative_s (seconds for all frames), ratio, note.
    """
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        scenes = SceneSettings(seed=0, width=2048, height=1024)
        write_data_set(root, scenes, {"train": IMAGES, "val": 1}, workers)
        names = find_images(root, full=False)["train"]
        with worker_pool(workers) as pool:
            list(pool.map(len, [[]] * workers))  # the start of the processes is not measured
            start = time.perf_counter()
            split = read_cityscapes(root, "train", names, pool)
            ours = time.perf_counter() - start
        paths = [root / name for name in names]
        labels = [instance_ids_path(root, name) for name in names]
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            list(pool.map(len, [[]] * workers))
            start = time.perf_counter()
            list(pool.map(_decode, paths, labels))
            alternative = time.perf_counter() - start
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
