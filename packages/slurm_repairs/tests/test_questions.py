"""Questions to stand-ins of Slurm's commands, and their answers."""

import getpass

import pytest
from slurm_repairs import questions
from slurm_repairs.questions import (
    NoAnswerError,
    accounted_states,
    accounting_problem,
    accounts,
    ask,
    minutes_of,
    queue,
    rows,
)
from slurm_repairs.reasons import NEVER, lifted_by_time, reason_in_words


def program(folder, name, *lines):
    """A command that stands in for one of Slurm's."""
    file = folder / name
    file.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    file.chmod(0o755)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder for stand-ins of Slurm's commands."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_a_command_that_gives_no_answer_says_why(path):
    program(path, "broken", "echo 'first line' >&2", "echo '  broken:  no   luck' >&2", "exit 3")
    program(path, "silent", "exit 4")
    program(path, "slow", "exec /bin/sleep 60")
    for name, reason in {
        "broken": "broken: no luck",
        "silent": "silent exits with 4",
        "slow": "slow does not answer within 0 s",
        "nosuch": "nosuch is not installed",
    }.items():
        with pytest.raises(NoAnswerError) as refused:
            ask(name, seconds=0.3 if name == "slow" else 60)
        assert str(refused.value) == reason


def test_lines_that_are_no_rows_are_left_out():
    answer = "Welcome to the cluster!\n12|PENDING|a|b\n\n13|RUNNING|\n14\n"
    assert rows(answer, "job", "state", "rest") == [
        {"job": "12", "state": "PENDING", "rest": "a|b"},
        {"job": "13", "state": "RUNNING", "rest": ""},
    ]


def test_the_queue_is_read_without_what_the_site_says_in_between(path):
    program(
        path,
        "squeue",
        "echo 'Maintenance|on|Monday|at|noon|and|all|day'",
        "echo '12_3|run|RUNNING|2026-01-02T03:04:05|n1|None|rule_train|/a|b'",
        "echo '13|run|PREEMPTED|2026-01-02T03:04:05||None|(null)|/a'",
    )
    first, second = queue()
    assert (first.number, first.state, first.directory) == ("12_3", "RUNNING", "/a|b")
    assert (first.has_ended, second.has_ended) == (False, True)


@pytest.mark.parametrize(
    ("answer", "states"),
    [
        ("", {}),
        (
            "12|COMPLETED\n13|CANCELLED by 1000\n14|OUT_OF_MEMORY\n15|CANCELLED+\n",
            {"12": "COMPLETED", "13": "CANCELLED", "14": "OUT_OF_MEMORY", "15": "CANCELLED"},
        ),
        ("lab, root\n", None),
        ("12|COMPLETED\nsacct is down for maintenance\n", None),
        ("12|\n", None),
        ("x1|RUNNING\n", None),
    ],
)
def test_states_are_doubted(path, answer, states):
    (path / "answer").write_text(answer)
    program(path, "sacct", f"/bin/cat {path}/answer")
    if states is None:
        with pytest.raises(NoAnswerError, match="sacct lists no job states but "):
            accounted_states(seconds=60)
        assert "sacct lists no job states but " in accounting_problem()
    else:
        assert accounted_states(seconds=60) == states
        assert accounting_problem() is None


def test_accounting_that_hangs_or_is_missing_is_no_accounting(path, monkeypatch):
    assert accounting_problem() == "sacct is not installed"
    program(path, "sacct", "exec /bin/sleep 60")
    monkeypatch.setattr(questions, "ACCOUNTING_SECONDS", 0.3)
    assert accounting_problem() == "sacct does not answer within 0 s"


def test_accounts_are_names(path):
    assert accounts() == set()
    program(
        path,
        "sacctmgr",
        'echo "$*" >&2',
        f'test "$5" = user={getpass.getuser()} || exit 1',
        "echo 'Dear users, the database is slow today'",
        "echo lab",
        "echo a.b-c@site",
        "echo lab",
    )
    assert accounts() == {"lab", "a.b-c@site"}


@pytest.mark.parametrize(
    ("limit", "minutes"),
    [
        *(("1-00:00:00", 1440), ("2:30:00", 150), ("30:00", 30), ("0:30", 0.5)),
        *((text, None) for text in ("infinite", "n/a", "UNLIMITED", "soon", "1:2:3:4", "")),
    ],
)
def test_times_are_read_as_slurm_writes_them(limit, minutes):
    assert minutes_of(limit) == minutes


@pytest.mark.parametrize(
    ("reason", "words", "never"),
    [
        ("Resources", "waiting for nodes, GPUs, cores or memory to become free", False),
        ("PartitionTimeLimit", "more time than its partition allows", True),
        ("QOSMaxGRESPerJob", "more (GPUs) than its quality of service allows a job", True),
        ("QOSMaxWallDurationPerJobLimit", "more (time) than its quality of service", True),
        ("QOSMinGRES", "less (GPUs) than its quality of service requires", True),
        ("AssocMaxJobsLimit", "the limit of its account on running jobs is reached", False),
        ("QOSMaxJobsPerUserLimit", "its quality of service on running jobs per user", False),
        ("MaxMemoryPerAccount", "the limit of its account on memory per account", False),
        ("AssocGrpGRESRunMinutes", "the limit of its account on the minutes of GPUs is", False),
        ("ReqNodeNotAvail, UnavailableNodes:n[1-2]", "down, drained or reserved", False),
        (
            "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority",
            "down, drained or reserved",
            False,
        ),
    ],
)
def test_reasons_are_put_into_words(reason, words, never):
    said = reason_in_words(reason)
    assert words in said
    assert (f"{NEVER}; cancel it" in said) is never


def test_details_and_unknown_reasons_are_kept():
    assert "(ReqNodeNotAvail, UnavailableNodes:n1)" in reason_in_words(
        "ReqNodeNotAvail, UnavailableNodes:n1"
    )
    assert "(Resources)" in reason_in_words("Resources")
    assert reason_in_words("SomethingNew") == "SomethingNew"


POLICY = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"


@pytest.mark.parametrize(
    ("refusal", "alone", "with_jobs"),
    [
        (f"QOSMaxSubmitJobPerUserLimit {POLICY}", False, True),
        (f"AssocGrpSubmitJobsLimit {POLICY}", True, True),
        (POLICY, False, True),
        (f"QOSMaxWallDurationPerJobLimit {POLICY}", False, False),
        (f"QOSMaxGRESPerUser {POLICY}", False, False),
        ("Unable to contact slurm controller (connect failure)", True, True),
        ("Batch job submission failed: Socket timed out on send/recv operation", True, True),
        ("Batch job submission failed: Resource temporarily unavailable", True, True),
        ("Required partition not available (inactive or drain)", True, True),
        ("Invalid account or account/partition combination specified", False, False),
        ("invalid partition specified: nosuch", False, False),
        ("Invalid qos specification", False, False),
        ("lua: jobs need --time", False, False),
    ],
)
def test_only_what_time_lifts_is_tried_again(refusal, alone, with_jobs):
    assert (lifted_by_time(refusal, has_jobs=False) is not None) is alone
    assert (lifted_by_time(refusal, has_jobs=True) is not None) is with_jobs
