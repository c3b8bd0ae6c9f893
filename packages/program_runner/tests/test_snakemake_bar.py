"""Snakemake runs quietly: its steps are shown, its output is kept, the errors of jobs are found."""

import pytest
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
    assert errors_in("") == ["Snakemake said nothing"]
    assert len(errors_in("\n".join(f"[a] error: {number}" for number in range(99)))) == 20
