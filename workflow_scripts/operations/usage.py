"""Measurement of a job's resources; records are completed from accounting and benchmarks."""

import csv
import os
import re
import resource
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cluster_jobs.gpus import GpuMeter, visible_gpus
from plain_commands.console import log
from plain_commands.errors import UserError
from slurm_repairs.questions import NoAnswerError, ask, rows

from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.usage import Usage, write_usage

FIELDS = "JobIDRaw", "Submit", "Start", "ElapsedRaw", "TotalCPU", "AllocTRES", "ConsumedEnergyRaw"
"""Fields queried from sacct."""
SQUEUE_SECONDS = 5
"""Time limit of a query to squeue, which delays the start of a job."""
ACCOUNTING_SECONDS = 60
"""Time limit of a query to sacct."""
JOBS_PER_QUESTION = 500
NO_VALUE = 2**63
"""Limit above which a number from Slurm means unknown."""
_GPUS = re.compile(r"gres/gpu=(\d+)")


class Recorder:
    """A recording of this process's resources, from construction to `end`.

    Args:
        results: the experiment's folder.
        job: the job's name, see `Usage.job`.
        gpus: number of GPUs given to the command; None if it has no such argument.
        threads: number of threads given to the command; None if it has no such argument.
    """

    def __init__(self, results: Path, job: str, gpus: int | None, threads: int | None) -> None:
        slurm_job = os.environ.get("SLURM_JOB_ID")
        start = time.time()
        queued, startup = _times_in_slurm(slurm_job, start) if slurm_job else (None, None)
        visible = visible_gpus()
        given: int | None
        if slurm_job:
            given = _number("SLURM_GPUS_ON_NODE") or 0
            cores = _number("SLURM_CPUS_PER_TASK") or _number("SLURM_CPUS_ON_NODE")
        else:
            given, cores = (gpus if visible or gpus is not None else 0), threads
            visible = visible if gpus is None else visible[:gpus]
        self._results = results
        self._began = time.monotonic()
        self._usage = Usage(
            job=job,
            attempt=uuid.uuid4().hex[:12],
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
        found: dict[str, float | str | None] = {
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
            write_usage(self._results, usage)
        except (OSError, UserError) as error:  # must not make a job fail
            log.warning("%s: usage is not recorded (%s)", self._results, error)


def with_accounting(records: Sequence[Usage]) -> list[Usage]:
    """The records completed from sacct; unchanged if it does not respond."""
    jobs = sorted({record.slurm_job for record in records if record.slurm_job})
    found: dict[str, dict[str, str]] = {}
    for first in range(0, len(jobs), JOBS_PER_QUESTION):
        numbers = ",".join(jobs[first : first + JOBS_PER_QUESTION])
        # Without -X, since a job's CPU time is that of its steps.
        question = "sacct", "--noheader", "--parsable2", f"--jobs={numbers}"
        try:
            answer = ask(*question, f"--format={','.join(FIELDS)}", seconds=ACCOUNTING_SECONDS)
        except NoAnswerError:
            break
        found |= accounted(answer)
    # A requeued job has several records, but accounting keeps only the last one.
    last = {record.slurm_job: record.attempt for record in sorted(records, key=lambda r: r.start)}
    return [
        completed(record, found[record.slurm_job])
        if record.slurm_job in found and last[record.slurm_job] == record.attempt
        else record
        for record in records
    ]


def accounted(answer: str) -> dict[str, dict[str, str]]:
    """Rows of sacct (`FIELDS`) by the id of the job, or of a step (`17.batch`)."""
    return {row["JobIDRaw"]: row for row in rows(answer, *FIELDS)}


def completed(record: Usage, row: Mapping[str, str]) -> Usage:
    """A record completed from accounting."""
    found: dict[str, float | str] = {}
    startup = 0.0
    submitted, started = (_time(row[name]) for name in ("Submit", "Start"))
    if submitted is not None and started is not None:
        startup = max(record.start - started, 0)
        found |= {"queued_seconds": started - submitted, "startup_seconds": startup}
    if record.seconds is None and row["ElapsedRaw"].isdecimal():
        # Killed, so only accounting knows its end.
        found["seconds"] = max(int(row["ElapsedRaw"]) - startup, 0)
    gpus = _GPUS.search(row["AllocTRES"])
    if gpus:
        found["gpus"] = int(gpus[1])
    energy = row["ConsumedEnergyRaw"]
    if energy.isdecimal() and 0 < int(energy) < NO_VALUE:
        found |= {"energy_j": float(energy), "energy_of": "node"}
    if record.cpu_seconds is None and (seconds := cpu_seconds(row["TotalCPU"])):
        found["cpu_seconds"] = seconds
    return record.model_copy(update=found)


def with_benchmark(record: Usage, results: Path) -> Usage:
    """A record with the peak memory that Snakemake measured, if the attempt succeeded."""
    file = Layout(results).benchmark(record.job)
    if record.exit_code != 0 or not file.is_file():
        return record
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    try:
        return record.model_copy(update={"peak_rss_mib": float(rows[-1]["max_rss"])})
    except (LookupError, ValueError):  # NA: the job was too short to be measured
        return record


def cpu_seconds(text: str) -> float | None:
    """Seconds of a duration in sacct's format, `[days-[hours:]]minutes:seconds[.fraction]`."""
    match = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):([\d.]+)", text)
    if match is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


def _number(variable: str) -> int | None:
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else None


def _times_in_slurm(job: str, now: float) -> tuple[float | None, float | None]:
    """Seconds in the queue, and since Slurm started the job; None if unknown."""
    try:
        answer = ask(
            "squeue", "--noheader", f"--jobs={job}", "--format=%V|%S", seconds=SQUEUE_SECONDS
        )
    except NoAnswerError:
        return None, None
    for row in rows(answer, "submitted", "started"):
        submitted, started = _time(row["submitted"]), _time(row["started"])
        if submitted is not None and started is not None:
            return started - submitted, max(now - started, 0)
    return None, None


def _time(text: str) -> float | None:
    """Unix time of a time in Slurm's format; None for texts such as `Unknown`."""
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except ValueError:
        return None
