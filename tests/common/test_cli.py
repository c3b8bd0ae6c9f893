"""The frame of the commands: help, errors, exit codes, logs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import pytest
from plain_commands.errors import UserError

from workflow_scripts.common.cli import (
    EXIT_NO_READER,
    ROOT,
    Behind,
    Count,
    Files,
    Folder,
    Program,
    Settings,
    _exit_code,
    labelled,
    option,
)
from workflow_scripts.contracts.settings import Dataset
from workflow_scripts.training.settings import Training

calls: list[dict] = []
"""What the commands of these tests were called with."""


def draw(*, settings: Settings[Dataset]) -> None:
    """Draw something."""
    calls.append({"settings": settings})


def learn(*, settings: Settings[Training]) -> None:
    """Learn something."""


@labelled("see {variant} seed {seed}")
def see(
    results: Folder,
    /,
    *,
    variant: str = "blur",
    seed: Count = 3,
    files: Files = (),
    runs: Annotated[tuple[Path, ...], option("FILE", many=(1, None))] = (),
    where: Literal["here", "there"] = "here",
) -> int:
    """See something.

    All of it, in a paragraph that goes on over more than one line of the docstring in which it
    stands.

    Args:
        results: a folder.
        variant: a name.
    """
    calls.append(locals())
    if results.name == "gone":
        raise UserError(f"{results}: no such folder")
    return 5


def fail(error: str) -> None:
    """Fail."""
    raise {"user": UserError("a.png: gone\nb.png: gone"), "stop": KeyboardInterrupt()}.get(
        error, RuntimeError("a bug")
    )


def forward(*snakemake: Behind, seed: int) -> None:
    """Forward something."""
    calls.append({"snakemake": snakemake, "seed": seed})


endings: list[int] = []
PROGRAM = Program(
    "tests.common.test_cli",
    "Test commands.",
    {f"do {name}": f"{__name__}:{name}" for name in ("draw", "learn", "see")}
    | {name: f"{__name__}:{name}" for name in ("fail", "forward")},
    lambda parameters: endings.append if parameters["log"] else None,
)


@pytest.fixture
def run(capsys):
    """Runs a command line; returns the exit code and what was said."""
    calls.clear()
    endings.clear()

    def run(*words: str) -> tuple[int, str]:
        code = PROGRAM.run(words)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_help_explains_the_settings_of_each_kind(run):
    code, said = run("do", "draw", "--help")
    assert code == 0
    assert "\n  kind (cityscapes; required): Cityscapes, or a folder in its layout.\n" in said
    assert "\n    root (Path; required): The folder that holds `leftImg8bit`" in said
    assert "\n    images (section; optional): Number of scenes to draw.\n      train (int;" in said


def test_types_read_as_people_write_them(run):
    _, said = run("do", "learn", "--help")
    assert "initialisation (imagenet | drawn | none | Path; default 'imagenet')" in said
    assert "gradient_clip (float | null; default None)" in said
    assert "milestones (tuple[int, …] | null; default None)" in said


def test_help_has_the_docstrings_texts(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, said = run("do", "see", "-h")
    assert code == 0
    assert said.startswith("Usage: python -m tests.common.test_cli do see RESULTS [options]\n\nSee")
    assert "goes on over more than one line of the docstring\nin which it stands.\n" in said
    assert "\n* RESULTS\n        A folder\n" in said
    assert "\n  --variant VALUE\n        A name (default: blur)\n" in said
    assert "\n  --seed N\n        (default: 3)\n" in said
    assert "\n  --files FILE …\n" in said
    assert "\n  --where here|there\n" in said
    assert "\n  --log FILE\n" in said
    assert "Args:" not in said


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_all_commands_are_listed_with_a_line_each(run, words):
    code, said = run(*words)
    assert code == 0
    assert "\n  do see    See something\n" in said
    assert "\n  forward   Forward something\n" in said


def test_the_commands_of_a_group_are_listed(run):
    for words in (("do",), ("do", "--help")):
        code, said = run(*words)
        assert code == 0
        assert "do draw" in said
        assert "forward" not in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "error: there is no command 'nothing'; python -m tests.common.test_cli"),
        (["do", "sea"], "error: there is no command 'do sea'; did you mean 'do see'?"),
        (["do", "see"], "[do see] error: missing: RESULTS; see python -m tests.common.test_cli do"),
        (["do", "see", "x", "--sed", "3"], "error: unknown option --sed, did you mean --seed?"),
        (["do", "see", "x", "--seed", "three"], 'unable to convert "three" into int'),
        (["do", "see", "x", "--seed", "-1"], 'Invalid value "-1" for --seed. Must be >= 0'),
        (["do", "see", "x", "--where", "away"], "--where"),
        (["do", "see", "x", "y"], "error: unexpected: y"),
        (["do", "see", "x", "--seed"], "--seed requires an argument"),
        (["do", "see", "x", "--runs"], "--runs"),
        (["forward", "--profile", "x", "--seed", "1"], "unknown option --profile (arguments of"),
        (["forward", "--", "--seed", "1"], "missing: --seed"),
        (["do", "draw", "--settings", '{"kind": "cityscapes"}'], "--settings: root: missing"),
        (["do", "draw", "--settings", '{"kind": '], "error: --settings: not valid JSON"),
        (["do", "draw", "--settings", "nowhere.yaml"], "error: nowhere.yaml: no such file"),
        (["do", "draw", "--settings", "/"], "error: /: cannot be read"),
    ],
)
def test_wrong_arguments_are_one_line(run, words, message):
    code, said = run(*words)
    assert code == 2
    (line,) = said.splitlines()
    assert message in line
    assert calls == []


def test_options_take_what_they_took(run):
    words = ["do", "see", "--files", "a", "b c", "--seed=4", "--runs", "d", "--", "-results"]
    assert run(*words) == (5, "")
    (call,) = calls
    assert call["results"] == Path("-results")
    assert call["files"] == (Path("a"), Path("b c"))
    assert call["runs"] == (Path("d"),)
    assert call["seed"] == 4
    assert run("do", "see", "x", "--files")[0] == 5
    assert calls[1]["files"] == ()


def test_arguments_for_another_program_stand_behind_dashes(run):
    assert run("forward", "--seed", "1", "--", "--seed", "2", "-n", "--help") == (0, "")
    assert calls == [{"snakemake": ("--seed", "2", "-n", "--help"), "seed": 1}]


def test_settings_come_from_a_yaml_file_as_well(run, tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("kind: cityscapes\nroot: /data\n")
    assert run("do", "draw", "--settings", str(path)) == (0, "")
    assert str(calls[0]["settings"].root) == "/data"
    path.write_bytes("kind: cityscapes\nroot: /ü\n".encode("utf-16"))
    assert "not UTF-8" in run("do", "draw", "--settings", str(path))[1]


def test_a_users_error_is_a_line_and_a_bug_a_traceback(run, tmp_path):
    log = tmp_path / "logs/job.log"
    arguments = ["--log", str(log)]
    assert run("fail", "user", *arguments)[0] == 2
    assert [line.split("error: ")[1] for line in log.read_text().splitlines()] == [
        "a.png: gone",
        "b.png: gone",
    ]
    code, said = run("fail", "bug", *arguments)
    assert code == 1
    assert "Traceback" in log.read_text()
    assert "RuntimeError: a bug" in said
    assert run("fail", "stop", *arguments) == (130, "[fail] interrupted\n")
    assert endings == [2, 1, 130]


KINDS = ["it is gone", "it is empty"]


@pytest.mark.parametrize(
    ("findings", "lines"),
    [
        (
            [f"a/{number}.png: it is gone" for number in range(1000)],
            [f"a/{number}.png: it is gone" for number in range(3)] + ["… and 997 more like this"],
        ),
        (
            [f"line {number}: kind: expected 'face' (found 'a{number}')" for number in (2, 3, 4)],
            [f"line {number}: kind: expected 'face' (found 'a{number}')" for number in (2, 3, 4)],
        ),
        (
            [f"{number}.png: {kind}" for number in range(4) for kind in KINDS],
            [
                line
                for kind in KINDS
                for line in [*(f"{n}.png: {kind}" for n in range(3)), "… and 1 more like this"]
            ],
        ),
        (
            # Few stay in their order.
            ["1.png: it is gone", "x: it is empty", "2.png: it is gone"],
            ["1.png: it is gone", "x: it is empty", "2.png: it is gone"],
        ),
        (
            # What was cut short already, for two splits, each under the name of a key.
            [f"x: {n}.png: it is gone" for n in range(3)]
            + ["x: … and 7 more like this"]
            + [f"x: {n}.png: it is gone" for n in range(20, 23)]
            + ["x: … and 5 more like this"],
            [f"x: {n}.png: it is gone" for n in range(3)] + ["… and 15 more like this"],
        ),
        (
            [f"{letter}: unlike the others" for letter in "abcdefghijklmnopqrstuvwxyz"],
            [f"{letter}: unlike the others" for letter in "abcdefghijklmnopqrst"]
            + ["… and 6 more findings"],
        ),
    ],
)
def test_many_findings_are_cut_short(findings, lines):
    said = str(UserError.of(findings)).splitlines()
    assert said == lines
    assert str(UserError.of(said)).splitlines() == lines


def test_the_label_names_arguments(run):
    assert run("fail", "user")[1].startswith("[fail] error: a.png: gone\n")
    said = run("do", "see", "gone", "--variant", "natural")[1]
    assert said == "[see natural seed 3] error: gone: no such folder\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [(), ("anonymize", "--help"), ("weights", "list")])
def test_output_that_nobody_reads_is_no_bug(words, unbuffered):
    """As in `python -m workflow_scripts | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "workflow_scripts", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert run.returncode == EXIT_NO_READER
    assert run.stderr == ""


def test_another_broken_pipe_is_a_bug(capsys):
    def write() -> None:
        """Write to a program that has ended."""
        reader, writer = os.pipe()
        os.close(reader)
        try:
            os.write(writer, b"x")
        finally:
            os.close(writer)

    assert _exit_code(write) == 1
    assert "BrokenPipeError" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_bug(closed):
    command = f"{sys.executable} -m workflow_scripts config config.yaml {closed}"
    assert subprocess.run(command, shell=True, cwd=ROOT, check=False).returncode == 0


def test_an_input_that_could_block_or_cannot_exist_is_one_line(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")
    for name, reason in (
        ("pipe", "a pipe or a device; expected a file"),
        ("/dev/zero", "a pipe or a device; expected a file"),
        ("n" * 300, "cannot be read or written (File name too long)"),
        ("loop", "cannot be read or written (Too many levels of symbolic links)"),
    ):
        code, said = run("do", "see", "x", "--files", name)
        assert code == 2
        (line,) = said.splitlines()
        assert "error: " in line
        assert f"{name}: {reason}" in line
    assert calls == []
