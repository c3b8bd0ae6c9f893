"""Outputs that cannot be written or are inputs, of all commands: one line, before anything else is
read.
"""

from pathlib import Path
from typing import Any, get_type_hints

import pytest

from tests.test_bad_arguments import arguments_of, function_of, typed
from workflow_scripts.__main__ import COMMANDS, PROGRAM
from workflow_scripts.common.cli import is_written

READ = {
    *("ANNOTATIONS", "ANSWERS", "ATTACKS", "AUDIT", "AUDITS", "ANONYMIZED", "CHECKPOINT", "CONFIG"),
    *("DATA", "FOLDER", "FOLDERS", "IMAGES", "LABELS", "MANIFESTS", "MEMBERSHIP", "MISSED", "ONLY"),
    *("OTHER-SPLIT", "PHOTOGRAPHS", "PICTURES", "PREDICTIONS", "PROFILE", "PROVENANCE", "RECORDS"),
    *("REGIONS", "RESULTS", "REVIEW", "ROOT", "RUN", "RUNS", "RUNS-FROM", "RUNS-IN", "SAMPLE"),
    *("SHARDS", "SUMMARY", "TABLE", "TABLES", "TRAIN", "TREATED", "VALIDATION-ANNOTATIONS"),
    *("VALIDATION-IMAGES", "VERDICT", "WEIGHTS"),
}
"""Paths that commands read."""
CHECKED_ELSEWHERE = {"LOG", "SCRATCH"}
"""Paths of every command's log, and of copies of images in a folder with variables in its name."""


def written_by(path: str) -> dict[str, bool]:
    """The options of a command that it writes: whether each takes a folder."""
    hints = get_type_hints(function_of(path), include_extras=True)
    names = {one.field_info.name: one.name for one in arguments_of(path)}
    found = {names[name]: is_written(hint) for name, hint in hints.items() if name in names}
    return {name: kind == "folder" for name, kind in found.items() if kind}


WRITTEN = [
    (path, name, is_folder) for path in COMMANDS for name, is_folder in written_by(path).items()
]


def test_every_path_is_read_or_written():
    """A new option that takes a path has to be one or the other."""
    assert len(WRITTEN) > 45
    for path in COMMANDS:
        paths = {one.name for one in arguments_of(path) if "Path" in str(one.hint)}
        rest = {name.removeprefix("--").upper() for name in paths - written_by(path).keys()}
        assert rest <= READ | CHECKED_ELSEWHERE, path


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder is one with a file and an empty folder."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("path", "name", "is_folder"), WRITTEN)
@pytest.mark.usefixtures("inside")
def test_an_output_that_cannot_be_written_is_one_line(path, name, is_folder, capsys):
    needed = [
        word
        for argument in arguments_of(path)
        if argument.required and argument.name != name
        for word in typed(argument)
    ]
    places = {
        "/proc/none/below": "No such file or directory",
        "file/below": "Not a directory",
        "file/far/below": "Not a directory",
        "n" * 300: "File name too long",
        **({"file": "Not a directory"} if is_folder else {"empty": "Is a directory"}),
        **({} if is_folder else {"/dev/null": "Invalid argument"}),
    }
    for place, reason in places.items():
        code = PROGRAM.run([*path.split(), *needed, f"{name}={place}"])
        said = capsys.readouterr().err
        (line,) = said.splitlines()
        what = f"{place}: cannot be written ({reason}); correct its path or permissions and run"
        assert f" error: {what}" in line, line
        assert code == 2
    assert sorted(one.name for one in Path().iterdir()) == ["empty", "file"]


def takes_path(argument: Any) -> bool:
    """Whether an argument names files or folders, perhaps instead of JSON text."""
    return "Path" in str(argument.hint) or "FILE" in (argument.parameter.metavar or "")


OVERWRITTEN = [
    (path, written, read)
    for path, written, is_folder in WRITTEN
    for read in arguments_of(path)
    if not is_folder and takes_path(read) and read.name not in {*written_by(path), "--log"}
]


def test_there_are_inputs_to_overwrite():
    assert len(OVERWRITTEN) > 80
    pairs = {(path, written, read.name) for path, written, read in OVERWRITTEN}
    assert {
        ("config", "--schema", "CONFIG"),
        ("dataset convert", "--output", "LABELS"),
        ("dataset convert", "--output", "--only"),
        ("dataset index-test", "--output", "--settings"),
        ("report provenance", "--output", "--config"),
    } <= pairs


@pytest.mark.parametrize(("path", "written", "read"), OVERWRITTEN)
@pytest.mark.usefixtures("inside")
def test_no_command_overwrites_its_input(path, written, read, capsys):
    Path("link").symlink_to("file")
    option = read.name.startswith("--")
    needed = [
        word
        for argument in arguments_of(path)
        if argument.required and argument.name not in (written, read.name)
        for word in (
            [argument.name, argument.name[2:]]
            if argument.name in written_by(path)
            else typed(argument)
        )
    ]
    for spelling in ("./file", "link", "empty/../file", str(Path("file").absolute())):
        given = [f"{read.name}=file"] if option else ["file"]
        assert PROGRAM.run([*path.split(), *needed, *given, f"{written}={spelling}"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        what = f"{written}: {Path(spelling)} is an input and would be overwritten; name another"
        assert f" error: {what}" in line
    assert Path("file").read_text() == "x"
