"""`python -m workflow_scripts.operations.plan -- …`: what an experiment will take."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tabulate import tabulate

from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.common.console import duration, log
from workflow_scripts.operations.plan.chart import draw
from workflow_scripts.operations.plan.estimates import Estimates, read_shard_size
from workflow_scripts.operations.plan.forecast import Forecast, forecast
from workflow_scripts.operations.plan.schedule import Partition
from workflow_scripts.operations.snakemake_call import SnakemakeCall

DESCRIPTION = """\
Estimate what Snakemake would run now: jobs, GPU-hours, CPU-hours, disk, and the time on a number of
nodes. Durations are those of earlier jobs of the experiment (or of another, --records), else stated
defaults. Behind `--` stands what snakemake is given:

    python -m workflow_scripts.operations.plan --nodes 4 \\
        -- --profile profiles/slurm --profile my-site.yaml --configfile mine.yaml

It starts nothing. Before `index_dataset` has run, the shards and what follows them are unknown.
"""

NODE_GPUS = 4
NODE_CORES = 64


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = Command("workflow_scripts.operations.plan", DESCRIPTION)
    add = command.argument
    add("--nodes", type=int, default=1, help="of the partition (default: %(default)s)")
    own = "without Slurm, what the profile has"
    add("--gpus-per-node", type=int, metavar="N", help=f"(default: {NODE_GPUS}; {own})")
    add("--cores-per-node", type=int, metavar="N", help=f"(default: {NODE_CORES}; {own})")
    add("--memory-per-node", type=int, metavar="MB", help="(default: never what is short)")
    add(
        "--records",
        type=Path,
        metavar="FOLDER",
        help="results/<experiment> whose records count (default: this experiment's)",
    )
    add("--seeds", metavar="N|LIST", help="say too what these seeds would add: 10, or [1,2,7]")
    add("--chart", type=Path, metavar="FOLDER", help="draw the schedule: plan.svg and plan.png")
    add("--json", action="store_true", help="for programs")
    add("snakemake", nargs="*", metavar="ARGUMENT", help="of snakemake, behind --")
    return command.run(plan, argv)


def plan(arguments: argparse.Namespace) -> None:
    """Print the forecast."""
    call = SnakemakeCall(arguments.snakemake)
    now = forecast_of(call, arguments)
    more = None
    if arguments.seeds:
        more = forecast_of(call.with_config(f"seeds={arguments.seeds}"), arguments)
    if arguments.json:
        print(json.dumps(as_json(now) if more is None else [as_json(now), as_json(more)], indent=1))
    else:
        print(as_text(now))
        if more is not None:
            print(difference(now, more, arguments.seeds))
    if arguments.chart:
        draw(now.placed, arguments.chart)
        log.info("%s/plan.svg, plan.png", arguments.chart)


def forecast_of(call: SnakemakeCall, arguments: argparse.Namespace) -> Forecast:
    """What a call takes on the partition that the arguments describe."""
    own = call.directory / "results" / call.experiment.experiment
    images = read_shard_size(own) or call.experiment.dataset.images_per_shard
    estimates = Estimates(arguments.records or own, images)
    in_slurm = call.options.executor == "slurm"
    return forecast(call.jobs(), estimates, partition_of(call, arguments), in_slurm=in_slurm)


def partition_of(call: SnakemakeCall, arguments: argparse.Namespace) -> Partition:
    """The nodes that the arguments describe; without Slurm, this machine as the profile has it."""
    gpus, cores, jobs = NODE_GPUS, NODE_CORES, call.options.jobs
    if call.options.executor != "slurm":
        limit = call.options.resources.get("gpu")
        gpus, cores, jobs = (limit and limit.value) or 0, call.options.cores, None
    if arguments.gpus_per_node is not None:
        gpus = arguments.gpus_per_node
    return Partition(
        arguments.nodes, gpus, arguments.cores_per_node or cores, arguments.memory_per_node, jobs
    )


def as_text(found: Forecast) -> str:
    """The forecast as people read it."""
    rows = [
        (
            kind.kind,
            kind.jobs,
            duration(kind.seconds_each),
            f"{kind.gpu_hours:.1f}",
            f"{kind.cpu_hours:.1f}",
            size(kind.bytes),
            f"{kind.records} records" if kind.records else "default",
        )
        for kind in found.kinds
    ]
    totals = (f"{found.total('gpu_hours'):.1f}", f"{found.total('cpu_hours'):.1f}")
    rows.append(("all", found.total("jobs"), "", *totals, size(found.total("bytes")), ""))
    headers = "rule", "jobs", "each", "GPU-hours", "CPU-hours", "disk", "from"
    limits = ", ".join(f"{name} {duration(value)}" for name, value in found.bounds.items())
    path = " → ".join(dict.fromkeys(task.kind for task in found.path if task.seconds))
    return "\n".join(
        [
            tabulate(rows, headers, disable_numparse=True),
            "",
            f"Time: {duration(found.seconds)}. Not less than: {limits}.",
            f"Critical path: {path}",
            f"States for resuming, while trainings run: {size(found.checkpoint_bytes)}",
        ]
    )


def difference(now: Forecast, more: Forecast, seeds: str) -> str:
    """What other seeds add."""
    added = {name: more.total(name) - now.total(name) for name in ("jobs", "gpu_hours", "bytes")}
    return (
        f"With seeds={seeds}: {added['jobs']:+d} jobs, {added['gpu_hours']:+.1f} GPU-hours, "
        f"{size(added['bytes'])} more; {duration(more.seconds)} in all"
    )


def as_json(found: Forecast) -> dict[str, Any]:
    """The forecast for programs; times in seconds."""
    return {
        "kinds": [asdict(kind) for kind in found.kinds],
        "seconds": found.seconds,
        "bounds": found.bounds,
        "critical_path": [task.name for task in found.path],
        "checkpoint_bytes": found.checkpoint_bytes,
    }


def size(count: float) -> str:
    """Bytes as people read them, decimal."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


if __name__ == "__main__":
    main_of(main)
