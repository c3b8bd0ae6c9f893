"""`python -m benchmarks.training`: our loop beside detectron2's own on one recipe and device."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml
from cluster_jobs.gpus import visible_gpus
from drawn_streets import SceneSettings, write_data_set

from workflow_scripts.dataset.cityscapes_reader import find_images, read_cityscapes
from workflow_scripts.dataset.reader import worker_pool
from workflow_scripts.training.engines.detectron2 import Detectron2Training
from workflow_scripts.training.engines.detectron2.installation import is_installed

DEMO = Path(__file__).parent.parent / "profiles" / "demo" / "detectron2.yaml"
WARM_UP = 3
FRAMES = {"train": 8, "val": 1}


def settings_of(device: str, *, mixed: bool) -> Detectron2Training:
    """The whitepaper's recipe on a GPU, the demo's small model on a CPU; a few steps of it."""
    steps = {"SOLVER.MAX_ITER": 40 if device == "gpu" else 10, "SOLVER.STEPS": []}
    if device == "gpu":
        return Detectron2Training(
            engine="detectron2", initialisation="none", options=steps, mixed_precision=mixed
        )
    demo = yaml.safe_load(DEMO.read_text())["training"]
    return Detectron2Training(**{**demo, "options": {**demo["options"], **steps}})


def benchmark() -> pd.DataFrame:
    """Train a few steps of 4 drawn frames with each loop, each in a process of its own.

    Returns:
        A row for each precision, and one for the data path: what, ours_s and alternative_s
        (seconds an image), ratio, note with peak memory. Without detectron2, a row with the reason.
    """
    if not is_installed():
        what = "training with detectron2, against its DefaultTrainer"
        return pd.DataFrame([{"what": what, "note": "skipped: detectron2 is not installed"}])
    device = "gpu" if visible_gpus() else "cpu"
    width = 2048 if device == "gpu" else 256
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for mixed in (False, True) if device == "gpu" else (False,):
            folder = Path(temporary) / f"train_{width}"
            _draw(folder, width)
            settings = settings_of(device, mixed=mixed).model_dump_json()
            ours, stock = (_measured(side, folder, settings) for side in ("ours", "stock"))
            precision = "half" if mixed else "full"
            rows.append(_row(f"train on {width} px, {device}, {precision} precision", ours, stock))
        folder = Path(temporary) / "data"
        _draw(folder, 2048)
        settings = settings_of("gpu", mixed=False).model_dump_json()
        ours, stock = (_measured(f"{side} data", folder, settings) for side in ("ours", "stock"))
        rows.append(_row("prepare a 2048x1024 frame for training, one core", ours, stock))
    return pd.DataFrame(rows)


def _draw(folder: Path, width: int) -> None:
    if folder.is_dir():
        return
    write_data_set(folder, SceneSettings(seed=0, width=width, height=width // 2), FRAMES, workers=2)
    names = find_images(folder, full=False)["train"]
    with worker_pool(2) as pool:
        read_cityscapes(folder, "train", names, pool).write(folder / "train.coco.json")


def _measured(side: str, folder: Path, settings: str) -> dict[str, float]:
    """Run one side in a process of its own, and return what it printed."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.training_sides"]
    result = subprocess.run(
        [*command, *side.split(), str(folder), settings], stdout=subprocess.PIPE, check=True
    )
    return json.loads(result.stdout.splitlines()[-1])


def _row(what: str, ours: dict[str, float], stock: dict[str, float]) -> dict:
    return {
        "what": f"{what}, against detectron2's own",
        "ours_s": ours["seconds"],
        "alternative_s": stock["seconds"],
        "ratio": ours["seconds"] / stock["seconds"],
        "note": f"{1 / ours['seconds']:.1f} and {1 / stock['seconds']:.1f} img/s; "
        f"peak {ours['mib']:.0f} and {stock['mib']:.0f} MiB"
        + "".join(
            f"; {stage} {1000 * ours[stage]:.0f} and {1000 * stock[stage]:.0f} ms"
            for stage in ("decoding", "resizing", "masks")
            if stage in ours
        ),
    }


if __name__ == "__main__":
    print(benchmark().to_markdown(index=False, floatfmt=".3f"))
