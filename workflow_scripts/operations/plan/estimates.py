"""How long a job will take and what it will leave: from earlier jobs' records, or by default."""

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
"""Where there are no records: Cityscapes and the whitepaper's recipe on four GPUs of a data centre,
rounded. What is not named takes `DEFAULT_SMALL_SECONDS`."""
DEFAULT_SMALL_SECONDS = 10.0
DEFAULT_SECONDS_AN_IMAGE = {
    "detect_pii": 0.5,
    "anonymize": 1.0,
}
"""The same for jobs of a shard, for each of its images of 2 megapixels on four cores."""
DEFAULT_BYTES = {
    "train": 180e6,
    "predict": 15e6,
    "predict_on": 15e6,
    "evaluate": 600e3,
    "evaluate_on": 600e3,
}
"""What a job leaves, by the same assumptions; what is not named leaves next to nothing."""
DEFAULT_BYTES_AN_IMAGE = {
    "anonymize": 2.3e6,
    "detect_pii": 1e3,
}
DEFAULT_STARTUP_SECONDS = 13.0
"""Of a job in Slurm before its command runs: Snakemake starts anew there."""
DEFAULT_TURNAROUND_SECONDS = 30.0
"""From the end of a job in Slurm until those that waited for it are submitted and start on an idle
node: Snakemake looks at its jobs every 40 s."""
STATES_WHILE_TRAINING = 4
"""The state for resuming, in files as large as the final weights: with the optimizer, and twice."""


@dataclass(frozen=True)
class Estimate:
    """A number, and how many records it is from; 0 for a default."""

    value: float
    records: int


class Estimates:
    """What jobs of a kind take.

    Args:
        results: the folder of an experiment whose records count; it need not exist.
        images_per_shard: of the experiment that is planned.
    """

    def __init__(self, results: Path, images_per_shard: int) -> None:
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
        """How long a job's command runs."""
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
        """What a job leaves on disk."""
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
    """As its record will be named; rules that do the same on other images share a stage."""
    return job.rule if job.log is None else job_of(Path(job.log))[1]


def whole_jobs(records: Iterable[Usage]) -> Iterator[tuple[str, float]]:
    """Jobs that were done, and how long their commands ran, over all attempts that were of use.

    Args:
        records: in the order of their starts.
    """
    saved: dict[str, float] = {}
    for used in records:
        if used.exit_code == EXIT_SAVED:
            saved[used.job] = saved.get(used.job, 0.0) + used.seconds
        elif used.exit_code == 0:
            yield used.job, saved.pop(used.job, 0.0) + used.seconds


def turnarounds(records: Iterable[Usage]) -> list[float]:
    """From the end of a run's step to the submission of the next, and the shortest time in a queue.

    The time that jobs wait for resources is not part of it.
    """
    by_run: dict[str, list[Usage]] = {}
    for used in records:
        if used.startup_seconds is not None and used.queued_seconds is not None:
            by_run.setdefault(used.job.partition("/")[2], []).append(used)
    in_order = [sorted(steps, key=lambda used: used.start) for run, steps in by_run.items() if run]
    shortest = min((used.queued_seconds for steps in in_order for used in steps), default=0.0)
    gaps = []
    for steps in in_order:
        for before, after in pairwise(steps):
            submitted = after.start - after.startup_seconds - after.queued_seconds
            gap = submitted - (before.start + before.seconds)
            # Steps of which the second is not made from the first may overlap.
            if before.stage != after.stage and gap >= 0:
                gaps.append(gap + shortest)
    return gaps


def read_shard_size(results: Path) -> float | None:
    """Images a shard, as the index made them; None before it is made."""
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
    """`train/natural` of `train/natural/seed~3`, for variants differ."""
    return "/".join(job.split("/")[:2])


def _median(values: Sequence[float], default: float) -> Estimate:
    return Estimate(median(values), len(values)) if values else Estimate(default, 0)
