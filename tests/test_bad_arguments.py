"""Arguments that are wrong, of all commands: one line and exit code 2."""

import importlib
import json
import time
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest

from tests.written_results import many, write_results
from workflow_scripts.__main__ import COMMANDS, PROGRAM
from workflow_scripts.common import cli

NUMBERS = ("-1", "0", "nan", "inf", "1e300", str(10**30), "9" * 5000, "", "1;2")
NEVER = ("nan", "inf", "1e300", str(10**30), "9" * 5000, "", "1;2")
"""Numbers that no option takes."""


def function_of(path: str) -> Any:
    """The function of a command."""
    module, _, name = f"workflow_scripts.{COMMANDS[path]}".partition(":")
    return getattr(importlib.import_module(module), name)


def arguments_of(path: str) -> list[Any]:
    """The arguments of a command, as the command line knows them."""
    command, _ = cli._command_of(function_of(path), path)
    return list(command.arguments)


def is_number(hint: Any) -> bool:
    """Whether a type is a number, or holds some."""
    return hint in (int, float) or any(map(is_number, get_args(hint)))


def typed(argument: Any) -> list[str]:
    """A right value of an argument, as it is typed."""
    hint = get_args(argument.hint)[0] if get_origin(argument.hint) is Annotated else argument.hint
    value = {int: "1", float: "0.5"}.get(hint, get_args(hint)[0] if get_args(hint) else "x")
    value = value if isinstance(value, str) else "x"
    return [argument.name, value] if argument.name.startswith("--") else [value]


NUMERIC = [
    (path, argument.name)
    for path in COMMANDS
    for argument in arguments_of(path)
    if is_number(argument.hint)
]


def test_there_are_numbers_to_test() -> None:
    assert len(NUMERIC) >= 25
    assert ("plan", "--nodes") in NUMERIC


@pytest.mark.parametrize(("path", "name"), NUMERIC)
def test_a_number_is_taken_or_refused_in_a_line(path, name, capsys, monkeypatch) -> None:
    monkeypatch.setattr(cli, "_call", lambda *_: 0)
    needed = [
        word
        for argument in arguments_of(path)
        if argument.required and argument.name != name
        for word in typed(argument)
    ]
    for number in NUMBERS:
        started = time.monotonic()
        code = PROGRAM.run([*path.split(), *needed, f"{name}={number}"])
        assert time.monotonic() - started < 30
        said = capsys.readouterr().err
        assert code == (2 if number in NEVER else code), (number, said)
        assert code in (0, 2), said
        if code == 2:
            (line,) = said.splitlines()
            assert line.startswith(f"[{path}] error: ")
            assert name in line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of an experiment, a file, and an empty folder."""
    folder = tmp_path_factory.mktemp("bad")
    write_results(folder, many(2), seeds=2).rename(folder / "made")
    (folder / "file").write_text("x")
    (folder / "list.json").write_text("[1, 2, 3]")
    (folder / "null.json").write_text("null")
    (folder / "empty").mkdir()
    for name, content in TABLES.items():
        (folder / f"{name}.csv").write_text(f"class,variant,mean,std,n\n{content}")
    return folder


TABLES = {
    "blank": 'all,a,0.3,0.01,5\n" ",a,0.3,0.01,5\n',
    "nameless": "all,a,0.3,0.01,5\n,a,0.3,0.01,5\n",
    "endless": "all,a,0.3,0.01,inf\n",
    "not_a_number": "all,a,nan,0.01,5\n",
    "long": "".join(f"c{n},v{n},0.3,0.01,5\n" for n in range(100_000)),
}
WEIGHTS = {
    "source": "http://user:secret@127.0.0.1:1/a?token=secret",
    "sha256": "0" * 64,
    "licence": "x",
}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("report html made --tables none", "none: no such file or folder"),
        ("report html made --tables file", "file: has no table_2.json and no verdict.json; name a"),
        ("report methods made --tables empty", "empty: has no table_2.json and no verdict.json"),
        ("report html made --provenance none", "none: no such file or folder"),
        ("report html made --output file/below", "file/below: cannot be written (Not a directory)"),
        ("report html file", "file/runs/expected.json: cannot be read (Not a directory)"),
        ("report html empty", "empty/runs/expected.json: no such file"),
        ("report figures made --output file", "file: cannot be written (Not a directory)"),
        ("report provenance made --config none", "none: no such file"),
        ("report provenance made --config empty", "empty: cannot be read (Is a directory)"),
        ('report provenance made --config {"a":1,"a":2}', "--config: not valid JSON (duplicate k"),
        (
            "report provenance made --config list.json",
            "list.json: expected keys with values (found",
        ),
        (
            "report provenance made --config null.json",
            "null.json: expected keys with values (found",
        ),
        ("report provenance made --config [1,2]", "--config: expected keys with values (fo"),
        ("tables show empty", "empty: cannot be read (Is a directory)"),
        ("tables show file", "file: not valid JSON (Expecting value"),
        ("tables show made/tables/table_2.json --log file/log", "file/log: cannot be written ("),
        ("tables make --runs-in made/runs --expected [] --output o", "--expected: expected keys w"),
        ("privacy show empty", "empty: cannot be read (Is a directory)"),
        ("statistics show made", "made: cannot be read (Is a directory)"),
        ("statistics verdict --summary empty --output o", "empty: cannot be read (Is a directory)"),
        ("statistics verdict --summary none --output o", "none: no such file"),
        (
            "statistics verdict --summary blank.csv --output o",
            "blank.csv: line 3: class is '', ex",
        ),
        ("statistics verdict --summary nameless.csv --output o", "line 3: class is '', expected a"),
        (
            "statistics verdict --summary endless.csv --output o",
            "line 2: n is inf, expected a whol",
        ),
        ("statistics verdict --summary not_a_number.csv --output o", "line 2: mean is"),
        (
            "statistics verdict --summary long.csv --output o",
            "100000 rows of AP; at most 10000 are",
        ),
        ("statistics power --summary empty", "empty: cannot be read (Is a directory)"),
        ("statistics power --deviations 1e-300", 'Invalid value "1e-300" for --deviations'),
        ("statistics power --deviations 0.01 --output file/o", "file/o: cannot be written ("),
        ("statistics next made --margin -1", 'Invalid value "-1.0" for --margin'),
        (
            "anonymization gather --folders empty --annotations list.json --output o",
            "list.json: not an index of this project (list indices must be integers",
        ),
        (
            "anonymization gather --folders empty --annotations null.json --output o",
            "null.json: not an index of this project ('NoneType' object is not subscr",
        ),
        ("training export --checkpoint /proc/self/mem --output o", "cannot be read (Input/output"),
        (
            "record made",
            "made: not a run of whitepaper; name a folder results/whitepaper/runs/VARIANT/seed~S",
        ),
        (
            "record results/whitepaper/runs/blur/seed~1",
            "results/whitepaper/runs/blur/seed~1: not a run of whitepaper; name a folder",
        ),
        ("record results/whitepaper/runs/unmodified/seed~1", "seed~1/run.json: no such file"),
        ("config --schema empty", "empty: cannot be written (Is a directory)"),
        ("config none", "none: no such file"),
        ("config empty", "empty: cannot be read (Is a directory)"),
        ("status file", "file/runs/expected.json: cannot be read (Not a directory)"),
        ("status empty --watch -1", 'Invalid value "-1.0" for --watch'),
        ("status --watch empty", "missing: RESULTS; RESULTS goes before --watch, which takes"),
        ("status --watch 2 empty", "at most 1 element. Got 2; RESULTS goes before --watch, which"),
        ("plan --nodes 1000000000 -- -n", 'Invalid value "1000000000" for --nodes'),
        ("plan --chart new/below -- --configfile none", "none: no such file"),
        ("plan --chart file/below -- --configfile none", "file/below: cannot be written (Not a "),
        ("plan -- --configfile empty", "empty: cannot be read (Is a directory)"),
        ("plan", "missing: the arguments of snakemake, after `--`"),
        ("plan --profile x", "arguments of snakemake go after `--`"),
        ("config", "missing: a config file to check"),
        ("statistics verdict --runs a --summary b", "give one of --runs"),
        ("launch --cluster local", "missing: --variant, --seed"),
        ("launch --cluster local --variant a --seed 1", "missing: the arguments of snakemake, af"),
        ("training check --settings empty", "empty: cannot be read (Is a directory)"),
        ("training check --settings file", "file: expected keys with values (found 'x')"),
        (
            f"weights fetch --output o --settings {json.dumps({'a': WEIGHTS})}",
            "a: http://…@127.0.0",
        ),
    ],
)
def test_a_bad_argument_is_one_line(folder, words, line, capsys, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    before, brace, after = words.partition(" {")
    words = [*before.split(), *([brace.strip() + after] if brace else [])]
    assert PROGRAM.run(words) == 2
    said = capsys.readouterr().err
    assert "secret" not in said
    (found,) = (one for one in said.splitlines() if "error: " in one)
    assert line in found
    assert "Traceback" not in said
