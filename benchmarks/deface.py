"""`python -m benchmarks.deface`: anonymizing the same frames on one core, beside `deface`.

Both by their command lines, start of the program included. `deface` (MIT) finds faces with the
same network, and no license plates; it is installed as its users do, in a folder of its own.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import pandas as pd
from plain_commands.files import link_or_copy, read_json

from workflow_scripts.anonymization.apply import ShardFolder, anonymize_images
from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.blur import Blur
from workflow_scripts.anonymization.methods.natural import Natural
from workflow_scripts.config.jobs import settings_json
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import Picture, pictures_of
from workflow_scripts.pii.settings import Pii

IMAGES = 24
WIDTH, HEIGHT = 2048, 1024
ROUNDS = 2
VERSION = "1.5.0"
EXTRAS = ("onnx", "onnxruntime")
BACKENDS = {"opencv": "as pip installs it", "onnxrt": "with onnxruntime"}
"""What `deface` detects with: OpenCV, unless `EXTRAS` are installed beside it."""
INSTALL_LIMIT, RUN_LIMIT = 300, 600
"""Seconds."""
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}


def benchmark() -> pd.DataFrame:
    """Anonymize 24 drawn frames of 2048x1024 with several faces and plates each.

    Returns:
        Rows of what, ours_s and alternative_s (seconds for all frames, the faster of two
        interleaved rounds; NaN where `deface` could not be installed), ratio (ours to
        alternative), note.
    """
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _draw(folder)
        works: dict[str, Callable[[], None]] = {
            name: partial(_ours, folder, name) for name in ("blur", "natural")
        }
        command, reason = _installed_deface(folder)
        if command is not None:
            for backend in BACKENDS:
                works[backend] = partial(_deface, _copied(folder), command, backend)
        _ours(folder, "blur")  # finds the regions that the others are given
        pictures = _pictures(folder)
        works["blur alone"] = partial(_replace, Blur(), pictures, folder / "blur_alone")
        works["natural alone"] = partial(_replace, Natural(), pictures, folder / "natural_alone")
        works["recode"] = partial(_recode, pictures, folder / "recoded")
        seconds = {name: min(times) for name, times in _interleaved(works).items()}
        regions = sum(len(picture.regions) for picture in pictures)
    return pd.DataFrame(_rows(seconds, regions, reason))


def _rows(seconds: dict[str, float], regions: int, reason: str) -> list[dict]:
    rows = []
    for name in ("blur", "natural"):
        for backend, title in BACKENDS.items():
            other = seconds.get(backend, float("nan"))
            note = f"{IMAGES / seconds[name]:.2f} and {IMAGES / other:.2f} images/s, one core"
            rows.append(
                _row(f"{name}, with detection, against deface {title}", seconds[name], other)
                | {"note": f"{note}; {reason}" if reason else note}
            )
        alone = seconds[f"{name} alone"]
        rows.append(
            _row(f"{name}: decode, replace, encode, against decode and encode", alone,
                 seconds["recode"])
            | {"note": f"{IMAGES / alone:.1f} images/s, {regions / IMAGES:.1f} regions an image"}
        )  # fmt: skip
    return rows


def _row(what: str, ours: float, alternative: float) -> dict:
    return {"what": what, "ours_s": ours, "alternative_s": alternative, "ratio": ours / alternative}


def _interleaved(works: dict[str, Callable[[], None]]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    return times


def _draw(folder: Path) -> None:
    """Drawn frames with their index, as the workflow has them."""
    dataset = {
        "kind": "synthetic",
        "seed": 5,
        "width": WIDTH,
        "height": HEIGHT,
        "images": {"train": IMAGES, "val": 1},
        "images_per_shard": IMAGES,
    }
    settings = ("--settings", json.dumps(dataset), "--workers", os.cpu_count() or 1)
    _python("dataset", "draw", *settings, "--output", folder / "data")
    _python("dataset", "index", *settings, "--root", folder / "data", "--output", folder / "index")


def _ours(folder: Path, method: str) -> None:
    """Find the regions and make the images, by the commands of the workflow."""
    common = (
        *("--annotations", folder / "index/train.coco.json", "--images", folder / "data"),
        *("--shards", folder / "index/shards.json", "--shard", _shard(folder)),
    )
    regions = folder / "regions.parquet"
    settings = ("--settings", settings_json(Pii()))
    _python("pii", "detect", *settings, *common, "--output", regions, one_core=True)
    variant = ("--settings", json.dumps({"method": method}), "--variant", method)
    made = ("--regions", regions, "--output", folder / method)
    _python("anonymization", "apply", *variant, *common, *made, one_core=True)


def _shard(folder: Path) -> str:
    return next(iter(read_json(folder / "index/shards.json")["shards"]))


def _python(stage: str, *arguments: object, one_core: bool = False) -> None:
    command = [sys.executable, "-m", f"workflow_scripts.{stage}", *map(str, arguments)]
    _run(command, one_core=one_core)


def _run(command: Sequence[str], *, one_core: bool = True, limit: int = RUN_LIMIT) -> None:
    cores = sorted(os.sched_getaffinity(0))[:1]
    subprocess.run(
        command,
        env=_environment() | (ONE_CORE if one_core else {}),
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if one_core else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=limit,
        check=True,
    )


def _environment() -> dict[str, str]:
    """This one, in which Python keeps compiled modules, as it does unless somebody forbids it.

    The first of the rounds compiles, for both sides; the faster one counts.
    """
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def _pictures(folder: Path) -> list[Picture]:
    split = CocoSplit.read(folder / "index/train.coco.json")
    regions = read_regions(folder / "regions.parquet")
    return pictures_of(split, folder / "data", regions)


def _replace(method: Method, pictures: list[Picture], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    list(anonymize_images(method, pictures, ShardFolder(folder, "shard"), threads=1))


def _recode(pictures: list[Picture], folder: Path) -> None:
    for picture in pictures:
        write_png(folder / f"{picture.record.id}.png", read_image(picture.path))


def _installed_deface(folder: Path) -> tuple[Path | None, str]:
    """The command, in an environment of its own, and what is wrong with it."""
    environment = folder / "environment"
    uv = Path(sys.executable).with_name("uv")
    try:
        _run([str(uv), "venv", "--quiet", "--python", sys.executable, str(environment)],
             one_core=False, limit=INSTALL_LIMIT)  # fmt: skip
        python = environment / "bin/python"
        _run([str(uv), "pip", "install", "--quiet", "--no-config", "--python", str(python),
              f"deface=={VERSION}", *EXTRAS], one_core=False, limit=INSTALL_LIMIT)  # fmt: skip
        return environment / "bin/deface", ""
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        return None, f"deface could not be installed ({said[-1] if said else 'no reason given'})"


def _copied(folder: Path) -> Path:
    """The images in one folder: `deface` writes beside them when there are several."""
    copies = folder / "for_deface"
    if copies.exists():
        return copies
    copies.mkdir()
    for image in (folder / "data/leftImg8bit/train").rglob("*.png"):
        link_or_copy(image, copies / image.name)
    return copies


def _deface(folder: Path, command: Path, backend: str) -> None:
    for old in folder.glob("*_anonymized.png"):
        old.unlink()
    images = map(str, sorted(folder.glob("*.png")))
    _run([str(command), "--backend", backend, "--replacewith", "blur", *images])
    made = len(list(folder.glob("*_anonymized.png")))
    if made != IMAGES:
        raise RuntimeError(f"deface made {made} of {IMAGES} images")


if __name__ == "__main__":
    print(benchmark().to_string(index=False))
