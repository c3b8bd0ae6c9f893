"""Check whether a program can be started."""

import itertools
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from .errors import ProgramError

_INTERPRETER = re.compile(r"(?:.*/)?(?:python[\d.]*|sh|bash)")


def check_paths(words: Sequence[str], directory: Path | None = None) -> None:
    """Check the program of a command if it is a path, and the script that it starts.

    A program that is only a name may be in the PATH of another machine.

    Args:
        words: the program and its arguments.
        directory: base of relative paths; None for the current one.

    Raises:
        ProgramError: one of them is missing, or the program cannot be started.
    """
    if "/" in words[0]:
        check_program(words[0], directory)
    script = _script_of(words)
    path = (directory or Path()) / (script or "")
    if script is not None and not path.exists():
        raise ProgramError(
            f"there is no file {path}; correct the command, or name the folder that it starts in "
            "(`directory`)"
        )


def _script_of(words: Sequence[str]) -> str | None:
    """The script that is an interpreter's first argument, after `env` and variables.

    Other commands may start a script that is not on this machine, such as `apptainer exec`.
    """
    given = [*itertools.dropwhile(lambda word: word == "env" or "=" in word, words)]
    if len(given) > 1 and _INTERPRETER.fullmatch(given[0]) and given[1].endswith((".py", ".sh")):
        return given[1]
    return None


def check_program(name: str, directory: Path | None = None, search: str | None = None) -> None:
    """Check that a program can be started.

    Args:
        name: name of the program; with a slash, a path.
        directory: base of relative paths; None for the current one.
        search: folders in which names without a slash are searched, as in PATH; None for PATH.

    Raises:
        ProgramError: it is missing, not executable, or a script without a working interpreter.
    """
    path = str(directory / name) if directory is not None and "/" in name else name
    found = shutil.which(path, path=search)
    if found is None:
        file = Path(path)
        if "/" in name and file.is_file():
            raise ProgramError(f"{file} is not executable; run: chmod +x {file}")
        hint = " (there is no shell: ~ and $ mean nothing)" if re.search(r"[~$]", name) else ""
        what = f"{name!r} is a folder" if file.is_dir() else f"no program {name!r} here{hint}"
        raise ProgramError(f"{what}; install it or give its path")
    with Path(found).open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"#!"):
        interpreter = head[2:].partition(b"\n")[0].decode(errors="replace").split(" ")
        called = next((word for word in interpreter if word), "")
        if shutil.which(called, path=search) is None:
            ends = "; it has Windows line ends" if called.endswith("\r") else ""
            raise ProgramError(
                f"{found} begins with #!{called.strip()}, which is no program here{ends}"
            )
    elif b"\0" not in head:
        raise ProgramError(
            f"{found} is a script without a first line such as #!/bin/sh; add one, or "
            "name its interpreter in the command"
        )
