"""Resources used by each attempt at a job: one file per attempt, so that no two share a file.

A command with its log in `results/<experiment>/logs/<job>.log` leaves a record in
`results/<experiment>/usage/`. No rule declares these files and no fingerprint covers them:
Snakemake ignores them.
"""

from collections.abc import Iterator
from pathlib import Path

from plain_commands.files import read_json, write_json
from plain_commands.section import Section, validate

from workflow_scripts.contracts.layout import Layout


class Usage(Section):
    """Resources used by one attempt at a job; None if not recorded."""

    job: str
    """Name of the job's log below `logs`, such as `train/natural/seed~3`."""
    attempt: str
    """Unique name of the attempt."""
    start: float
    """Start of the command, Unix time in seconds."""
    seconds: float | None = None
    """Duration of the command; None if it was killed."""
    exit_code: int | None = None
    host: str
    slurm_job: str | None = None
    queued_seconds: float | None = None
    """Time from submission to start in Slurm."""
    startup_seconds: float | None = None
    """Time from the start in Slurm to the start of the command."""
    cores: int | None = None
    """CPU cores allocated."""
    cpu_seconds: float | None = None
    """CPU time of the command and of its finished child processes."""
    peak_rss_mib: float | None = None
    """Peak memory of the largest process, or of all processes where Snakemake measured it."""
    gpus: int | None = None
    """GPUs allocated."""
    gpu_model: str | None = None
    gpu_utilisation: float | None = None
    """GPU utilisation, mean over time and GPUs, 0 to 1."""
    gpu_memory_mib: float | None = None
    """Peak memory of one GPU, in MiB."""
    energy_j: float | None = None
    energy_of: str | None = None
    """Source of the energy: `gpus`, or `node` where Slurm accounts it."""

    @property
    def stage(self) -> str:
        """Stage of the job, the first part of its name."""
        return self.job.split("/", 1)[0]

    @property
    def held_seconds(self) -> float | None:
        """Time for which cores and GPUs were allocated."""
        return None if self.seconds is None else self.seconds + (self.startup_seconds or 0)


def job_of(log_file: Path) -> tuple[Path, str]:
    """The experiment's folder and the job (`Usage.job`) that a log below `logs` belongs to."""
    parts = log_file.parts
    place = len(parts) - 1 - parts[::-1].index("logs")
    return Path(*parts[:place]), Path(*parts[place + 1 :]).with_suffix("").as_posix()


def read_usage(results: Path) -> Iterator[Usage]:
    """The records of an experiment, in no particular order.

    Raises:
        UserError: one is damaged.
    """
    for file in Layout(results).usage.rglob("*.json"):
        if not file.name.startswith("."):  # being written
            yield _read(file)


def read_attempts(results: Path, job: str) -> list[Usage]:
    """The records of one job's attempts, in no particular order.

    Raises:
        UserError: one is damaged.
    """
    pattern = Layout(results).attempt_usage(job, "*")
    return [_read(file) for file in pattern.parent.glob(pattern.name)]


def _read(file: Path) -> Usage:
    return validate(Usage, read_json(file), str(file))


def write_usage(results: Path, usage: Usage) -> None:
    """Write the record of an attempt; an earlier record of the same attempt is replaced."""
    file = Layout(results).attempt_usage(usage.job, usage.attempt)
    write_json(file, usage.model_dump(mode="json"))
