"""What Slurm's accounting and Snakemake's benchmark files add to the records."""

import csv
import re
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from workflow_scripts.contracts.usage import Usage

FIELDS = "JobIDRaw", "Submit", "Start", "ElapsedRaw", "TotalCPU", "AllocTRES", "ConsumedEnergyRaw"
SECONDS = 60
"""Accounting that takes longer is no help."""
JOBS_A_QUESTION = 500
NO_VALUE = 2**63
"""Slurm writes larger numbers for those that it does not have, and 0 where it measures nothing."""
_GPUS = re.compile(r"gres/gpu=(\d+)")


def with_accounting(records: Sequence[Usage]) -> list[Usage]:
    """The records with what sacct knows of their jobs; as they are where it does not answer."""
    jobs = sorted({record.slurm_job for record in records if record.slurm_job})
    rows: dict[str, dict[str, str]] = {}
    for first in range(0, len(jobs), JOBS_A_QUESTION):
        numbers = ",".join(jobs[first : first + JOBS_A_QUESTION])
        # Not with -X: a job's CPU time is that of its steps, and nothing without them.
        question = [
            "sacct",
            "--parsable2",
            f"--jobs={numbers}",
            f"--format={','.join(FIELDS)}",
        ]
        try:
            answer = subprocess.run(
                question, capture_output=True, text=True, timeout=SECONDS, check=True
            )
        except (OSError, subprocess.SubprocessError):
            break
        rows |= rows_of(answer.stdout)
    # A job that was requeued has several records, and accounting keeps the last of them.
    last = {record.slurm_job: record.attempt for record in sorted(records, key=lambda r: r.start)}
    return [
        completed(record, rows[record.slurm_job])
        if record.slurm_job in rows and last[record.slurm_job] == record.attempt
        else record
        for record in records
    ]


def rows_of(answer: str) -> dict[str, dict[str, str]]:
    """What sacct says, by the number of a job, or of a step (`17.batch`)."""
    rows = csv.DictReader(answer.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE)
    return {row["JobIDRaw"]: row for row in rows}


def completed(record: Usage, row: dict[str, str]) -> Usage:
    """A record with what accounting says of its job."""
    found: dict[str, float | int | str | None] = {}
    times = [_time(row[name]) for name in ("Submit", "Start")]
    if None not in times:
        found["queued_seconds"] = times[1] - times[0]
        found["startup_seconds"] = max(record.start - times[1], 0)
    if record.seconds is None and row["ElapsedRaw"].isdigit():
        # Killed: what accounting counts is all that is known of its end.
        found["seconds"] = max(int(row["ElapsedRaw"]) - found.get("startup_seconds", 0), 0)
    gpus = _GPUS.search(row["AllocTRES"])
    if gpus:
        found["gpus"] = int(gpus[1])
    energy = row["ConsumedEnergyRaw"]
    if energy.isdigit() and 0 < int(energy) < NO_VALUE:
        found |= {"energy_j": float(energy), "energy_of": "node"}
    if record.cpu_seconds is None and (seconds := cpu_seconds(row["TotalCPU"])):
        found["cpu_seconds"] = seconds
    return record.model_copy(update=found)


def with_benchmark(record: Usage, results: Path) -> Usage:
    """A record with the memory that Snakemake measured, if it is of the attempt that succeeded."""
    file = results / "benchmarks" / f"{record.job}.tsv"
    if record.exit_code != 0 or not file.is_file():
        return record
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    try:
        return record.model_copy(update={"peak_rss_mib": float(rows[-1]["max_rss"])})
    except (LookupError, ValueError):  # a job that was too short to be measured: NA
        return record


def cpu_seconds(text: str) -> float | None:
    """A time as sacct writes it, `[days-[hours:]]minutes:seconds[.fraction]`."""
    match = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):([\d.]+)", text)
    if match is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


def _time(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:  # Unknown, None
        return None
