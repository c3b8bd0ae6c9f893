"""A program that is asked to end, is silent, or is told its values."""

import os
import sys
from pathlib import Path

import pytest
from program_runner import (
    ProgramError,
    ProgramTimeoutError,
    check_program,
    check_template,
    filled_in,
    run_program,
)

SAVES = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("saving", flush=True), sys.exit(75)))
print("ready", flush=True)
time.sleep(900)
"""
DEAF = SAVES.replace('lambda *_: (print("saving", flush=True), sys.exit(75))', "signal.SIG_IGN")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_program_that_is_asked_to_end_may_save_first():
    told: list[str] = []
    with pytest.raises(ProgramError, match="ended with 75; it said 'saving'") as error:
        run_program(python(SAVES), told.append, stop=lambda: "ready" in told)
    assert error.value.code == 75
    assert told == ["ready", "saving"]


def test_a_program_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr("program_runner.run.GRACE_SECONDS", 0.1)
    told: list[str] = []
    with pytest.raises(ProgramTimeoutError, match=r"did not end within 0\.1 s when it was told"):
        run_program(python(DEAF), told.append, stop=lambda: "ready" in told, grace=0.1)


def test_a_bar_without_line_ends_is_no_silence():
    bar = "import sys, time\nfor i in range(9): sys.stdout.write(f'\\r{i}'); sys.stdout.flush()"
    told: list[str] = []
    run_program(python(f"{bar}; time.sleep(0.2)\nprint()"), told.append, silence=600)
    assert told == ["8"]


def test_a_silent_program_is_ended():
    with pytest.raises(ProgramTimeoutError, match=r"wrote nothing for 0\.5 s"):
        run_program(python("import time; time.sleep(900)"), print, silence=0.5)


def test_long_lines_and_a_last_one_without_end_are_told():
    told: list[str] = []
    run_program(python("print('a' * 100_000); print('b', end='')"), told.append)
    assert (sum(len(line) for line in told), told[-1]) == (100_001, "b")


def test_programs_are_looked_for_in_given_folders(tmp_path):
    tool = tmp_path / "their-tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    check_program("their-tool", search=os.pathsep.join([str(tmp_path), "/bin"]))
    with pytest.raises(ProgramError, match="no program 'their-tool' here"):
        check_program("their-tool", search="/bin")


@pytest.mark.parametrize(
    ("command", "finding"),
    [
        ("tool {in} {uot}", r"\{uot\} is not one of \{in\}, \{out\}"),
        ("tool {in}", r"\{out\} is missing"),
        ("tool '{in} {out}", "No closing quotation"),
        (" ", "empty; name a program"),
    ],
)
def test_templates_that_cannot_be_filled_in(command, finding):
    with pytest.raises(ValueError, match=finding):
        check_template(command, ("in", "out"), ("in", "out"))


def test_values_are_put_in_once_and_other_braces_stay():
    words = filled_in(
        """tool '{"q": 9}' {in}/x '{out} {none}'""", {"in": "{out}", "out": Path("o")}
    )
    assert words == ["tool", '{"q": 9}', "{out}/x", "o {none}"]
