"""Last words of a call of Snakemake."""

import os
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from plain_commands.errors import UserError
from plain_commands.files import write_text

from tests.written_results import write_results
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.operations.ending import (
    CANCELLED,
    COMPLETED,
    FailedCall,
    FailedJob,
    after_failure,
    after_success,
)

ERROR = "2026-01-02 03:04:05 error: the loss is nan; lower training.learning_rate"


ARGUMENTS = "--profile", "profiles/cpu", "--config", "a={b: c}"
RESUME = "snakemake --profile profiles/cpu --config 'a={b: c}'"
SUBMITITS = "submitit INFO (2026-01-02 03:04:05,678) - Loading pickle: x.pkl\n"


@pytest.fixture
def layout(tmp_path):
    """An experiment's files."""
    return Layout(tmp_path / "results/mine")


def written(layout, job, text, time=200):
    """A job that Snakemake gave up, with this log."""
    write_text(layout.log(job), text)
    os.utime(layout.log(job), (time, time))
    return FailedJob(job.partition("/")[0], layout.log(job))


def said_of(layout, *jobs, interruption=None):
    """The last words of a call that started at 100 s."""
    call = FailedCall(jobs, interruption)
    return after_failure(layout, 100, call, ARGUMENTS).splitlines()


def test_failed_jobs_are_named_with_error_log_and_command(layout):
    found = f"2026-01-02 03:04:04 step 1\n{ERROR}\n"
    failed = written(layout, "train/anonymized/seed~2", found)
    written(layout, "train/unmodified/seed~1", found)  # its retry is done
    bug = "Traceback (most recent call last):\nKeyError: 'x'\n"
    assert said_of(layout, failed, written(layout, "check_variant/theirs/train", bug)) == [
        "Failed: 2 jobs",
        "  check_variant/theirs/train: KeyError: 'x'",
        f"    log: {layout.log('check_variant/theirs/train')}",
        "  train/anonymized/seed~2: the loss is nan; lower training.learning_rate",
        f"    log: {layout.log('train/anonymized/seed~2')}",
        f"Finished results are kept. After fixing the error, resume with: {RESUME}",
    ]


def test_of_many_findings_the_first_is_shown_with_the_number_of_the_others(layout):
    sizes = [f"out/{n}.png: 320x180 pixels; the original has 640x360" for n in range(28)]
    lines = str(UserError.of([*sizes, "out: 2 images too many"])).splitlines()
    text = "".join(f"2026-01-02 03:04:05 error: {line}\n" for line in lines)
    job = written(layout, "anonymize/small/train/000-800a9c15", text)
    assert said_of(layout, job)[1] == (
        "  anonymize/small/train/000-800a9c15: out/0.png: 320x180 pixels; the original has 640x360"
        " (and 28 more in the log)"
    )


def test_a_job_that_was_killed_is_listed_with_what_is_known(layout):
    """By Slurm, by its worker's output, or only by Snakemake; an older log is of another call."""
    overdue = FailedJob("predict", layout.log("predict/a/seed~1"), "Slurm job 7: TIMEOUT")
    refused = replace(
        written(layout, "train/b/seed~1", f"{ERROR}\n", time=99), slurm="Slurm job 8: CANCELLED"
    )
    launch = layout.run("c", 1).launch
    write_text(launch / "17_0_log.out", f"{SUBMITITS}OSError: [Errno 28] No space left\n\n")
    write_text(launch / "17_1_log.out", f"{SUBMITITS}lost its peer\n")
    os.utime(launch / "17_1_log.out", (2e9, 2e9))
    silent = written(layout, "train/c/seed~1", "2026-01-02 03:04:05 iteration 1/9\n")
    empty = written(layout, "index_dataset", "")
    said = said_of(layout, overdue, refused, silent, empty)
    free = said.pop(2)
    assert said == [
        "Failed: 4 jobs",
        "  index_dataset: ended without an error message",
        "  predict/a/seed~1 (Slurm job 7: TIMEOUT): ended without an error message",
        "  train/b/seed~1 (Slurm job 8: CANCELLED): ended without an error message",
        "  train/c/seed~1: ended without an error message; its worker's last line: "
        "OSError: [Errno 28] No space left",
        f"    log: {silent.log}",
        f"Finished results are kept. After fixing the error, resume with: {RESUME}",
    ]
    assert re.fullmatch(rf"    log: {empty.log} \(empty; \d+ MiB of its disk are free\)", free)


def test_an_interrupted_call_has_no_error(layout):
    not_started = FailedJob("predict", layout.log("predict/a/seed~1"))
    assert said_of(layout, not_started, interruption=CANCELLED) == [
        "The call was interrupted: its running jobs were cancelled",
        f"Finished results are kept. Resume with: {RESUME}",
    ]
    failed = written(layout, "table_2", f"{ERROR}\n")
    said = said_of(layout, failed, not_started, interruption=CANCELLED)
    assert said[0] == "Failed: 1 job"
    assert said[-2].startswith("The call was interrupted")
    assert said[-1].startswith("Finished results are kept. After fixing the error")


def test_a_call_that_fails_without_a_job_refers_to_snakemake(layout):
    assert said_of(layout) == [
        "Failed; see Snakemake's messages above",
        f"Finished results are kept. Resume with: {RESUME}",
    ]


class FinishedJob:
    """One of Snakemake's jobs."""

    rule = SimpleNamespace(name="train")
    log = ("logs/train/a/seed~1.log",)

    def is_group(self):
        return False


def scheduler(**changes):
    """Snakemake's scheduler after the call."""
    ended = {"failed": set(), "running": set(), "_user_kill": None, "_executor_error": None}
    return SimpleNamespace(**ended | changes, get_executor=lambda job: SimpleNamespace())


def test_what_ended_the_call_is_read_from_the_scheduler():
    job, other = FinishedJob(), FinishedJob()
    failed = (FailedJob("train", Path("logs/train/a/seed~1.log")),)
    ends = SimpleNamespace(ends={job: "Slurm job 7: TIMEOUT"})
    assert FailedCall.of(scheduler(failed={job})) == FailedCall(failed)
    of_slurm = replace(failed[0], slurm="Slurm job 7: TIMEOUT")
    found = scheduler(failed={job})
    found.get_executor = lambda job: ends
    assert FailedCall.of(found) == FailedCall((of_slurm,))
    assert FailedCall.of(scheduler(running={job})) == FailedCall((), CANCELLED)
    both = scheduler(failed={job}, running={other})
    assert FailedCall.of(both) == FailedCall(failed, CANCELLED)
    told = scheduler(_user_kill="graceful")
    assert FailedCall.of(told) == FailedCall((), COMPLETED)
    assert FailedCall.of(scheduler(_executor_error=OSError())) == FailedCall(())


def test_success_ends_with_the_answer_and_the_report(tmp_path):
    layout = Layout(write_results(tmp_path))
    layout.report.touch()
    shown = {layout.report, layout.table("verdict")}
    answer, path = after_success(layout, shown).splitlines()
    assert answer.endswith(".")
    assert path == f"The report: {layout.report}"


def test_an_answer_that_the_call_did_not_make_is_not_given(tmp_path):
    layout = Layout(write_results(tmp_path))
    layout.report.touch()
    assert after_success(layout, {layout.report}) == ""
    assert after_success(layout, {layout.table("verdict")}) == ""
