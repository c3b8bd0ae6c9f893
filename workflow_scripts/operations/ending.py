"""Final messages of a call of Snakemake."""

import shlex
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.job_logs import error_in, last_words_of_worker
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.verdicts import ExperimentVerdict

CANCELLED = "its running jobs were cancelled"
COMPLETED = "its running jobs were completed, and no others started"


@dataclass(frozen=True)
class FailedJob:
    """A job that Snakemake gave up."""

    rule: str
    log: Path | None
    slurm: str | None = None
    """End of its last Slurm job, such as `Slurm job 17: OUT_OF_MEMORY`; None without Slurm."""


@dataclass(frozen=True)
class FailedCall:
    """A call of Snakemake that did not make all that it was asked for."""

    jobs: tuple[FailedJob, ...]
    interruption: str | None = None
    """What happened to the running jobs when the user ended the call; None if nobody did."""

    @classmethod
    def of(cls, scheduler: Any) -> "FailedCall":
        """The call whose jobs Snakemake's scheduler has started, after its last one."""
        jobs = tuple(_failed_jobs(scheduler))
        if scheduler._user_kill is not None:  # SIGTERM
            return cls(jobs, COMPLETED)
        # Snakemake catches Ctrl-C and keeps no record of it: all other ends wait for the jobs.
        ended_early = scheduler.running or not jobs
        is_interrupted = ended_early and scheduler._executor_error is None
        return cls(jobs, CANCELLED if is_interrupted else None)


def _failed_jobs(scheduler: Any) -> Iterator[FailedJob]:
    for failed in scheduler.failed:
        ends = getattr(scheduler.get_executor(failed), "ends", {})
        for job in failed.jobs if failed.is_group() else [failed]:
            log = Path(job.log[0]) if job.log else None
            yield FailedJob(job.rule.name, log, ends.get(failed))


def after_success(layout: Layout, shown: Collection[Path]) -> str:
    """First sentence and path of the report; empty without a report.

    Args:
        layout: the experiment's files.
        shown: files that the call made or found up to date; others may be outdated.
    """
    verdict = layout.table("verdict")
    if not {layout.report, verdict} <= set(shown):
        return ""
    said = ExperimentVerdict.read(verdict).said
    return "\n".join([*([said.headline] if said else []), f"The report: {layout.report}"])


def after_failure(
    layout: Layout, since: float, call: FailedCall, arguments: Sequence[str] = ()
) -> str:
    """Failed jobs with their errors and logs, and the command to resume.

    Args:
        layout: the experiment's files.
        since: start of the call; errors in older logs are from earlier calls.
        call: the call's end.
        arguments: arguments of Snakemake (default: those of this process).
    """
    findings = {job: _finding(layout, since, job) for job in call.jobs}
    if call.interruption:  # Snakemake also gives up jobs that it did not start
        findings = {job: finding for job, finding in findings.items() if finding or job.slurm}
    said = sorted(_entry(layout, since, job, finding) for job, finding in findings.items())
    if said:
        said.insert(0, f"Failed: {len(said)} job{'s' if len(said) > 1 else ''}")
    elif not call.interruption:
        said.append("Failed; see Snakemake's messages above")
    if call.interruption:
        said.append(f"The call was interrupted: {call.interruption}")
    command = shlex.join(["snakemake", *(arguments or sys.argv[1:])])
    resume = "After fixing the error, resume with" if findings else "Resume with"
    return "\n".join([*said, f"Finished results are kept. {resume}: {command}"])


def _entry(layout: Layout, since: float, job: FailedJob, finding: str | None) -> str:
    """Lines about a failed job: name, error, log."""
    name = job.rule if job.log is None else job.log.relative_to(layout.logs).with_suffix("")
    slurm = f" ({job.slurm})" if job.slurm else ""
    entry = f"  {name}{slurm}: {finding or 'ended without an error message'}"
    if job.log is None or not _is_written(job.log, since):
        return entry
    return f"{entry}\n    log: {job.log}{'' if job.log.stat().st_size else _why_empty(job.log)}"


def _finding(layout: Layout, since: float, job: FailedJob) -> str | None:
    """Error of a failed job, or else the last words of its training; None if it left neither."""
    if job.log is None or not _is_written(job.log, since):
        return None
    error = error_in(job.log)
    if error is None and job.rule == "train":
        run = RunLayout(layout.runs / job.log.relative_to(layout.logs / "train").with_suffix(""))
        words = last_words_of_worker(run)
        return f"ended without an error message; its worker's last line: {words}" if words else None
    return error


def _is_written(log: Path, since: float) -> bool:
    """Whether a log is of this call, not of an earlier one."""
    return log.exists() and log.stat().st_mtime >= since


def _why_empty(log: Path) -> str:
    return f" (empty; {shutil.disk_usage(log).free // 2**20} MiB of its disk are free)"
