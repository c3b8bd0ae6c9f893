"""Durations and outputs of jobs, estimated from records of earlier jobs or by default."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from plain_commands.errors import UserError
from plain_commands.files import read_json

from workflow_scripts.common.cli import EXIT_SAVED
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.contracts.usage import Usage, job_of, read_usage
from workflow_scripts.operations.snakemake_call import Job, gpus_to_use

SECONDS_A_TRAINED_IMAGE, SECONDS_A_TRAINED_IMAGE_ON_CPU = 0.375, 4.5
"""Default durations, per image and GPU: Mask R-CNN R50-FPN at full resolution on a data-centre GPU,
and at a quarter of it on one CPU core."""
SECONDS_EACH = {
    "draw_dataset": ("train", 0.2),
    "index_dataset": ("train", 0.3),
    "index_test": ("val", 0.3),  # as many images as in the validation split, also below
    "detect_pii": ("shard", 0.5),
    "anonymize": ("shard", 1.0),
    "predict": ("val", 0.6),
    "predict_on": ("val", 0.6),
    "predict_also": ("val", 0.6),
    "evaluate": ("val", 0.12),
    "evaluate_on": ("val", 0.12),
    "evaluate_also": ("val", 0.12),
    "audit": ("train", 0.6),
    "attackers_pictures": ("regions", 0.02),
    "treat_pictures": ("regions", 0.02),
    "attack": ("regions", 0.14),
    "estimate_missed": ("sample", 1.0),
    "membership": ("val", 1.8),  # plus up to 1000 training images
}
"""Default durations by rule: what is counted (images of a split, of a shard or of the sample of a
second detection, or attacked regions), and the seconds that each takes, for images of 2 megapixels
and, where a job has that many, on four cores."""
REGIONS_AN_IMAGE = 2.0
"""Mean number of faces and license plates per training image of Cityscapes (the whitepaper)."""
LEAST_SECONDS = 10.0
"""Default duration of a small job."""
DEFAULT_BYTES = {"train": 180e6} | dict.fromkeys(
    ("evaluate", "evaluate_on", "evaluate_also"), 600e3
)
"""Default output sizes under the same assumptions; other jobs write almost nothing."""
BYTES_AN_IMAGE = dict.fromkeys(("predict", "predict_on", "predict_also"), 30e3)
"""The same per validation image."""
BYTES_AN_IMAGE_OF_A_SHARD = {
    "anonymize": 2.3e6,
    "detect_pii": 1e3,
}
DEFAULT_STARTUP_SECONDS = 13.0
"""Start-up time of a Slurm job, in which Snakemake starts again."""
DEFAULT_TURNAROUND_SECONDS = 30.0
"""Time from the end of a Slurm job until dependent jobs start on an idle node: Snakemake polls its
jobs every 40 s."""
STATES_WHILE_TRAINING = 4
"""Size of the checkpoints to resume from, relative to the final weights: with optimizer state, and
two copies."""


@dataclass(frozen=True)
class Workload:
    """Workload of an experiment; by default Cityscapes and the whitepaper's recipe."""

    images: Mapping[str, int] = field(default_factory=lambda: {"train": 2975, "val": 500})
    """Number of images by split."""
    iterations: int = 48_000
    images_per_step: int = 4
    regions: int = 2000
    """Most faces, and license plates, to attack."""
    sample: int = 500
    """Most training images that second detectors search."""

    @property
    def trained_images(self) -> int:
        """Number of images that a training sees, repetitions included."""
        return self.iterations * self.images_per_step

    def counts(self, images_per_shard: float) -> dict[str, float]:
        """Number of images or regions by what `SECONDS_EACH` counts."""
        train = self.images["train"]
        return {
            **self.images,
            "shard": images_per_shard,
            "regions": min(REGIONS_AN_IMAGE * train, 2 * self.regions),
            "sample": min(train, self.sample),
        }


@dataclass(frozen=True)
class Estimate:
    """A value and the number of records that it is based on, 0 for a default."""

    value: float
    records: int
    basis: str = ""
    """Basis of a default, or workload that records of another one are scaled to."""


class Estimates:
    """Estimated durations and outputs of jobs.

    Args:
        results: folder of the experiment with the records; it does not have to exist.
        images_per_shard: shard size of the planned experiment.
        work: workload of that experiment.
    """

    def __init__(
        self, results: Path, images_per_shard: float, work: Workload | None = None
    ) -> None:
        self.work = work or Workload()
        self.results = results
        self.images_per_shard = images_per_shard
        records = sorted(read_usage(results), key=lambda used: used.start)
        self._counts = self.work.counts(images_per_shard)
        recorded = replace(self.work, images=read_image_counts(results) or self.work.images)
        of_records = recorded.counts(read_shard_size(results) or images_per_shard)
        self._factors = {
            counted: max(count, 1) / max(of_records[counted], 1)
            for counted, count in self._counts.items()
        }
        """Planned workload, relative to that of the records, by what is counted."""
        finished = dict(whole_jobs(records))
        trained = {job: images_trained(results, job) for job in finished if _is_training(job)}
        self._seconds: dict[str, list[float]] = {}
        self._lengths = {images for images in trained.values() if images}
        for job, seconds in finished.items():
            factor = 1.0
            if job in trained and self._lengths:
                if not (images := trained[job]):
                    continue  # of an earlier run, with a length that is not known any more
                factor = self.work.trained_images / images
            for kind in {job.split("/")[0], _kind(job)}:
                self._seconds.setdefault(kind, []).append(factor * seconds)
        in_slurm = [used for used in records if used.slurm_job and used.exit_code == 0]
        self.startup = _median(
            [used.startup_seconds for used in in_slurm if used.startup_seconds is not None],
            DEFAULT_STARTUP_SECONDS,
        )
        gaps = sorted(turnarounds(in_slurm))
        # The lower quartile, since some may have waited for the limit `Partition.jobs`.
        self.turnaround = _median(gaps[: (len(gaps) + 1) // 2], DEFAULT_TURNAROUND_SECONDS)

    def seconds(self, job: Job) -> Estimate:
        """Duration of a job's command."""
        name = name_of(job)
        stage = name.split("/")[0]
        for key in (_kind(name), stage):
            known = self._seconds.get(key)
            if known:
                return self._from_records(stage, known)
        if stage == "train":
            return self._training(gpus_of(job))
        if stage not in SECONDS_EACH:
            return Estimate(LEAST_SECONDS, 0)
        counted, each = SECONDS_EACH[stage]
        return Estimate(max(self._counts[counted] * each, LEAST_SECONDS), 0, self._basis(stage))

    def _from_records(self, stage: str, seconds: Sequence[float]) -> Estimate:
        """Mean of records, scaled by what determines the duration."""
        factor = self._factor(stage)
        is_scaled = factor != 1
        if stage == "train":
            is_scaled = bool(self._lengths - {self.work.trained_images})
        basis = self._basis(stage) if is_scaled else ""
        return Estimate(factor * fmean(seconds), len(seconds), basis)

    def _factor(self, stage: str) -> float:
        return self._factors[SECONDS_EACH[stage][0]] if stage in SECONDS_EACH else 1.0

    def _basis(self, stage: str) -> str:
        if stage == "train":
            return f"{self.work.iterations} iterations of {self.work.images_per_step} images"
        counted, _ = SECONDS_EACH[stage]
        return f"{self._counts[counted]:.0f} {'regions' if counted == 'regions' else 'images'}"

    def _training(self, gpus: int) -> Estimate:
        each = SECONDS_A_TRAINED_IMAGE / gpus if gpus else SECONDS_A_TRAINED_IMAGE_ON_CPU
        seconds = self.work.trained_images * each
        return Estimate(max(seconds, LEAST_SECONDS), 0, self._basis("train"))

    def bytes(self, job: Job) -> Estimate:
        """Size of a job's output on disk."""
        stage = name_of(job).split("/")[0]
        sizes: list[float] = []
        counts = []
        for pattern in job.patterns:
            # Below results/<experiment>, which may be of another experiment.
            found = list(self.results.glob(str(Path(*Path(pattern).parts[2:]))))
            counts.append(len(found))
            if found:
                sizes.append(fmean(map(size_of, found)))
        if sizes:
            return Estimate(self._factor(stage) * sum(sizes), min(counts))
        if stage in BYTES_AN_IMAGE_OF_A_SHARD:
            return Estimate(BYTES_AN_IMAGE_OF_A_SHARD[stage] * self.images_per_shard, 0)
        of_images = BYTES_AN_IMAGE.get(stage, 0.0) * self.work.images["val"]
        return Estimate(DEFAULT_BYTES.get(stage, of_images), 0)


def name_of(job: Job) -> str:
    """Stage name of a job's records; rules that do the same on other images share a stage."""
    return job.rule if job.log is None else job_of(Path(job.log))[1]


def whole_jobs(records: Iterable[Usage]) -> Iterator[tuple[str, float]]:
    """Finished jobs, with the total duration of all attempts.

    Args:
        records: records ordered by start.
    """
    saved: dict[str, float] = {}
    for used in records:
        seconds = used.seconds or 0.0
        if used.exit_code == EXIT_SAVED:
            saved[used.job] = saved.get(used.job, 0.0) + seconds
        elif used.exit_code == 0:
            yield used.job, saved.pop(used.job, 0.0) + seconds


def images_trained(results: Path, job: str) -> int | None:
    """Number of images that a finished training saw; None if its run is gone or does not say."""
    run = RunLayout(Layout(results).runs / job.partition("/")[2])
    try:
        return TrainingRecord.read(run.provenance).images_seen
    except UserError:
        return None


def turnarounds(records: Iterable[Usage]) -> list[float]:
    """Times from the end of a run's step to the submission of the next, plus the shortest queue.

    The waiting time for resources is excluded.
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
            # Steps may overlap if the second does not depend on the first.
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


def read_image_counts(results: Path) -> dict[str, int] | None:
    """Number of images by split; None before the index exists."""
    path = results / "data/shards.json"
    if not path.is_file():
        return None
    by_split = Shards.read(path).by_split
    return {split: sum(map(len, shards.values())) for split, shards in by_split.items()}


def gpus_of(job: Job) -> int:
    """Number of GPUs allocated to a job, used or not."""
    given = {name: value for name, value in job.resources.items() if name != "use_gpus"}
    return gpus_to_use(given)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _is_training(job: str) -> bool:
    return job.startswith("train/")


def _kind(job: str) -> str:
    """Stage and variant of a job: `train/natural` of `train/natural/seed~3`."""
    return "/".join(job.split("/")[:2])


def _median(values: Sequence[float], default: float) -> Estimate:
    return Estimate(median(values), len(values)) if values else Estimate(default, 0)
