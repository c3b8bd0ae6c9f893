"""All commands of the workflow: listed, explained, quick to start, with one line for an error."""

import subprocess
import sys

import pytest

from tests.workflow import PROJECT
from workflow_scripts.__main__ import COMMANDS, PROGRAM

HEAVY = ("torch", "torchvision", "matplotlib", "snakemake")
IDENTIFIER = "Config entry must start with a valid identifier"
LIGHT = [path for path in COMMANDS if path.split()[0] in {"training", "dataset", "pii", "status"}]


def test_each_command_is_listed_with_one_line(capsys):
    assert PROGRAM.run([]) == 0
    listed = capsys.readouterr().out.splitlines()
    for path in COMMANDS:
        (line,) = (line for line in listed if line.startswith(f"  {path}  "))
        assert line.removeprefix(f"  {path}").strip()


@pytest.mark.parametrize("path", COMMANDS)
def test_each_command_explains_itself(path, capsys):
    assert PROGRAM.run([*path.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: python -m workflow_scripts {path}")
    assert "--log FILE" in said


@pytest.mark.parametrize("path", COMMANDS)
def test_an_unknown_option_is_one_line(path, capsys):
    assert PROGRAM.run([*path.split(), "--no-such-option"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"[{path}] error: unknown option --no-such-option")
    assert f"python -m workflow_scripts {path} --help" in line


def test_a_python_without_the_packages_is_told_how_to_get_them():
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(PROJECT)!r}); "
            "import runpy; runpy.run_module('workflow_scripts', run_name='__main__')",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: cyclopts is not installed for ")
    assert "`make setup` installs it" in line


def test_help_waits_for_no_heavy_library():
    code = (
        "import sys\n"
        "from workflow_scripts.__main__ import PROGRAM\n"
        "for path in ['', *sys.argv[1:]]: assert PROGRAM.run([*path.split(), '--help']) == 0\n"
        f"assert not set(sys.modules) & set({HEAVY})"
    )
    command = [sys.executable, "-c", code, *LIGHT]
    subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("seeds", "(Unparsable value: 'seeds')"),
        ("", "(Unparsable value: '')"),
        ("=3", IDENTIFIER),
        ("a=b=c", IDENTIFIER),
        ("dataset.seed=3", IDENTIFIER),
        ("dataset=", "dataset: "),
        ("dataset={root", "dataset: "),
    ],
)
def test_wrong_values_of_config_are_one_line(entry, message, capsys):
    run = "--variant", "unmodified", "--seed", "1", "--cluster", "local"
    assert PROGRAM.run(["launch", *run, "--", "--config", entry]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.parametrize(
    ("module", "words", "usage"),
    [
        ("dataset", ["--help"], "dataset index"),
        ("evaluation", ["--help"], "evaluation"),
        ("pii", ["check", "--help"], "pii check"),
    ],
)
def test_rooms_forward_to_their_commands(module, words, usage):
    command = [sys.executable, "-m", f"workflow_scripts.{module}", *words]
    done = subprocess.run(command, check=True, cwd=PROJECT, capture_output=True, text=True)
    assert done.stdout.startswith(f"Usage: python -m workflow_scripts {usage}")
