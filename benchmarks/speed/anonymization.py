"""Anonymization of frames, compared with `deface`, and with decoding and encoding.

`deface` (MIT) finds faces with the same network, and no license plates. It is installed as by its
users, in an environment of its own. Both are run as commands, including the start of the program.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
from plain_commands.files import link_or_copy, read_json

from benchmarks.comparison import Comparison, LeftOut, Work, comparison, interleaved
from workflow_scripts.anonymization.apply import ShardFolder, anonymize_images
from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.blur import Blur
from workflow_scripts.anonymization.methods.natural import Natural
from workflow_scripts.config.job_settings import settings_json
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind, read_regions
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import Picture, pictures_of
from workflow_scripts.pii.settings import Pii

FRAMES = 8
WIDTH, HEIGHT = 2048, 1024
ROUNDS = 3
VERSION = "1.5.0"
EXTRAS = ("onnx", "onnxruntime")
BACKENDS = {"opencv": "OpenCV, as pip installs it", "onnxrt": "onnxruntime"}
"""Backends of `deface`: OpenCV, unless `EXTRAS` are also installed."""
METHODS: dict[str, type[Method]] = {"blur": Blur, "natural": Natural}
INSTALL_LIMIT, RUN_LIMIT = 300, 600
"""Time limits in seconds."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}


def comparisons() -> Iterator[Comparison | LeftOut]:
    """Drawn frames of 2048x1024 with several faces and plates each; one thread."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw(folder)
        by_command(folder, "blur")  # finds the regions that the others use
        pictures = pictures_in(folder)
        yield from _replacements(pictures, folder)
        command, reason = _installed_deface(folder)
        if command is None:
            yield LeftOut("anonymize with detection, compared with deface", reason)
        else:
            yield from _commands(pictures, folder, command)


def _replacements(pictures: Sequence[Picture], folder: Path) -> Iterator[Comparison]:
    """Methods with known regions, compared with decoding and encoding, also by OpenCV."""
    works: dict[str, Work] = {
        name: partial(_replace, method(), pictures, folder / f"{name}_alone")
        for name, method in METHODS.items()
    }
    for kind in Kind:
        works[kind] = partial(_replace, Natural(), _only(kind, pictures), folder / f"only_{kind}")
    works["recode"] = partial(_recode, pictures, folder / "recoded")
    works["opencv"] = partial(_recode_by_opencv, pictures, folder / "recoded_by_opencv")
    times = interleaved(works, ROUNDS)
    counts = {kind: sum(_count(kind, picture) for picture in pictures) for kind in Kind}
    each = {
        kind: 1e3 * (min(times[kind]) - min(times["recode"])) / counts[kind]
        for kind in Kind
        if counts[kind]
    }
    said = ", ".join(f"{number / FRAMES:.1f} {kind}s" for kind, number in counts.items())
    cost = ", ".join(f"{milliseconds:.0f} ms per {kind}" for kind, milliseconds in each.items())
    for name in METHODS:
        yield comparison(
            name,
            "decode, replace and encode 2048x1024 PNGs, regions known",
            times[name],
            peer=("cv2.imread and cv2.imwrite, nothing replaced", times["opencv"]),
            limit=("decoding and encoding", times["recode"]),
            units=FRAMES,
            note=f"{said} per frame" + (f"; {cost}" if name == "natural" else ""),
        )


def _commands(pictures: Sequence[Picture], folder: Path, command: Path) -> Iterator[Comparison]:
    """Complete commands: detection around labelled persons, and replacement."""
    copies = _copied(folder)
    works: dict[str, Work] = {name: partial(by_command, folder, name) for name in METHODS}
    works |= {backend: partial(_deface, copies, command, backend) for backend in BACKENDS}
    works["recode"] = partial(_recode, pictures, folder / "recoded")
    times = interleaved(works, ROUNDS - 1)
    for name in METHODS:
        for backend, title in BACKENDS.items():
            yield comparison(
                f"{name} with detection, {backend}",
                "detect, replace and encode as a command, 2048x1024 PNGs",
                times[name],
                peer=(f"deface {VERSION} with {title}", times[backend]),
                limit=("decoding and encoding", times["recode"]),
                units=FRAMES,
                note=f"{FRAMES / min(times[name]):.1f} and {FRAMES / min(times[backend]):.1f} "
                "frames per second and core; deface searches whole frames, for faces only",
            )


def _only(kind: Kind, pictures: Sequence[Picture]) -> list[Picture]:
    return [
        replace(one, regions=tuple(region for region in one.regions if region.kind is kind))
        for one in pictures
    ]


def _count(kind: Kind, picture: Picture) -> int:
    return sum(region.kind is kind for region in picture.regions)


def draw(folder: Path) -> None:
    """Draw and index frames by the commands of the workflow."""
    dataset = {
        "kind": "synthetic",
        "seed": 5,
        "width": WIDTH,
        "height": HEIGHT,
        "images": {"train": FRAMES, "val": 1},
        "images_per_shard": FRAMES,
    }
    settings = ("--settings", json.dumps(dataset), "--workers", os.cpu_count() or 1)
    workflow_command("dataset", "draw", *settings, "--output", folder / "data")
    workflow_command(
        "dataset", "index", *settings, "--root", folder / "data", "--output", folder / "index"
    )


def by_command(folder: Path, method: str) -> None:
    """Detect regions and anonymize images by the commands of the workflow."""
    shard = next(iter(read_json(folder / "index/shards.json")["shards"]))
    common = (
        *("--annotations", folder / "index/train.coco.json", "--images", folder / "data"),
        *("--shards", folder / "index/shards.json", "--shard", shard),
    )
    regions = folder / "regions.parquet"
    settings = ("--settings", settings_json(Pii()))
    workflow_command("pii", "detect", *settings, *common, "--output", regions)
    variant = ("--settings", json.dumps({"method": method}), "--variant", method)
    made = ("--regions", regions, "--output", folder / method / shard)
    workflow_command("anonymization", "apply", *variant, *common, *made)


def pictures_in(folder: Path) -> list[Picture]:
    """Drawn frames with their detected regions."""
    split = CocoSplit.read(folder / "index/train.coco.json")
    regions = read_regions(folder / "regions.parquet")
    return pictures_of(split, folder / "data", regions)


def workflow_command(stage: str, *arguments: object) -> None:
    """Run a command of the workflow, with one thread."""
    _run([sys.executable, "-m", f"workflow_scripts.{stage}", *map(str, arguments)])


def _run(command: Sequence[str], limit: int = RUN_LIMIT) -> None:
    # Python caches compiled modules, unless this is disabled; the first round compiles.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        command,
        env=own | ONE_THREAD,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=limit,
        check=True,
    )


def _replace(method: Method, pictures: Sequence[Picture], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    list(anonymize_images(method, pictures, ShardFolder(folder, "shard"), threads=1))


def _recode(pictures: Sequence[Picture], folder: Path) -> None:
    for picture in pictures:
        write_png(folder / f"{picture.record.id}.png", read_image(picture.path))


def _recode_by_opencv(pictures: Sequence[Picture], folder: Path) -> None:
    """Decode and encode as most scripts do."""
    folder.mkdir(exist_ok=True)
    for picture in pictures:
        file = folder / f"{picture.record.id}.png"
        if not cv2.imwrite(str(file), cv2.imread(str(picture.path))):
            raise RuntimeError(f"OpenCV did not write {file}")


def _installed_deface(folder: Path) -> tuple[Path | None, str]:
    """Command in an environment of its own, and the error if there is one."""
    environment = folder / "environment"
    uv = str(Path(sys.executable).with_name("uv"))
    python = str(environment / "bin/python")
    install = [uv, "pip", "install", "--quiet", "--no-config", "--python", python]
    try:
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], INSTALL_LIMIT)
        _run([*install, f"deface=={VERSION}", *EXTRAS], INSTALL_LIMIT)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        return None, f"deface could not be installed ({said[-1] if said else 'no reason given'})"
    return environment / "bin/deface", ""


def _copied(folder: Path) -> Path:
    """Copies of the images in one folder, since `deface` writes its results beside them."""
    copies = folder / "for_deface"
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
    if made != FRAMES:
        raise RuntimeError(f"deface made {made} of {FRAMES} images")
