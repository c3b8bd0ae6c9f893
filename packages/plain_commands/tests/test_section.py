"""Settings and files of a fixed shape: what is wrong is one line each, with its key."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from plain_commands.errors import UserError
from plain_commands.section import FilePart, Section, describe_fields, validate
from plain_commands.texts import read_given, read_yaml
from pydantic import Field


class Lens(Section):
    """A lens."""

    focal_length: Annotated[float, Field(gt=0)] = 35.0
    """Millimetres."""


class ProgramSection(Section):
    """A program, whose tag is the name of a key as well."""

    way: Literal["command"]
    command: str = ""
    minutes: Annotated[float, Field(gt=0)] = 1


class Pipe(Section):
    """Another one."""

    way: Literal["pipe"]


class CameraSection(Section):
    """A camera."""

    name: str
    lens: Lens = Lens()


class Film(CameraSection):
    """A camera with more kinds of keys."""

    folder: Path = Path()
    counts: int | tuple[int, ...] = 1
    program: ProgramSection | Pipe | None = Field(None, discriminator="way")


class Saved(FilePart):
    """Content of a file."""

    count: int


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({}, "mine: name: missing; this key has no default"),
        ({"name": "a", "zoom": 2}, "mine: zoom: unknown key; remove it or correct its spelling"),
        (
            {"name": "a", "lens": {"focal_length": -1}},
            "mine: lens.focal_length: Input should be greater than 0 (found -1)",
        ),
        ({"name": "a", "lens": 3}, "mine: lens: expected keys with values (found 3)"),
        (
            {"name": "a", "lens": {"focal_length": True}},
            "mine: lens.focal_length: Input should be a number (found true; YAML reads yes, no, on "
            "and off as booleans)",
        ),
        ({}, "mine.json: name: missing; this key has no default"),
        (
            {"name": "a", "lens": {"focal_length": True}},
            "mine.json: lens.focal_length: Input should be a number (found true)",
        ),
        (
            {"name": "a", "folder": 3},
            "mine: folder: expected a path; put it in quotes (found 3)",
        ),
        (
            {"name": "a", "folder": None},
            "mine: folder: expected a path; put it in quotes (found None)",
        ),
        (
            {"name": "a", "counts": {"a": 1}},
            "mine: counts: Input should be a valid integer (found {'a': 1})",
        ),
        (
            {"name": "a", "program": {"minutes": 3}},
            "mine: program.way: missing; this key has no default",
        ),
        (
            {"name": "a", "program": {"way": "command", "command": "ls", "minutes": 0}},
            "mine: program.minutes: Input should be greater than 0 (found 0)",
        ),
        (
            {"name": "a", "program": {"way": "command", "command": 3}},
            "mine: program.command: Input should be a valid string (found 3)",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_its_key(content, line):
    with pytest.raises(UserError) as error:
        validate(Film, content, line.partition(":")[0])
    assert str(error.value) == line


def test_the_help_has_every_field_with_its_default_and_meaning():
    assert describe_fields(CameraSection).splitlines() == [
        "  name (str; required): ",
        "  lens (section; optional): ",
        "    focal_length (float; default 35.0): Millimetres.",
    ]


def test_a_file_may_have_keys_that_are_not_known(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text('{"count": 3, "later": 1}')
    assert Saved.read(path) == Saved(count=3)


def test_what_yaml_reads_otherwise_is_refused_with_its_line(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("on: 1\ntime: 12:30:00\n")
    with pytest.raises(UserError) as error:
        read_yaml(path)
    assert str(error.value).splitlines() == [
        f"{path}: line 1: on: YAML does not read this name as text; put it in quotes",
        f"{path}: line 2: time: YAML reads 12:30:00 as 45000; write 45000, or put it in quotes",
    ]
    path.write_text("on: 1\n")
    assert read_yaml(path, words=[("on",)]) == {True: 1}
    assert read_given('{"a": 1}', "--settings") == ({"a": 1}, "--settings")
