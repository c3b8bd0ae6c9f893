"""What each job used: a file of its own a job, for no two jobs may write into one.

A command that keeps its messages in `results/<experiment>/logs/<job>.log` leaves a record in
`results/<experiment>/usage/`, under a name that no other attempt has. No rule declares these files
and no fingerprint covers them: Snakemake neither sees nor misses them.
"""

import os
import resource
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from workflow_scripts.common.console import log
from workflow_scripts.common.files import read_json, write_json
from workflow_scripts.common.gpus import GpuMeter, visible_gpus
from workflow_scripts.common.section import Section, validate

FOLDER = "usage"
SLURM_SECONDS = 5
"""A controller that does not answer in this time does not hold up the job."""


class Usage(Section):
    """What one attempt at a job used. What was not recorded is None."""

    job: str
    """As its log is named below `logs`, such as `train/natural/seed~3`."""
    attempt: str
    """Nobody else's."""
    start: float
    """When its command started, Unix time (seconds)."""
    seconds: float | None = None
    """How long its command ran; None where it was killed."""
    exit_code: int | None = None
    host: str
    slurm_job: str | None = None
    queued_seconds: float | None = None
    """From its submission to its start in Slurm."""
    startup_seconds: float | None = None
    """From its start in Slurm to that of its command."""
    cores: int | None = None
    """That it was given."""
    cpu_seconds: float | None = None
    """Of the command and the processes that it waited for."""
    peak_rss_mib: float | None = None
    """Of the largest of these processes, or of all together where Snakemake measured it."""
    gpus: int | None = None
    """That it was given."""
    gpu_model: str | None = None
    gpu_utilisation: float | None = None
    """The share of the time in which a GPU computed, mean over its GPUs, 0 to 1."""
    gpu_memory_mib: float | None = None
    """The most on one GPU."""
    energy_j: float | None = None
    energy_of: str | None = None
    """What the energy is of: `gpus`, or `node`, as Slurm accounts it."""

    @property
    def stage(self) -> str:
        """The rule."""
        return self.job.split("/", 1)[0]

    @property
    def held_seconds(self) -> float | None:
        """How long its cores and GPUs were its own."""
        return None if self.seconds is None else self.seconds + (self.startup_seconds or 0)


class Recorder:
    """Records a job from now on.

    Args:
        results: the experiment's folder.
        job: its name, see `Usage.job`.
        gpus: the command's own number of GPUs; None if it has no such argument.
        threads: the same of threads.
    """

    def __init__(self, results: Path, job: str, gpus: int | None, threads: int | None) -> None:
        slurm_job = os.environ.get("SLURM_JOB_ID")
        start = time.time()
        queued, startup = _times_in_slurm(slurm_job, start) if slurm_job else (None, None)
        visible = visible_gpus()
        if slurm_job:
            given = _number("SLURM_GPUS_ON_NODE") or 0
            cores = _number("SLURM_CPUS_PER_TASK") or _number("SLURM_CPUS_ON_NODE")
        else:
            given, cores = (gpus if visible or gpus is not None else 0), threads
            visible = visible if gpus is None else visible[:gpus]
        attempt = uuid.uuid4().hex[:12]
        self._file = results / FOLDER / f"{job}.{attempt}.json"
        self._began = time.monotonic()
        self._usage = Usage(
            job=job,
            attempt=attempt,
            start=start,
            host=socket.gethostname(),
            slurm_job=slurm_job,
            queued_seconds=queued,
            startup_seconds=startup,
            cores=cores,
            gpus=given,
        )
        self._write(self._usage)
        self._meter = GpuMeter(visible) if visible and given != 0 else None

    def end(self, exit_code: int) -> None:
        """Complete the record."""
        own, others = (
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        found = {
            "seconds": round(time.monotonic() - self._began, 3),
            "exit_code": exit_code,
            "cpu_seconds": sum(used.ru_utime + used.ru_stime for used in (own, others)),
            # KiB on Linux.
            "peak_rss_mib": max(own.ru_maxrss, others.ru_maxrss) / 1024,
        }
        if self._meter is not None:
            gpus = self._meter.read()
            found |= {
                "gpu_model": gpus.model,
                "gpu_utilisation": gpus.utilisation,
                "gpu_memory_mib": gpus.memory_mib,
                "energy_j": gpus.energy_j,
                "energy_of": None if gpus.energy_j is None else "gpus",
            }
        self._write(self._usage.model_copy(update=found))

    def _write(self, usage: Usage) -> None:
        try:
            write_json(self._file, usage.model_dump(mode="json"))
        except OSError as error:  # no reason for a job to fail
            log.warning("%s: cannot be written (%s)", self._file, error.strerror)


def job_of(log_file: Path) -> tuple[Path, str]:
    """The experiment's folder, and the job (`Usage.job`), of a log below a folder `logs`."""
    parts = log_file.parts
    place = len(parts) - 1 - parts[::-1].index("logs")
    return Path(*parts[:place]), Path(*parts[place + 1 :]).with_suffix("").as_posix()


def read_usage(results: Path) -> Iterator[Usage]:
    """The records of an experiment, in no order."""
    for file in (results / FOLDER).rglob("*.json"):
        if not file.name.startswith("."):  # being written
            yield validate(Usage, read_json(file), str(file))


def _number(variable: str) -> int | None:
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else None


def _times_in_slurm(job: str, now: float) -> tuple[float | None, float | None]:
    """Seconds in the queue, and since Slurm started the job; None where Slurm does not say."""
    question = ["squeue", "--noheader", f"--jobs={job}", "--format=%V|%S"]
    try:
        answer = subprocess.run(
            question, capture_output=True, text=True, timeout=SLURM_SECONDS, check=True
        )
        submitted, started = (
            datetime.fromisoformat(text).timestamp() for text in answer.stdout.strip().split("|")
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None, None
    return started - submitted, max(now - started, 0)
