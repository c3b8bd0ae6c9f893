"""Parts of the script: their programs and their results."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from plain_commands.files import read_json

from benchmarks.gpu.budget import Part
from benchmarks.recipes import demo, full_recipe, small_recipe
from workflow_scripts.contracts.settings import ALL

PROJECT = Path(__file__).resolve().parents[2]
LONG = 100_000
"""Number of iterations of a training run that is stopped by the time limit."""
MODES: dict[str, dict[str, Any]] = {
    "exact": {"speed": "exact"},
    "fast": {"speed": "fast"},
    "deterministic": {"deterministic": True},
}
"""Settings of the measured training runs."""
STOCK = "exact", "fast"
"""Settings that detectron2's own trainer has as well: float32 and its mixed precision. Only the
first one on a CPU."""
COMPILING = 2.5
"""Factor on the limit of a measurement that first compiles parts of the model."""
VARIANTS = {"unmodified": {"method": "unmodified"}, "natural": {"method": "natural"}}


@dataclass(frozen=True)
class Scale:
    """Size of the measurements.

    Attributes:
        gpus: 1, or 0 for the CPU.
        width: width of the frames, pixels; they are half as high.
        frames: number of frames for training and for prediction.
        seconds: measured time of a training run or a prediction.
        limit: seconds of one measurement including its start.
        budget: seconds of all parts.
        resume: iterations of the training run that is stopped and resumed.
        seeds: number of seeds per variant in the shortened Table II.
        table_iterations: iterations of each of its training runs.
        table_images: number of its training and validation images.
        at_once: number of its training runs that share the GPU; on a CPU, one per core.
    """

    gpus: int
    width: int
    frames: tuple[int, int]
    seconds: float
    limit: float
    budget: float
    resume: int
    seeds: int
    table_iterations: int
    table_images: tuple[int, int]
    at_once: int


ON_GPU = Scale(1, 2048, (16, 8), 10.0, 60.0, 480.0, 100, 5, 200, (160, 60), 10)
ON_CPU = Scale(0, 256, (8, 4), 1.0, 900.0, 7200.0, 6, 2, 3, (16, 8), 0)


def parts_of(scale: Scale, engine: str, folder: Path) -> Iterator[Part]:
    """All parts, most important first.

    Args:
        scale: size of the measurements.
        engine: `detectron2` or `torchvision`.
        folder: folder for their output.
    """
    frames = folder / "frames"
    sizes = tuple(map(str, (*scale.frames, scale.width)))
    yield Part("frames", _python("benchmarks.frames", frames, *sizes), scale.limit, 10, dict)
    doctor = ("workflow_scripts", "training", "doctor", "--gpus", scale.gpus)
    settings = json.dumps(_recipe(scale, engine, "exact", 1000))
    yield Part("doctor", _python(*doctor, "--settings", settings), scale.limit, 20, dict)
    for mode in MODES:
        if mode == "deterministic":
            yield _resume(scale, engine, folder)
        yield _measured(scale, engine, folder, mode, "ours")
        if engine == "detectron2" and mode in (STOCK if scale.gpus else STOCK[:1]):
            yield _measured(scale, engine, folder, mode, "stock")
    for side in ("ours", "stock") if engine == "detectron2" else ("ours",):
        yield _measured(scale, engine, folder, "exact", f"predict_{side}")
    yield _table_2(scale, engine, folder / "study")


def _recipe(scale: Scale, engine: str, mode: str, iterations: int) -> dict[str, Any]:
    make = full_recipe if scale.gpus else small_recipe
    return make(engine, iterations, **MODES[mode])


def _measured(scale: Scale, engine: str, folder: Path, mode: str, work: str) -> Part:
    kind = "prediction" if work.startswith("predict") else "training"
    side = work.removeprefix("predict_")
    output = folder / f"{mode}_{work}.json"
    settings = json.dumps(_recipe(scale, engine, mode, LONG))
    arguments = (work, folder / "frames", settings, scale.seconds, output)
    words = _python("benchmarks.measured_training", *arguments)
    limit = COMPILING * scale.limit if mode == "fast" else scale.limit
    least = 10 + 2 * scale.seconds
    return Part(f"{kind}, {mode}: {side}", words, limit, least, lambda: _json(output))


def _resume(scale: Scale, engine: str, folder: Path) -> Part:
    output = folder / "resume.json"
    settings = json.dumps(small_recipe(engine, scale.resume, **MODES["deterministic"]))
    words = _python("benchmarks.gpu.resume", folder / "frames", settings, scale.gpus, output)
    return Part("stop and resume", words, 1.5 * scale.limit, 40, lambda: _json(output))


def _table_2(scale: Scale, engine: str, folder: Path) -> Part:
    """The workflow itself, from drawn scenes to Table II."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(study(scale, engine)), encoding="utf-8")
    options = ["--snakefile", PROJECT / "Snakefile", "--directory", folder, "--configfile", config]
    profile = PROJECT / "profiles" / ("local" if scale.gpus else "cpu")
    sharing = ["--set-threads", "train=1", "predict=1", "--resources", f"gpu={scale.at_once}"]
    words = _python("snakemake", *options, "--profile", profile, *sharing, "--", "table_2")
    results = folder / "results" / "study"
    return Part("Table II", words, 4 * scale.limit, 60, lambda: table_2_in(results))


def study(scale: Scale, engine: str) -> dict[str, Any]:
    """Config of a shortened study with two variants on the demo's scenes."""
    config = demo(engine)
    train, val = scale.table_images
    return config | {
        "experiment": "study",
        "dataset": config["dataset"] | {"images": {"train": train, "val": val}},
        "variants": VARIANTS,
        "seeds": scale.seeds,
        "training": small_recipe(engine, scale.table_iterations),
        "pii": {kind: {"detector": "annotations"} for kind in ("faces", "license_plates")},
        "evaluation": config["evaluation"] | {"exposed": False},
    }


def table_2_in(results: Path) -> dict[str, Any]:
    """Last row of Table II, and the number of runs; only the latter if there is no table."""
    runs = len(list(results.glob("runs/*/seed~*/eval.json")))
    table = results / "tables" / "table_2.csv"
    if not table.is_file():
        return {"runs": runs}
    rows = pd.read_csv(table)
    rows = rows[(rows["class"] == ALL) & (rows["metric"] == "AP")]
    means = {
        row["variant"]: {"mean": row["mean"], "std": row["std"], "n": int(row["n"])}
        for _, row in rows.iterrows()
    }
    return {"runs": runs, "map": means}


def _python(module: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-W", "ignore", "-m", module, *map(str, arguments))


def _json(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}
