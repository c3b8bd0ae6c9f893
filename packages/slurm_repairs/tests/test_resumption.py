"""Which ends of jobs are no failure."""

from dataclasses import dataclass

import pytest
from slurm_repairs.resumption import Resumption

STOPPED = "7"
"""Number of the Slurm job whose command was told to end."""

WRONG = "8"
"""Number of the Slurm job whose command found an error in its input."""


@dataclass(frozen=True)
class TimedJob:
    group: bool = False

    def is_group(self) -> bool:
        return self.group


@dataclass
class CountedWork:
    """Work whose saves are counted; None if it cannot resume."""

    saves: int | None = 0

    def saved(self, job: TimedJob) -> int | None:
        return self.saves

    def was_stopped(self, job: TimedJob, number: str) -> bool:
        return number == STOPPED

    def repeats(self, job: TimedJob, number: str) -> bool:
        return number == WRONG

    def is_done(self, job: TimedJob) -> None:
        return None


@pytest.mark.parametrize(
    ("state", "number", "goes_on"),
    [
        ("TIMEOUT", "1", True),
        ("PREEMPTED", "1", True),
        ("FAILED", STOPPED, True),
        ("FAILED", "1", False),
        ("CANCELLED", "1", False),
        ("OUT_OF_MEMORY", "1", False),
    ],
)
def test_a_job_with_saved_work_goes_on_after_an_end_that_is_no_fault_of_its(state, number, goes_on):
    work = CountedWork()
    resumption = Resumption(work)
    resumption.submitted(TimedJob())
    work.saves = 1
    assert resumption.goes_on(TimedJob(), number, state) is goes_on


def test_of_two_starts_in_a_row_one_makes_progress():
    work = CountedWork()
    resumption = Resumption(work)
    for progress, goes_on in [(0, True), (1, True), (0, True), (0, False)]:
        resumption.submitted(TimedJob())
        work.saves += progress
        assert resumption.goes_on(TimedJob(), "1", "TIMEOUT") is goes_on
    assert resumption.failed(TimedJob()) == 2
    resumption.submitted(TimedJob())
    assert resumption.goes_on(TimedJob(), "1", "TIMEOUT"), "a retry starts counting again"


@pytest.mark.parametrize(
    ("work", "job"),
    [
        (None, TimedJob()),
        (CountedWork(saves=None), TimedJob()),
        (CountedWork(), TimedJob(group=True)),
    ],
)
def test_what_cannot_resume_does_not_go_on(work, job):
    resumption = Resumption(work)
    resumption.submitted(job)
    assert not resumption.goes_on(job, STOPPED, "TIMEOUT")


@pytest.mark.parametrize(
    ("number", "state", "group", "repeats"),
    [
        (WRONG, "FAILED", False, True),
        (STOPPED, "FAILED", False, False),
        (WRONG, "OUT_OF_MEMORY", False, False),
        (WRONG, "FAILED", True, False),
    ],
)
def test_only_an_error_of_the_command_itself_is_repeated(number, state, group, repeats):
    assert Resumption(CountedWork()).repeats(TimedJob(group), number, state) is repeats
    assert not Resumption(None).repeats(TimedJob(group), number, state)
