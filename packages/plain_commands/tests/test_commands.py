"""A function as a command: help, values, and what is said about mistakes."""

import inspect
from pathlib import Path
from typing import Annotated, Literal

import pytest
from plain_commands.arguments import ArgumentError, Command, before_dashes, option


def draw(
    folder: Annotated[Path, option("FOLDER")],
    /,
    *gimp: Annotated[str, option("ARGUMENT")],
    count: Annotated[int, option("N", at_least=1)],
    names: Annotated[tuple[str, ...], option("NAME", many=True)] = (),
    kind: Literal["svg", "png"] = "svg",
    fast: bool = False,
) -> None:
    """Draw a number of pictures
    into a folder.

        draw here --count 3

    Args:
        folder: what they are written to.
        gimp: for another program.
        count: pictures.
        names: of some of them.
        kind: format.
        fast: without details.
    """


@pytest.fixture
def command() -> Command:
    parameters = list(inspect.signature(draw).parameters.values())
    return Command(draw, parameters, "draw", "gimp")


def test_values_have_their_types_and_defaults(command):
    bound = command.parse(["here", "--count=3", "--names", "a", "b", "--", "--zoom"])
    assert bound.args == (Path("here"), "--zoom")
    assert bound.kwargs == {"count": 3, "names": ("a", "b"), "kind": "svg", "fast": False}


def test_the_help_is_the_docstring(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = command.help()
    assert text.startswith("Usage: draw FOLDER --count N [options] [-- GIMP …]\n")
    assert "Draw a number of pictures into a folder." in text
    assert "\n    draw here --count 3\n" in text
    assert "* --count N\n        Pictures\n" in text
    assert "  --kind svg|png\n        Format (default: svg)\n" in text
    assert "  --fast\n        Without details" in text


def add(*terms: Annotated[int, option("N")]) -> None:
    """Add numbers."""


def test_the_usage_names_words_that_may_be_left_out_and_those_of_another_program():
    parameters = list(inspect.signature(add).parameters.values())
    assert Command(add, parameters, "add").help().startswith("Usage: add [TERMS …] [options]\n")
    other = Command(add, parameters, "add", "terms")
    assert other.help().startswith("Usage: add [options] [-- TERMS …]\n")


def merge(files: Annotated[tuple[Path, ...], option("FILE")], /) -> None:
    """Merge files."""


def test_the_usage_says_that_several_words_can_be_given():
    parameters = list(inspect.signature(merge).parameters.values())
    assert Command(merge, parameters, "merge").help().startswith("Usage: merge FILES … [options]\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["here"], "missing: --count"),
        (["here", "--cuont", "1"], "--cuont, did you mean --count? (arguments of gimp go"),
        (["here", "--count", "0"], "Must be >= 1"),
        (["here", "--count", "many"], "many"),
        (["here", "--count", "1", "--kind", "pdf"], "pdf"),
    ],
)
def test_mistakes_are_one_line(command, words, message):
    with pytest.raises(ArgumentError) as refused:
        command.parse(words)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_stands_behind_dashes_is_for_another_program():
    assert before_dashes(["a", "--", "--help"]) == ["a"]
    assert before_dashes(["a"]) == ["a"]
