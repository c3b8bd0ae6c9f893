"""Repairs of Snakemake's Slurm executor plugin, for the version that they were written for.

A Snakemake profile applies them when it is read. Each replaces one function of the plugin and
says in its docstring what goes wrong without it. Upstream issues and pull requests are those of
https://github.com/snakemake/snakemake-executor-plugin-slurm.
"""

import importlib.metadata
import os
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from .questions import (
    NoAnswerError,
    accounting_problem,
    ask,
    cancels_preempted_jobs,
)

PLUGIN = "snakemake-executor-plugin-slurm"
VERSION = "2.8.0"
"""Version of the plugin that the repairs were written for."""
CHOSEN = "SLURM_REPAIRS_STATUS_COMMAND"
"""Environment variable that hands `status_command`'s answer on to child processes and jobs."""
MIN_JOB_AGE = 300
"""Slurm's default MinJobAge in seconds."""
QUESTION_SECONDS = 20
WAIT = "for try in $(seq 720); do scontrol ping | grep -q 'is UP' && break; sleep 5; done; "
"""Shell command that waits until the controller answers, an hour at most."""

States = tuple[dict[str, str] | None, float | None]
"""States by job ID, and the seconds that the question took; (None, None) without an answer."""


def status_command() -> str:
    """The command to ask for job states, `sacct` or `squeue`; asked and printed once per call.

    The plugin takes sacct wherever the program exists. Where no accounting stands behind it, every
    question fails and Snakemake waits forever (upstream issue 38; pull request 336 added the option
    `slurm-status-command`, which leaves the choice to the user).
    """
    chosen = os.environ.get(CHOSEN, "")
    if chosen not in ("sacct", "squeue"):
        problem = accounting_problem()
        chosen = "squeue" if problem else "sacct"
        reason = problem or "accounting answers"
        print(f"Job states are asked of {chosen} ({reason})", file=sys.stderr)
        os.environ[CHOSEN] = chosen
    return chosen


def apply() -> None:
    """Apply the repairs to this process, unless another version of the plugin is installed."""
    import snakemake_executor_plugin_slurm as plugin  # noqa: PLC0415 - only the profile has it

    if getattr(plugin, "repaired", False):
        return
    found = importlib.metadata.version(PLUGIN)
    if found != VERSION:
        print(
            f"{PLUGIN} {found} is installed, but the repairs of the Slurm profile were written for "
            f"{VERSION} and are NOT applied: Snakemake may lose its jobs while Slurm's controller "
            f"is away, and wait forever for preempted jobs; install {VERSION}",
            file=sys.stderr,
        )
        return
    plugin.get_min_job_age = remembered(plugin.get_min_job_age)
    plugin.query_job_status = with_cancelled_jobs(plugin.query_job_status)
    plugin.get_submit_command = waiting_for_controller(plugin.get_submit_command)
    plugin.Executor.format_job_exec = kept_from_the_shell(plugin.Executor.format_job_exec)
    plugin.repaired = True


def remembered(get_min_job_age: Callable[[], int | None]) -> Callable[[], int]:
    """How long the controller remembers jobs (MinJobAge), in seconds, asked until it is known.

    Before each look at squeue the plugin asks scontrol for it. Without an answer it turns to sacct,
    also where that has no accounting: while the controller is away, the plugin loses its jobs.

    Draft of an upstream issue: "squeue: a controller that is away makes the executor fall back to
    sacct. With `--slurm-status-command squeue` and no accounting, stop slurmctld for 30 s while a
    job runs. check_active_jobs gets None from get_min_job_age and asks sacct, which always fails;
    the end of the job goes unseen. Ask for MinJobAge once, and treat no answer as unknown."
    """
    known: list[int] = []

    def get() -> int:
        if not known and (age := get_min_job_age()):
            known.append(age)
        return known[0] if known else MIN_JOB_AGE

    return get


def with_cancelled_jobs(
    query_job_status: Callable[..., Awaitable[States]],
) -> Callable[..., Awaitable[States]]:
    """Job states in which a preempted job counts as cancelled where it will not be requeued.

    Since pull request 132 (upstream issue 109) the plugin waits for preempted jobs to come back. In
    a partition with PreemptMode=CANCEL they never do, and it waits forever.

    Draft of an upstream issue: "PREEMPTED is final where PreemptMode=CANCEL. Since #132 a preempted
    job counts as active. In partitions that cancel preempted jobs it stays PREEMPTED, and the
    workflow never ends. Count it as failed there (`scontrol show partition`), so that --retries
    applies."
    """

    async def query(command: str, logger: Any) -> States:
        states, seconds = await query_job_status(command, logger)
        if states and "PREEMPTED" in states.values() and _preempted_jobs_are_cancelled():
            states = {
                job: "CANCELLED" if state == "PREEMPTED" else state for job, state in states.items()
            }
        return states, seconds

    return query


def _preempted_jobs_are_cancelled() -> bool:
    try:
        return cancels_preempted_jobs(
            ask("scontrol", "show", "partition", seconds=QUESTION_SECONDS)
        )
    except NoAnswerError:
        return False


def waiting_for_controller(get_submit_command: Callable[..., str]) -> Callable[..., str]:
    """Submissions that wait until the controller answers.

    While it is away, sbatch fails within seconds, or fails only in appearance. Each failure is an
    error of the job or of the workflow, and all retries are used up at once (upstream issues 313
    and 320).
    """

    def get(*job: Any, **settings: Any) -> str:
        return WAIT + get_submit_command(*job, **settings)

    return get


def kept_from_the_shell(format_job_exec: Callable[..., str]) -> Callable[..., str]:
    """Commands of jobs that reach the job as they are, also with `$` and backslashes.

    The plugin hands the command to sbatch as `--wrap="…"` and escapes only double quotes in it, so
    the shell that submits replaces `$` and backquotes, and takes backslashes away.

    Draft of an upstream issue: "--wrap: `$` in the job's command is expanded on the submitting
    machine. `snakemake --config 'a=$HOME'` quotes the value for the job's shell, but the plugin
    puts the command between double quotes. Escape `$`, backquotes and backslashes as well (#29 did
    it for double quotes)."
    """

    def get(executor: Any, job: Any) -> str:
        command = format_job_exec(executor, job)
        if executor.workflow.executor_settings.pass_command_as_script:
            return command
        return re.sub(r"[\\$`]", r"\\\g<0>", command)

    return get
