"""`plan`: estimate of an experiment's resources."""

from dataclasses import asdict, dataclass, replace
from json import dumps
from pathlib import Path
from typing import Annotated, Any

from cluster_jobs.chart import draw_schedule
from cluster_jobs.scheduling import Partition
from figures_and_tables.figures import save, style
from plain_commands.console import duration, log
from plain_commands.errors import UserError
from tabulate import tabulate

from workflow_scripts.common.cli import Behind, Count, Folder, NewFolder, Positive, option
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.operations.plan.estimates import (
    Estimates,
    Workload,
    read_image_counts,
    read_shard_size,
)
from workflow_scripts.operations.plan.forecast import Forecast, KindForecast, forecast
from workflow_scripts.operations.snakemake_call import SnakemakeCall

NODE_GPUS = 4
NODE_CORES = 64


@dataclass(frozen=True)
class Node:
    """Resources of one node, as given by the user."""

    gpus: int | None
    cores: int | None
    memory_mb: int | None


def plan(
    *snakemake: Behind,
    nodes: Annotated[int, option("N", at_least=1, below=1_000_000)] = 1,
    gpus_per_node: Count | None = None,
    cores_per_node: Positive | None = None,
    memory_per_node: Annotated[int | None, option("MB", at_least=1)] = None,
    records: Folder | None = None,
    seeds: Annotated[str | None, option("N|LIST")] = None,
    chart: NewFolder | None = None,
    json: bool = False,
) -> None:
    r"""Estimate the jobs that Snakemake would run: GPU-hours, CPU-hours, disk, and time.

    Durations are from earlier jobs of the experiment (or of another one, see --records), else
    defaults, which are stated. Nothing is started. Before `index_dataset` has run, the shards and
    the jobs after them are unknown. For example:

        python -m workflow_scripts plan --nodes 4 \
            -- --profile profiles/slurm --profile my-site.yaml --configfile mine.yaml

    Args:
        snakemake: arguments of snakemake, after `--`.
        nodes: number of nodes of the partition.
        gpus_per_node: GPUs (default: 4; without Slurm, those of the profile).
        cores_per_node: CPU cores (default: 64; without Slurm, those of the profile).
        memory_per_node: memory (default: never a limit).
        records: results/<experiment> with the records to use (default: this experiment).
        seeds: also estimate these seeds: 10, or [1,2,7].
        chart: folder for a chart of the schedule, plan.svg and plan.png.
        json: print JSON.
    """
    call = SnakemakeCall.behind_dashes(snakemake)
    node = Node(gpus_per_node, cores_per_node, memory_per_node)
    now = forecast_of(call, records, nodes, node)
    if any(kind.kind == "index_dataset" for kind in now.kinds):
        log.warning(
            "index_dataset is among the jobs: what follows from its result is not planned yet; for "
            "the whole plan, first run %s",
            call.typed("index_dataset"),
        )
    more = None
    if seeds:
        more = forecast_of(call.with_config(f"seeds={seeds}"), records, nodes, node)
    if json:
        print(dumps(as_json(now) if more is None else [as_json(now), as_json(more)], indent=1))
    else:
        print(as_text(now))
        if seeds and more is not None:
            print(difference(now, more, seeds))
    if chart:
        with style("plan"):
            save(draw_schedule(now.placed, local="Snakemake's"), chart, "plan")
        log.info("%s/plan.svg, plan.png", chart)


def forecast_of(
    call: SnakemakeCall,
    records: Path | None,
    nodes: int,
    node: Node,
) -> Forecast:
    """Forecast of a call on a partition; without Slurm, on this machine."""
    own = call.directory / call.experiment.folder
    images = read_shard_size(own) or call.experiment.dataset.images_per_shard
    in_slurm = call.options.executor == "slurm"
    gpus, cores, jobs = NODE_GPUS, NODE_CORES, call.options.jobs
    if not in_slurm:
        limit = call.options.resources.get("gpu")
        gpus, cores, jobs = (limit and limit.value) or 0, call.options.cores, None
    if node.gpus is not None:
        gpus = node.gpus
    partition = Partition(nodes, gpus, node.cores or cores, node.memory_mb, jobs)
    estimates = Estimates(records or own, images, workload_of(call.experiment, own))
    return forecast(call.jobs(), estimates, partition, in_slurm=in_slurm)


def workload_of(experiment: Experiment, results: Path) -> Workload:
    """Images and iterations of an experiment, as far as known."""
    drawn = getattr(experiment.dataset, "images", None)
    work = Workload(
        read_image_counts(results) or (drawn and drawn.model_dump()) or Workload().images,
        regions=experiment.privacy.regions,
        sample=experiment.privacy.second_detection.images,
    )
    try:
        recipe = experiment.training.recipe()
    except UserError as error:  # the framework is not installed
        log.warning("training: the whitepaper's recipe is assumed (%s)", error)
        return work
    return replace(work, iterations=recipe.iterations, images_per_step=recipe.images_per_step)


def as_text(found: Forecast) -> str:
    """The forecast as text."""
    if not found.kinds:
        return "Nothing to do."
    rows: list[tuple[object, ...]] = [
        (
            kind.kind,
            kind.jobs,
            duration(kind.seconds_each),
            f"{kind.gpu_hours:.1f}",
            f"{kind.cpu_hours:.1f}",
            size(kind.bytes),
            _basis(kind),
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
            f"Time: {duration(found.seconds)}. Lower bounds: {limits}.",
            f"Critical path: {path}",
            f"States for resuming, while trainings run: {size(found.checkpoint_bytes)}",
        ]
    )


def _basis(kind: KindForecast) -> str:
    """Basis of an estimated duration."""
    if kind.records:
        return f"{kind.records} records" + (f", scaled to {kind.basis}" if kind.basis else "")
    return f"default for {kind.basis}" if kind.basis else "default"


def difference(now: Forecast, more: Forecast, seeds: str) -> str:
    """Additional resources for other seeds."""
    added = {name: more.total(name) - now.total(name) for name in ("jobs", "gpu_hours", "bytes")}
    return (
        f"With seeds={seeds}: {added['jobs']:+d} jobs, {added['gpu_hours']:+.1f} GPU-hours, "
        f"{size(added['bytes'])} more; {duration(more.seconds)} in total"
    )


def as_json(found: Forecast) -> dict[str, Any]:
    """The forecast as JSON; times in seconds."""
    return {
        "kinds": [asdict(kind) for kind in found.kinds],
        "seconds": found.seconds,
        "bounds": found.bounds,
        "critical_path": [task.name for task in found.path],
        "checkpoint_bytes": found.checkpoint_bytes,
    }


def size(count: float) -> str:
    """Size as text, with decimal prefixes."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
