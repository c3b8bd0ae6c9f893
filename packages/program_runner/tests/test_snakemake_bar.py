"""Snakemake runs quietly: its steps are shown, its output is kept, the errors of jobs are found."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from program_runner import snakemake_bar
from program_runner.snakemake_bar import errors_in, run_quietly, show_steps, steps_in

SNAKEFILE = """
rule all:
    input: "b.txt"
rule a:
    output: "a.txt"
    shell: "touch {output}"
rule b:
    input: "a.txt"
    output: "b.txt"
    log: "b.log"
    shell: "printf '[b] %s: no ink' error > {log}; exit 1"
"""


@pytest.mark.slow
def test_steps_are_shown_and_errors_returned(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    said, told = tmp_path / "said.log", []
    arguments = ["--cores", "1", "--directory", str(tmp_path), "--show-failed-logs"]
    arguments += ["--snakefile", str(tmp_path / "Snakefile")]
    assert run_quietly(["a.txt", *arguments], said, "working", told.append) == []
    assert told == ["1 of 1 steps"]
    assert run_quietly(arguments, said, "working", told.append) == ["no ink"]
    assert "rule b" in said.read_text()


def test_progress_is_a_line_at_each_tenth_without_a_terminal():
    lines = ["Building\n", *(f"{done} of 40 steps ({done}%) done\n" for done in range(1, 41))]
    told = []
    show_steps(steps_in(lines), "working", told.append)
    assert len(told) == 11
    assert told[-1] == "40 of 40 steps"


def test_errors_are_named_once_or_else_the_last_lines():
    assert errors_in("noise\n[a] error: x: gone\n   [a] error: x: gone\nend") == ["x: gone"]
    planning = "Error:\n  UserError: x: there is no file y\nWildcards:\n\nTraceback:\n  File"
    assert errors_in(planning) == ["x: there is no file y"]
    refused = 'WorkflowError in file "a", line 3:\nx: gone\ny: gone\n  File "a", in b\nend\n'
    assert errors_in(refused) == ["x: gone", "y: gone"]
    assert errors_in(f"[a] error: z\n{refused}") == ["z"]
    assert errors_in("first\n\nlast\n") == ["first", "last"]
    bug = "Finished jobid: 3\nTraceback:\n  x()\nOSError: [Errno 36] too long"
    assert errors_in(f"{bug}\nError in rule a:\n{bug}") == ["OSError: [Errno 36] too long"]
    assert errors_in("") == ["Snakemake said nothing"]
    assert len(errors_in("\n".join(f"[a] error: {number}" for number in range(99)))) == 20


CALL = """
import fcntl
import sys
from pathlib import Path
from program_runner.snakemake_bar import run_quietly
with open("lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    run_quietly(sys.argv[1:], Path("said.log"), "working", held=[lock.fileno()])
"""


def started(folder: Path) -> subprocess.Popen:
    """A call in a folder, with a job that does not end by itself."""
    (folder / "Snakefile").write_text("rule a:\n    shell: 'echo $$ > began; sleep 1000'\n")
    package = str(Path(snakemake_bar.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", CALL, "--cores", "1"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": package},
    )
    while not (folder / "began").exists() or not (folder / "began").read_text():
        assert process.poll() is None
        time.sleep(0.05)
    return process


def running_in(folder: Path) -> list[int]:
    """Processes whose working directory is a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):  # it has ended
            if entry.readlink() == folder.resolve():
                found.append(int(entry.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_snakemake_and_its_jobs_end_with_the_call(tmp_path, number):
    process = started(tmp_path)
    process.send_signal(number)
    assert process.wait() == 128 + number
    assert running_in(tmp_path) == []


@pytest.mark.slow
def test_snakemake_holds_the_lock_of_a_call_that_was_killed_alone(tmp_path):
    process = started(tmp_path)
    process.kill()
    process.wait()
    with (tmp_path / "lock").open() as lock:
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            for left in running_in(tmp_path):
                os.kill(left, signal.SIGKILL)
        fcntl.flock(lock, fcntl.LOCK_EX)
