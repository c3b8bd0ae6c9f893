"""Durations and outputs of jobs, estimated from records of earlier jobs or by default."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from workflow_scripts.common.cli import EXIT_SAVED
from workflow_scripts.common.files import read_json
from workflow_scripts.contracts.usage import Usage, job_of, read_usage
from workflow_scripts.operations.snakemake_call import Job

DEFAULT_SECONDS = {
    "draw_dataset": 600.0,
    "index_dataset": 900.0,
    "train": 5 * 3600.0,
    "predict": 300.0,
    "predict_on": 300.0,
    "evaluate": 60.0,
    "evaluate_on": 60.0,
    "audit": 1800.0,
    "before_after": 60.0,
    "summarize_pii": 30.0,
}
"""Durations without records, rounded: Cityscapes and the whitepaper's recipe on four GPUs of a
data centre. Other jobs take `DEFAULT_SMALL_SECONDS`."""
DEFAULT_SMALL_SECONDS = 10.0
DEFAULT_SECONDS_AN_IMAGE = {
    "detect_pii": 0.5,
    "anonymize": 1.0,
}
"""Durations without records, per image of a shard: 2 megapixels on four cores."""
DEFAULT_BYTES = {
    "train": 180e6,
    "predict": 15e6,
    "predict_on": 15e6,
    "evaluate": 600e3,
    "evaluate_on": 600e3,
}
"""Output of a job under the same assumptions; other jobs leave next to nothing."""
DEFAULT_BYTES_AN_IMAGE = {
    "anonymize": 2.3e6,
    "detect_pii": 1e3,
}
DEFAULT_STARTUP_SECONDS = 13.0
"""Time before the command of a Slurm job runs: Snakemake starts anew there."""
DEFAULT_TURNAROUND_SECONDS = 30.0
"""Time from the end of a Slurm job until the jobs that waited for it start on an idle node:
Snakemake looks at its jobs every 40 s."""
STATES_WHILE_TRAINING = 4
"""Size of a checkpoint to resume from, in final weights: with the optimizer, and kept twice."""


@dataclass(frozen=True)
class Estimate:
    """A value and the number of records behind it, 0 for a default."""

    value: float
    records: int


class Estimates:
    """Estimates of what jobs take.

    Args:
        results: folder of the experiment whose records count; it need not exist.
        images_per_shard: shard size of the experiment that is planned.
    """

    def __init__(self, results: Path, images_per_shard: float) -> None:
        self.results = results
        self.images_per_shard = images_per_shard
        records = sorted(read_usage(results), key=lambda used: used.start)
        self._seconds: dict[str, list[float]] = {}
        for job, seconds in whole_jobs(records):
            for kind in (job.split("/")[0], _kind(job)):
                self._seconds.setdefault(kind, []).append(seconds)
        in_slurm = [used for used in records if used.slurm_job and used.exit_code == 0]
        self.startup = _median(
            [used.startup_seconds for used in in_slurm if used.startup_seconds is not None],
            DEFAULT_STARTUP_SECONDS,
        )
        gaps = sorted(turnarounds(in_slurm))
        # Their lower quartile: others may have waited for a place among `Partition.jobs`.
        self.turnaround = _median(gaps[: (len(gaps) + 1) // 2], DEFAULT_TURNAROUND_SECONDS)
        shards = read_shard_size(results)
        # Records of shards of another size count by image.
        self._shard_factor = images_per_shard / shards if shards else 1.0

    def seconds(self, job: Job) -> Estimate:
        """Duration of a job's command."""
        name = name_of(job)
        stage = name.split("/")[0]
        for key in (_kind(name), stage):
            known = self._seconds.get(key)
            if known:
                factor = self._shard_factor if "shard" in job.wildcards else 1.0
                return Estimate(factor * fmean(known), len(known))
        if stage in DEFAULT_SECONDS_AN_IMAGE:
            return Estimate(DEFAULT_SECONDS_AN_IMAGE[stage] * self.images_per_shard, 0)
        return Estimate(DEFAULT_SECONDS.get(stage, DEFAULT_SMALL_SECONDS), 0)

    def bytes(self, job: Job) -> Estimate:
        """Size of a job's output on disk."""
        sizes: list[float] = []
        counts = []
        for pattern in job.patterns:
            # Below results/<experiment>, which may be another one.
            found = list(self.results.glob(str(Path(*Path(pattern).parts[2:]))))
            counts.append(len(found))
            if found:
                sizes.append(fmean(map(size_of, found)))
        if sizes:
            factor = self._shard_factor if "shard" in job.wildcards else 1.0
            return Estimate(factor * sum(sizes), min(counts))
        stage = name_of(job).split("/")[0]
        if stage in DEFAULT_BYTES_AN_IMAGE:
            return Estimate(DEFAULT_BYTES_AN_IMAGE[stage] * self.images_per_shard, 0)
        return Estimate(DEFAULT_BYTES.get(stage, 0.0), 0)


def name_of(job: Job) -> str:
    """Name of a job's record; rules that do the same on other images share a stage."""
    return job.rule if job.log is None else job_of(Path(job.log))[1]


def whole_jobs(records: Iterable[Usage]) -> Iterator[tuple[str, float]]:
    """Finished jobs and the total duration of the attempts that contributed.

    Args:
        records: ordered by start.
    """
    saved: dict[str, float] = {}
    for used in records:
        seconds = used.seconds or 0.0
        if used.exit_code == EXIT_SAVED:
            saved[used.job] = saved.get(used.job, 0.0) + seconds
        elif used.exit_code == 0:
            yield used.job, saved.pop(used.job, 0.0) + seconds


def turnarounds(records: Iterable[Usage]) -> list[float]:
    """Times from the end of a run's step to the submission of the next, plus the shortest queue.

    The time that jobs wait for resources is not included.
    """
    by_run: dict[str, list[tuple[Usage, float, float]]] = {}
    for used in records:
        run = used.job.partition("/")[2]
        if run and used.startup_seconds is not None and used.queued_seconds is not None:
            submission = used.start - used.startup_seconds - used.queued_seconds
            by_run.setdefault(run, []).append((used, submission, used.queued_seconds))
    shortest = min((queued for steps in by_run.values() for *_, queued in steps), default=0.0)
    gaps = []
    for steps in by_run.values():
        steps.sort(key=lambda step: step[0].start)
        for (before, *_), (after, submission, _) in pairwise(steps):
            gap = submission - (before.start + (before.seconds or 0.0))
            # Steps of which the second is not made from the first may overlap.
            if before.stage != after.stage and gap >= 0:
                gaps.append(gap + shortest)
    return gaps


def read_shard_size(results: Path) -> float | None:
    """Mean images per shard of the index; None before the index exists."""
    path = results / "data/shards.json"
    if not path.is_file():
        return None
    shards = read_json(path)["shards"]
    return fmean(map(len, shards.values()))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _kind(job: str) -> str:
    """Stage and variant of a job: `train/natural` of `train/natural/seed~3`."""
    return "/".join(job.split("/")[:2])


def _median(values: Sequence[float], default: float) -> Estimate:
    return Estimate(median(values), len(values)) if values else Estimate(default, 0)
