"""Answers of Slurm's commands, and the repairs of the executor plugin, without a cluster."""

import asyncio
import importlib.metadata
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_slurm as plugin
from slurm_repairs import repairs
from slurm_repairs.questions import (
    NoAnswerError,
    ask,
    cancels_preempted_jobs,
    doubt_about_states,
    minutes_of,
    rows,
)

PACKAGE = Path(__file__).resolve().parents[1]


def program(folder: Path, name: str, *lines: str) -> None:
    """A command that stands in for one of Slurm's."""
    file = folder / name
    file.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    file.chmod(0o755)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder for stand-ins of Slurm's commands; the question about accounting was not asked."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    # To be restored although the code sets it itself.
    monkeypatch.setenv(repairs.CHOSEN, "")
    return tmp_path


def test_a_command_that_gives_no_answer_says_why(path, monkeypatch):
    program(path, "broken", "echo 'first line' >&2", "echo '  broken:  no   luck' >&2", "exit 3")
    program(path, "silent", "exit 4")
    program(path, "slow", "exec sleep 60")
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


@pytest.mark.parametrize(
    ("answer", "doubted"),
    [
        ("", False),
        ("12|COMPLETED\n13|CANCELLED by 1000\n14|OUT_OF_MEMORY\n15|CANCELLED+\n", False),
        ("lab, root\n", True),
        ("12|COMPLETED\nsacct is down for maintenance\n", True),
        ("12|\n", True),
        ("\x00\ufffd|RUNNING\n", True),
    ],
)
def test_states_are_doubted(answer, doubted):
    assert (doubt_about_states(answer) is not None) is doubted


@pytest.mark.parametrize(
    ("limit", "minutes"),
    [
        *(("1-00:00:00", 1440), ("2:30:00", 150), ("30:00", 30), ("0:30", 0.5)),
        *((text, None) for text in ("infinite", "n/a", "UNLIMITED", "soon", "1:2:3:4", "")),
    ],
)
def test_times_are_read_as_slurm_writes_them(limit, minutes):
    assert minutes_of(limit) == minutes


def test_partitions_that_cancel_preempted_jobs_are_found():
    requeues = "PartitionName=gpu\n   OverSubscribe=NO PreemptMode=REQUEUE\n"
    assert not cancels_preempted_jobs(requeues)
    assert not cancels_preempted_jobs("Comment=NoPreemptMode=CANCEL is set here")
    assert cancels_preempted_jobs(requeues + "PartitionName=spare PreemptMode=GANG,CANCEL\n")


@pytest.mark.parametrize(
    ("sacct", "command", "reason"),
    [
        (["echo '7|COMPLETED'"], "sacct", "accounting answers"),
        (
            ["echo 'Slurm accounting storage is disabled' >&2", "exit 1"],
            "squeue",
            "Slurm accounting storage is disabled",
        ),
        (["echo 'lab, root'"], "squeue", "sacct lists no job states but 'lab, root'"),
    ],
)
def test_job_states_are_asked_of_what_can_tell_them(path, capfd, sacct, command, reason):
    program(path, "sacct", f"echo asked >>{path}/asked", *sacct)
    assert [repairs.status_command() for _ in range(3)] == [command] * 3
    assert capfd.readouterr().err == f"Job states are asked of {command} ({reason})\n"
    assert (path / "asked").read_text() == "asked\n"


def test_a_child_process_asks_nothing_again(path, monkeypatch, capfd):
    program(path, "sacct", f"touch {path}/asked")
    monkeypatch.setenv(repairs.CHOSEN, "sacct")
    code = "import slurm_repairs; print(slurm_repairs.status_command())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE, check=True, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("sacct\n", "")
    assert not (path / "asked").exists()


def test_the_memory_of_the_controller_is_asked_until_it_is_known():
    answers = iter([None, None, 3600])
    get = repairs.remembered(lambda: next(answers))
    assert [get() for _ in range(5)] == [300, 300, 3600, 3600, 3600]


def test_preempted_jobs_count_as_cancelled_where_they_stay_away(path):
    async def states(command, logger):
        return (None, None) if command == "away" else ({"1": "PREEMPTED", "2": "RUNNING"}, 0.1)

    def asked(command="squeue"):
        return asyncio.run(repairs.with_cancelled_jobs(states)(command, None))

    program(path, "scontrol", "echo PreemptMode=REQUEUE")
    assert asked() == ({"1": "PREEMPTED", "2": "RUNNING"}, 0.1)
    program(path, "scontrol", "exit 1")
    assert asked() == ({"1": "PREEMPTED", "2": "RUNNING"}, 0.1)
    program(path, "scontrol", "echo PartitionName=spare PreemptMode=CANCEL")
    assert asked() == ({"1": "CANCELLED", "2": "RUNNING"}, 0.1)
    assert asked("away") == (None, None)


def test_a_submission_waits_for_the_controller(path):
    program(path, "sbatch", "echo submitted")
    program(path, "sleep", "exit 0")
    program(
        path,
        "scontrol",
        f"echo >>{path}/pings",
        f"test $(wc -l <{path}/pings) -lt 3 || echo 'Slurmctld(primary) at node is UP'",
    )
    call = repairs.waiting_for_controller(lambda job, *, settings: f"sbatch {job}{settings}")
    command = call("a", settings="b")
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True)
    assert done.stdout == "submitted\n"
    assert (path / "pings").read_text() == "\n" * 3


def functions() -> dict[str, object]:
    """The plugin's functions that are repaired."""
    return {n: getattr(plugin, n) for n in ("get_min_job_age", "query_job_status")}


@pytest.fixture
def unrepaired(monkeypatch):
    """The plugin as it is installed, or nearly so; it is as before after the test."""
    for name, function in {**functions(), "get_submit_command": plugin.get_submit_command}.items():
        monkeypatch.setattr(plugin, name, function)
    monkeypatch.setattr(plugin.Executor, "format_job_exec", plugin.Executor.format_job_exec)
    monkeypatch.setattr(plugin, "repaired", False, raising=False)


def test_the_repairs_are_applied_once(unrepaired, capfd):
    before = functions()
    repairs.apply()
    repaired = functions()
    repairs.apply()
    assert all(repaired[name] is not before[name] for name in before)
    assert functions() == repaired
    assert capfd.readouterr().err == ""


def test_another_version_of_the_plugin_is_left_alone_and_named(unrepaired, capfd, monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "2.9.0")
    before = functions()
    repairs.apply()
    assert functions() == before
    said = capfd.readouterr().err
    assert "snakemake-executor-plugin-slurm 2.9.0 is installed" in said
    assert "NOT applied" in said
    assert "install 2.8.0" in said


@pytest.mark.parametrize("as_script", [False, True])
def test_the_command_of_a_job_reaches_it_unchanged(as_script):
    command = r"""echo '$HOME' "a\$b" `date` 'it'"'"'s' \d "x" """.strip()
    settings = SimpleNamespace(pass_command_as_script=as_script)
    executor = SimpleNamespace(workflow=SimpleNamespace(executor_settings=settings))
    get = repairs.kept_from_the_shell(lambda executor, job: command)
    handed = get(executor, None)
    if as_script:
        assert handed == command
        return
    # As the plugin does it.
    wrap = '"' + handed.replace('"', '\\"') + '"'
    said = subprocess.run(
        ["sh", "-c", f"printf %s {wrap}"], capture_output=True, text=True, check=True
    )
    assert said.stdout == command
