"""Robust Slurm executor for Snakemake.

It extends the executor of the plugin `snakemake-executor-plugin-slurm` and keeps its way to submit
and cancel jobs. Issue numbers in the docstrings are those of
https://github.com/snakemake/snakemake-executor-plugin-slurm.
"""

import asyncio
import contextlib
import re
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import snakemake_executor_plugin_slurm as plugin
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from .job_step import FORGET_ALLOCATION, for_double_quotes, forget_allocation, job_step
from .other_calls import OtherCalls
from .questions import ENDED, NoAnswerError, accounts
from .reasons import AWAY, lifted_by_time, refusal_in
from .resumption import ResumableWork, Resumption
from .states import FORGOTTEN, JobStates, RecentQueue

PAUSE_SECONDS = 5.0, 60.0
"""First and longest pause between unanswered queries to Slurm."""
RECORD_SECONDS = 240.0
"""Time within which a live call records the inputs of results: it polls at least every three
minutes."""


@dataclass(frozen=True)
class Delay:
    """Reason why a submission is delayed."""

    reason: str
    for_all: bool
    """Whether it affects all jobs of the rule."""


class PatientExecutor(plugin.Executor):
    """The plugin's executor, with different reactions to failures and limits of clusters.

    - Temporary obstacles are waited for, without using a retry, and logged once: limits on
      submitted jobs, a closed partition, an unreachable controller, another call's job on the same
      files. Upstream, each refusal is a failure, and all retries are used up at once (issues 313
      and 320).
    - A submission that Slurm refuses for other reasons fails at once with Slurm's reason.
    - A job whose command ended with an error that a retry would repeat (`ResumableWork.repeats`)
      fails at once.
    - A job that saved its work before it was stopped is resubmitted. This does not count as a
      failure as long as every second start makes progress.
    - Job states come from sacct if accounting is enabled, and from squeue. Queries without a valid
      answer are repeated. Upstream trusts any output of sacct, loses its jobs if squeue does not
      answer for a while, and waits forever for preempted jobs that Slurm cancels (issue 109), for
      `CANCELLED by 0`, and where sacct is installed without accounting (issue 38).
    - Account and partition come from the profile, or are left to Slurm. Upstream guesses the
      account from the last output line of sacct.
    - A call in an allocation (salloc, sbatch) keeps SLURM_CONF, which upstream deletes.
    """

    work: ResumableWork | None = None
    next_seconds_between_status_checks: float

    def __init__(self, workflow: Any, logger: Any) -> None:
        if shutil.which("sbatch") is None:
            raise WorkflowError(
                "this machine has no Slurm (sbatch: not found): run it on a login node of the "
                "cluster, or without Slurm with --profile profiles/local (one machine with a GPU) "
                "or profiles/cpu"
            )
        forget_allocation()
        self._lock = threading.Lock()
        self._is_ready = threading.Event()
        self._is_stopped = False
        self._is_retrying = False
        self._delayed: dict[Any, Delay] = {}
        self._had_twin: dict[Any, float] = {}
        self._said: set[str] = set()
        self._active: dict[str, SubmittedJobInfo] = {}
        self._resumption = Resumption(self.work)
        self.ends: dict[Any, str] = {}
        """End of the last Slurm job of each job that failed, such as `Slurm job 17: TIMEOUT`."""
        self._queue = RecentQueue()
        self._accounts: set[str] | None = None
        super().__init__(workflow, logger)

    def __post_init__(self, test_mode: bool = False) -> None:
        super().__post_init__(test_mode)
        # Settings missing in the profile are left to Slurm, not guessed.
        self._fallback_account_arg = self._fallback_partition = ""
        command = self.workflow.executor_settings.status_command
        self._states = JobStates(self.run_uuid, self._queue, self.logger, command)
        self._others = OtherCalls(self.workflow, self.run_uuid, self._queue, self.work)
        self._is_ready.set()

    # Submission, in threads of the plugin's pool

    def run_job(self, job: Any) -> None:
        """Submit a job now, or later when temporary obstacles are gone."""
        with self._lock:
            same = (d for other, d in self._delayed.items() if other.name == job.name and d.for_all)
            delay = next(same, None)
        if delay is not None:
            self._delay(job, delay)
        else:
            self._run_job_now(job)

    def _run_job_now(self, job: Any) -> None:
        try:
            self._run_or_delay(job)
        except Exception as error:
            # An exception in a thread of the pool would be lost.
            self.logger.error(f"Exception in run_job for {job.name}: {error}", exc_info=True)
            super()._report_job_error_threadsafe(SubmittedJobInfo(job), f"{error}. ")

    def _run_or_delay(self, job: Any) -> None:
        if self._is_stopped:
            return
        if problem := self._account_problem(job):
            self._refuse(job, problem)
            return
        try:
            twin = self._others.twin_of(job)
        except NoAnswerError as problem:
            self._delay(job, Delay(f"{AWAY} ({problem})", for_all=True))
            return
        if twin is None and job in self._had_twin:
            self._run_after_twin(job)
        elif twin is None:
            super().run_job(job)
        elif twin.name == self.run_uuid:
            # sbatch gave up, but Slurm accepted the job.
            self._report_job_submission_threadsafe(self._submitted(job, twin.number))
        else:
            self._had_twin[job] = time.monotonic()
            reason = f"job {job.jobid} waits for Slurm job {twin.number}, which another call"
            self._delay(job, Delay(f"{reason} submitted for the same work", for_all=False))

    def _run_after_twin(self, job: Any) -> None:
        """Accept the results of another call's Slurm job, or submit the job after all."""
        done = asyncio.run(self._others.have_done(job))
        if done:
            self.logger.info(f"Job {job.jobid} was done by the other call.")
            self.report_job_success(SubmittedJobInfo(job))
        elif done is None and time.monotonic() - self._had_twin[job] < RECORD_SECONDS:
            text = (
                f"Job {job.jobid} waits until the other call has recorded the inputs of its results"
            )
            self._delay(job, Delay(text, for_all=False))
        else:
            del self._had_twin[job]
            super().run_job(job)

    def _delay(self, job: Any, delay: Delay) -> None:
        with self._lock:
            self._delayed[job] = delay
            is_new = delay.reason not in self._said
            self._said.add(delay.reason)
        if is_new:
            self.logger.warning(f"{delay.reason[0].upper()}{delay.reason[1:]}. No retry is used.")

    def _submit_delayed(self) -> None:
        """Retry the delayed submissions, until one of the same rule is refused again."""
        try:
            refused = set()
            for job in list(self._delayed):
                if job.name not in refused:
                    with self._lock:
                        self._delayed.pop(job, None)
                    self._run_job_now(job)
                    with self._lock:
                        delay = self._delayed.get(job)
                    if delay is not None and delay.for_all:
                        refused.add(job.name)
        finally:
            self._is_retrying = False

    @property
    def _is_told_to_end(self) -> bool:
        """Whether the call ends after its running jobs (SIGTERM)."""
        return getattr(self.workflow.scheduler, "_user_kill", None) is not None

    def _drop_delayed(self) -> None:
        """Drop the delayed jobs: the call was asked to end after its running jobs."""
        with self._lock:
            dropped, self._delayed = list(self._delayed), {}
        for job in dropped:
            self.workflow.scheduler.error_callback(job)

    def _in_pool(self, call: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the call is ending
            self._job_submission_executor.submit(call, *arguments)

    def _report_job_error_threadsafe(self, job_info: SubmittedJobInfo, msg: str) -> None:
        """Handle the plugin's error for a job that it could not submit."""
        refusal = refusal_in(msg)
        try:
            has_jobs = any(not entry.has_ended for entry in self._queue.entries_now())
        except NoAnswerError:
            has_jobs = True
        name = job_info.job.resources.get("slurm_partition")
        reason = lifted_by_time(refusal, has_jobs, f"partition {name}" if name else None)
        if reason is None:
            self._refuse(job_info.job, refusal)
        else:
            self._delay(job_info.job, Delay(reason, for_all=True))

    def _refuse(self, job: Any, refusal: str) -> None:
        """Report the failure of a job that Slurm refuses permanently."""
        line = f"Slurm refuses the job: {refusal}"
        for log in job.log:
            with contextlib.suppress(OSError):
                Path(log).parent.mkdir(parents=True, exist_ok=True)
                Path(log).write_text(f"error: {line}\n", encoding="utf-8")
        self._use_up_retries(job)
        super()._report_job_error_threadsafe(SubmittedJobInfo(job), f"{line}. ")

    @staticmethod
    def _use_up_retries(job: Any) -> None:
        job.attempt = job.restart_times + 1

    def report_job_submission(self, job_info: SubmittedJobInfo, register_job: bool = True) -> None:
        """Remember a submission and the progress of its work."""
        self._others.submitted(job_info.external_jobid)
        with self._lock:
            self._active[job_info.external_jobid] = job_info
        self._resumption.submitted(job_info.job)
        super().report_job_submission(job_info, register_job)

    def _account_problem(self, job: Any) -> str | None:
        wanted = str(job.resources.get("slurm_account") or "")
        if not wanted:
            return None
        if self._accounts is None:
            self._accounts = accounts()
        # Without an answer, Slurm itself checks the account at submission.
        wrong = [
            name
            for name in re.split(r"[,\s]+", wanted)
            if self._accounts and name.lower() not in map(str.lower, self._accounts)
        ]
        if not wrong:
            return None
        known = ", ".join(sorted(self._accounts))
        return f"account {wrong[0]} is not yours; yours: {known}"

    def _submitted(self, job: Any, number: str) -> SubmittedJobInfo:
        folder = self.slurm_logdir / f"{'group' if job.is_group() else 'rule'}_{job.name}"
        log = folder / plugin.get_job_wildcards(job) / f"{number}.log"
        return SubmittedJobInfo(job, number, {"slurm_logfile": log})

    # States of submitted jobs, in the event loop of a separate thread

    async def check_active_jobs(
        self, active_jobs: list[SubmittedJobInfo]
    ) -> AsyncGenerator[SubmittedJobInfo, None]:
        """Report ended jobs, yield the others, and retry delayed submissions."""
        # The thread starts before this object is complete, which may take long with a slow Slurm.
        while self.wait and not self._is_ready.is_set():
            await asyncio.sleep(0.1)
        states = await self._states_of(active_jobs) if active_jobs else {}
        first = self.workflow.executor_settings.init_seconds_before_status_checks
        pause = min(self.next_seconds_between_status_checks + 10, 180)
        waiting = set()
        for info in active_jobs:
            # This cluster's squeue does not know the jobs of other clusters.
            is_elsewhere = bool(self._submitted_job_clusters)
            number = info.external_jobid or ""
            state = self._states.state_of(number, states, is_elsewhere=is_elsewhere)
            if state not in ENDED and state != FORGOTTEN:
                if state == "PENDING":
                    waiting.add(number)
                yield info
                continue
            pause = first
            await self._report_end(info, state)
        for number, why in (await asyncio.to_thread(self._states.hopeless, waiting)).items():
            self.logger.warning(f"Slurm job {number} waits: {why}")
        # Delayed submissions are retried ever less often: a partition may stay closed.
        has_waiting = bool(active_jobs or self._delayed)
        self.next_seconds_between_status_checks = pause if has_waiting else first
        if self._is_told_to_end:
            self._drop_delayed()
        elif self._delayed and not (self._is_retrying or self._is_stopped):
            self._is_retrying = True
            self._in_pool(self._submit_delayed)

    async def sleep(self) -> None:
        """Wait until the next poll, or the end of the call."""
        await self._rest(self.next_seconds_between_status_checks)

    async def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.wait and time.monotonic() < end:
            await asyncio.sleep(0.5)

    async def _states_of(self, active_jobs: list[SubmittedJobInfo]) -> dict[str, str]:
        """States by job id; the query is repeated until it is answered."""
        numbers = [info.external_jobid or "" for info in active_jobs]
        pause, longest = PAUSE_SECONDS
        has_told = False
        while self.wait:
            try:
                async with self.status_rate_limiter:
                    states = await asyncio.to_thread(self._states.ask, numbers)
            except NoAnswerError as problem:
                if not has_told:
                    self.logger.warning(
                        f"Job states are unknown ({problem}): the jobs continue, and the "
                        "query is repeated until Slurm answers."
                    )
                has_told = True
                await self._rest(pause)
                pause = min(2 * pause, longest)
            else:
                if has_told:
                    self.logger.info("Slurm answers again.")
                return states
        return {}

    async def _report_end(self, info: SubmittedJobInfo, state: str) -> None:
        job, number = info.job, info.external_jobid
        self._active.pop(number, None)
        if state == "COMPLETED" or (state == FORGOTTEN and await self._others.has_outputs(job)):
            if not self.workflow.executor_settings.keep_successful_logs:
                with contextlib.suppress(OSError):
                    info.aux["slurm_logfile"].unlink(missing_ok=True)
            self.report_job_success(info)
            return
        if not self._is_told_to_end and self._resumption.goes_on(job, str(number), state):
            self.logger.info(
                f"Job {job.jobid} was stopped (Slurm job {number}: {state}): it is resubmitted "
                "and resumes, without using a retry."
            )
            self._in_pool(self.run_job, job)
            return
        idle = self._resumption.failed(job)
        why = f", after {idle} consecutive starts without progress" if idle else ""
        self.ends[job] = f"Slurm job {number}: {state}{why}"
        if self._resumption.repeats(job, str(number), state):
            self._use_up_retries(job)
        self.report_job_error(
            info,
            msg=f"Slurm job {number} has ended: {state}{why}. ",
            aux_logs=[str(info.aux["slurm_logfile"])],
        )

    def cancel(self) -> None:
        """Cancel the jobs, and drop delayed ones."""
        self._is_stopped = True
        super().cancel()

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel all jobs; those being polled at this moment are not in `active_jobs`."""
        super().cancel_jobs(list(self._active.values()))

    @property
    def cores(self) -> str:
        """Cores of a job: those of its job step."""
        return "all"

    def additional_general_args(self) -> str:
        """Options of the Snakemake in the job: no executor, since it runs the job itself."""
        return ""

    def format_job_exec(self, job: Any) -> str:
        """Command of a Slurm job: a job step with one Snakemake, which runs the job.

        Upstream, the job starts a Snakemake whose executor `slurm-jobstep` starts another one
        through `srun`, so each job reads the workflow twice.

        The command reaches the job unchanged, also with `$` and backslashes. The plugin passes it
        to sbatch as `--wrap="…"` and escapes only double quotes (issue 29), so the submitting shell
        would expand `$` and backquotes, and remove backslashes.
        """
        python = f"{self.get_python_executable()} -m snakemake "
        before, _, after = super().format_job_exec(job).partition(python)
        command = f"{before}{FORGET_ALLOCATION} && {job_step(job)} {python}{after}"
        if self.workflow.executor_settings.pass_command_as_script:
            return command
        return for_double_quotes(command)
