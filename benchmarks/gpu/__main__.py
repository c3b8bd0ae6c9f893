"""All parts within the budget; called by `benchmarks/gpu.sh`.

Writes gpu.json and gpu.md after each part, so that they exist even after an interruption, and the
output of the programs to gpu.log.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cluster_jobs.gpus import GpuMeter, visible_gpus
from plain_commands.files import write_json, write_text

from benchmarks.gpu.budget import PartResult, run_parts
from benchmarks.gpu.parts import ON_CPU, ON_GPU, Scale, parts_of
from benchmarks.gpu.report import markdown
from benchmarks.machine import commit, machine_class
from workflow_scripts.training.engines.detectron2.installation import is_installed

PACKAGES = "torch", "torchvision", "detectron2"


def surroundings(scale: Scale, engine: str, command: str) -> dict[str, str]:
    """Conditions of the measurement, by name."""
    found = {"measured on": machine_class()}
    if scale.gpus:
        found["GPU"] = GpuMeter(visible_gpus()[:1]).read().model
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    frames = f"{scale.width}x{scale.width // 2}"
    return found | {
        "Python": platform.python_version(),
        "commit": commit(),
        "engine": engine,
        "frames": frames,
        "time": "by the clock" if scale.gpus else "CPU time, one thread",
        "command": f"`{command}`",
    }


def write(folder: Path, about: dict[str, str], results: Sequence[PartResult]) -> None:
    """Write the results so far."""
    content = {"surroundings": about, "parts": [asdict(one) for one in results]}
    write_json(folder / "gpu.json", content)
    write_text(folder / "gpu.md", markdown(about, results))


def main() -> None:
    """Measure, write, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="run at small size, without a GPU")
    parser.add_argument("--output", type=Path, default=Path("results/gpu"))
    parser.add_argument("--spent", type=float, default=0.0, help="seconds of the budget used")
    arguments = parser.parse_args()
    if not arguments.cpu and not visible_gpus():
        sys.exit("error: no GPU is visible here; --cpu runs everything at small size")
    scale = ON_CPU if arguments.cpu else ON_GPU
    if arguments.cpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    engine = "detectron2" if is_installed() else "torchvision"
    about = surroundings(scale, engine, "benchmarks/gpu.sh" + " --cpu" * arguments.cpu)
    started, results = time.monotonic(), []
    arguments.output.mkdir(parents=True, exist_ok=True)

    def tell(line: str) -> None:
        spent = arguments.spent + time.monotonic() - started
        print(f"{spent:4.0f} s  {line}", flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="gpu-", ignore_cleanup_errors=True) as folder,
        (arguments.output / "gpu.log").open("w", encoding="utf-8") as stream,
    ):
        parts = parts_of(scale, engine, Path(folder))
        left = scale.budget - arguments.spent
        for result in run_parts(parts, left, tell, partial(print, file=stream, flush=True)):
            results.append(result)
            write(arguments.output, about, results)
    print(f"\n{(arguments.output / 'gpu.md').read_text(encoding='utf-8')}")


if __name__ == "__main__":
    main()
