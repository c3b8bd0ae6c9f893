"""Check whether a program can be started."""

import re
import shutil
from pathlib import Path

from .errors import ProgramError


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
