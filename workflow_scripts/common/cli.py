"""The frame of every command: arguments, log, exit code.

A command is a function with typed parameters: `plain_commands` turns them into options and the
docstring into help. One table lists a program's commands by the words typed to call them.
"""

import ast
import difflib
import importlib
import inspect
import os
import select
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from cyclopts import Parameter
from folder_owner import OwnershipError
from plain_commands.arguments import ArgumentError, Command, before_dashes, option
from plain_commands.console import log, start_logging
from plain_commands.errors import UserError
from plain_commands.files import (
    check_writable,
    explained,
    inputs_kept,
    refuse_overwriting,
    refuse_pipe,
)
from plain_commands.texts import names_file, read_given

ROOT = Path(__file__).resolve().parents[2]

EXIT_USER_ERROR = 2
"""Exit code of a command that stopped at an error that the user can correct."""

EXIT_SAVED = 75
"""Exit code of a command that saved its state and resumes when run again: EX_TEMPFAIL of
sysexits.h."""

EXIT_NO_READER = 141
"""Exit code of a command whose output nobody reads any more: that of a shell after SIGPIPE."""

Kind = TypeVar("Kind")
_SETTINGS = object()

Settings = Annotated[Kind, _SETTINGS]
"""The section of the config (or union of sections) that an option such as `--settings` takes. The
help explains its fields."""


File = Annotated[Path, option("FILE")]
Folder = Annotated[Path, option("FOLDER")]
Files = Annotated[tuple[Path, ...], option("FILE", many=True)]
"""Zero or more files after one option."""
NewFile = Annotated[Path, option("FILE"), "written"]
"""File that the command writes; checked before the command runs. It can be none of the inputs."""
NewFolder = Annotated[Path, option("FOLDER"), "written"]
"""Folder that the command writes; checked before the command runs. No input in it is replaced."""
ImageFolder = Annotated[Path, option("FOLDER"), "images"]
"""Folder of images that the command reads. None of them is overwritten."""
Folders = Annotated[tuple[Path, ...], option("FOLDER", many=(1, None))]
Names = Annotated[tuple[str, ...], option("VARIANT", many=True)]
"""Zero or more variants after one option."""
Count = Annotated[int, option("N", at_least=0)]
Positive = Annotated[int, option("N", at_least=1, below=10_000)]
Threads = Annotated[int, option("N", "CPU threads.", at_least=1, below=10_000)]
Seed = Annotated[int, option("N", at_least=0, below=10**18)]
Behind = Annotated[str, option("ARGUMENT")]
"""Arguments after `--`, for another program."""

_SETTINGS_OPTION = Parameter(
    metavar="JSON|FILE",
    help="Section of the config that this command reads: JSON, or a JSON or YAML file. Missing "
    "keys take their defaults (see below).",
)
_LOG_OPTION = Parameter(metavar="FILE", help="File that the messages are also written to.")

_labels: dict[Callable[..., Any], str] = {}

Ending = Callable[[int], None]
"""Callback that gets a command's exit code."""


def labelled(label: str) -> Callable[[Kind], Kind]:
    """Set the prefix of a command's messages, which is the command's name by default.

    Args:
        label: prefix; may name parameters, as in `train {variant} seed {seed}`.
    """

    def keep(function: Any) -> Any:
        _labels[function] = label
        return function

    return keep


@dataclass(frozen=True)
class Program:
    """`python -m <name>`: several commands in one table.

    Attributes:
        name: module that Python runs.
        description: one paragraph, for the list of commands.
        commands: `module:function` of each command, by the words typed to call it.
        started: callback that gets the parameters of a starting command, and returns a callback for
            its exit code, or None.
    """

    name: str
    description: str
    commands: Mapping[str, str]
    started: Callable[[Mapping[str, Any]], Ending | None] = lambda parameters: None

    def run(self, argv: Sequence[str] | None = None) -> int:
        """Run the command that the arguments (by default, those of the process) name.

        Returns:
            The exit code: 0 for success, 2 for a user error, 1 for a bug, or the command's own
            code.
        """
        words = list(sys.argv[1:] if argv is None else argv)
        for count in (2, 1):
            path = " ".join(words[:count])
            if path in self.commands:
                return self._run(path, words[count:])
        group = words[0] if words and not words[0].startswith("-") else ""
        asked = words[1:2] if group else words[:1]
        if asked in ([], ["--help"], ["-h"]) and (listing := self._listing(group)):
            print(listing)
            return 0
        typed = " ".join(words[:2] if self._listing(group) else words[:1])
        near = difflib.get_close_matches(typed, self.commands, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"python -m {self.name} lists them"
        print(f"error: there is no command {typed!r}; {hint}", file=sys.stderr)
        return 2

    def _listing(self, group: str) -> str:
        """The commands of a group, or all of them, one line each; empty for an unknown group."""
        chosen = [
            path for path in self.commands if f"{path} ".startswith(f"{group} " * bool(group))
        ]
        if not chosen:
            return ""
        width = max(map(len, chosen))
        lines = [f"  {path:{width}}  {_summary_of(self.commands[path])}" for path in chosen]
        usage = " ".join(filter(None, (f"python -m {self.name}", group, "COMMAND …")))
        return "\n".join(
            [
                f"Usage: {usage}",
                "",
                self.description,
                "",
                *lines,
                "",
                "COMMAND --help explains a command.",
            ]
        )

    def _run(self, path: str, argv: Sequence[str]) -> int:
        module, _, name = self.commands[path].partition(":")
        function = getattr(importlib.import_module(module), name)
        command, settings = _command_of(function, f"python -m {self.name} {path}")
        if {"--help", "-h"} & set(before_dashes(argv)):
            print(command.help())
            if settings:
                from plain_commands.section import describe_fields  # noqa: PLC0415

                for option_name, section in settings.items():
                    print(f"\n{option_name}:\n{describe_fields(section)}")
            return 0
        try:
            bound = command.parse(argv)
        except ArgumentError as error:
            print(f"[{path}] error: {error}; see {command.name} --help", file=sys.stderr)
            return 2
        log_file = bound.arguments.pop("log")
        parameters = {"log": log_file, **bound.arguments}
        label = _labels.get(function, path).format_map(parameters)
        code = _exit_code(partial(start_logging, label, log_file, ["folder_owner"]))
        if code:
            return code
        ending = self.started(parameters)
        code = _exit_code(partial(_call, function, settings, bound))
        if ending is not None:
            ending(code)
        return code

    def main(self, argv: Sequence[str] | None = None) -> NoReturn:
        """Run a command and end the process with its exit code."""
        import faulthandler  # noqa: PLC0415

        _open_closed_streams()
        faulthandler.enable()
        try:
            code = self.run(argv)
            sys.stdout.flush()
        except BrokenPipeError:
            if not _reader_is_gone():
                raise
            code = EXIT_NO_READER
            # Python flushes standard output again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(code)


def _open_closed_streams() -> None:
    """Open standard streams that the shell closed (`>&-`), so that no other file takes their
    numbers.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - for the process


def _summary_of(target: str) -> str:
    """The first line of a command's docstring, without importing its module."""
    module, _, name = target.partition(":")
    tree = ast.parse(ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text("utf-8"))
    (function,) = (
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return (ast.get_docstring(function) or "").partition("\n")[0].removesuffix(".")


def _command_of(function: Callable[..., Any], name: str) -> tuple[Command, dict[str, Any]]:
    """A command, and the type of each option that takes a section of the config."""
    hints = get_type_hints(function, include_extras=True)
    parameters, settings = [], {}
    for parameter in inspect.signature(function).parameters.values():
        hint = hints[parameter.name]
        if get_origin(hint) is Annotated and _SETTINGS in get_args(hint):
            settings[parameter.name] = hint
            option_of_settings = Annotated[str, _SETTINGS_OPTION]
            parameters.append(parameter.replace(annotation=option_of_settings, default="{}"))
        else:
            parameters.append(parameter.replace(annotation=hint))
    parameters.append(
        inspect.Parameter(
            "log",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[Path | None, _LOG_OPTION],
        )
    )
    return Command(function, parameters, name, "snakemake"), settings


def _written_by(
    hints: Mapping[str, Any], arguments: Mapping[str, Any], kind: Literal["file", "folder"]
) -> dict[str, Path]:
    """The files, or the folders, that a command will write, by option."""
    return {
        f"--{name.replace('_', '-')}": path
        for name, path in arguments.items()
        if is_written(hints[name]) == kind and path is not None
    }


def _read_by(hints: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[Path, bool]:
    """The files and folders that a command will read, and whether each is a folder of images.

    Options of text or a file count if they name a file.
    """
    found: dict[Path, bool] = {}
    for name, value in arguments.items():
        if is_written(hints[name]):
            continue
        marks = list(_marks_of(hints[name]))
        takes_file = _SETTINGS in marks or any(
            "FILE" in (getattr(mark, "metavar", None) or "") for mark in marks
        )
        for one in value if isinstance(value, tuple) else [value]:
            if isinstance(one, Path) or (isinstance(one, str) and takes_file and names_file(one)):
                found[Path(one)] = found.get(Path(one), False) or "images" in marks
    return found


def _marks_of(hint: Any) -> Iterator[Any]:
    """Metadata of a type and of its parts."""
    yield from getattr(hint, "__metadata__", ())
    for part in get_args(hint):
        yield from _marks_of(part)


def is_written(hint: Any) -> Literal["file", "folder"] | None:
    """What a parameter of this type names, if it is something that the command writes."""
    if hint in (NewFile, NewFolder):
        return "file" if hint == NewFile else "folder"
    return next(filter(None, map(is_written, get_args(hint))), None)


def _call(
    function: Callable[..., Any], settings: Mapping[str, Any], bound: inspect.BoundArguments
) -> int | None:
    hints = get_type_hints(function, include_extras=True)
    files = _written_by(hints, bound.arguments, "file")
    for path in files.values():
        check_writable(path)
    for path in _written_by(hints, bound.arguments, "folder").values():
        check_writable(path, folder=True)
    is_of_images = _read_by(hints, bound.arguments)
    read = list(is_of_images)
    refuse_overwriting(read, files)
    if image_folders := [path for path in read if is_of_images[path]]:
        from image_files.folders import IMAGES  # noqa: PLC0415 - these commands import it anyway

        images = {name: path for name, path in files.items() if path.suffix.lower() in IMAGES}
        refuse_overwriting((), images, image_folders)
    for path in read:
        refuse_pipe(path)
    for name, section in settings.items():
        from plain_commands.section import paths_in, validate  # noqa: PLC0415 - pydantic is slow

        content, where = read_given(bound.arguments[name], f"--{name}")
        bound.arguments[name] = validate(section, content, where)
        read += paths_in(bound.arguments[name])
    refuse_overwriting(read, files)
    with inputs_kept(read):
        return function(*bound.args, **bound.kwargs)


def _exit_code(command: Callable[[], int | None]) -> int:
    """Run a command; its errors become messages and exit codes."""
    try:
        with explained():
            return command() or 0
    except (UserError, OwnershipError) as error:
        for line in str(error).splitlines():
            log.error("error: %s", line)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        log.error("interrupted")
        return 130
    except Exception as error:  # a bug: the traceback has to reach the log as well as the terminal
        if isinstance(error, BrokenPipeError) and _reader_is_gone():
            return EXIT_NO_READER
        log.error("%s", traceback.format_exc().rstrip())
        return 1


def _reader_is_gone() -> bool:
    """Whether standard output is a pipe that is no longer read, as in `… | head`."""
    output = select.poll()
    try:
        output.register(sys.stdout, 0)  # no event but that the other end is closed
    except (OSError, ValueError):  # no file
        return False
    return bool(output.poll(0))
