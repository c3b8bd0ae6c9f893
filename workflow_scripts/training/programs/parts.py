"""Parts of a user's program: its files, and the packages of its environment."""

import re
from collections.abc import Iterable
from pathlib import Path

import yaml
from code_fingerprint import code_in
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, sha256_of
from program_runner import filled_in

CONDA = (".yaml", ".yml")
"""Suffixes of conda files; other paths are folders of environments."""
INSTALLERS = ("pip", "uv")
"""Packages that only install other packages."""


def files_of(template: str, further: Iterable[Path], directory: Path | None) -> list[Path]:
    """Files of a program: those named in its command, and further ones.

    The executable itself counts only if it is a script.

    Args:
        template: the command with its placeholders.
        further: paths, possibly with wildcards (`**` matches any folders).
        directory: folder that paths are relative to; None for the current one.

    Raises:
        UserError: a path matches no file.
    """
    base = directory or Path()
    program, *words = filled_in(template, {})
    named = [base / word for word in words]
    if "/" in program and _is_script(base / program):
        named.insert(0, base / program)
    found = [path for path in named if path.is_file()]
    for pattern in further:
        path = base / pattern
        matches = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        if not (files := [match for match in matches if match.is_file()]):
            raise UserError(f"training.files: {path} matches no file; correct the path")
        found += files
    return list(dict.fromkeys(found))


def _is_script(path: Path) -> bool:
    return path.is_file() and read_bytes(path)[:2] == b"#!"


def digests_of(files: Iterable[Path]) -> list[str]:
    """Hash of each file's content; for Python files, without comments, docstrings and layout."""
    return [_digest_of(file) for file in files]


def _digest_of(file: Path) -> str:
    content = read_bytes(file)
    if file.suffix == ".py":
        try:
            return sha256_of(code_in(content))
        except (SyntaxError, ValueError):  # code for another version of Python
            pass
    return sha256_of(content)


def environment_of(path: Path | None) -> list[object]:
    """Content of an environment: installed packages with versions, or a conda file's dependencies.

    Args:
        path: a conda file, or the folder of a virtual or conda environment; None if unknown.

    Raises:
        UserError: no such file, or no Python in the folder.
    """
    if path is None:
        return []
    if path.suffix in CONDA:
        try:
            wanted = yaml.safe_load(read_bytes(path))["dependencies"]
        except (yaml.YAMLError, KeyError, TypeError):
            raise UserError(
                f"training.environment: {path} is not a conda file; it needs a list `dependencies`"
            ) from None
        return list(wanted)
    if not (path / "bin" / "python").exists():
        raise UserError(
            f"training.environment: there is no {path / 'bin' / 'python'}; name the folder of a "
            f"virtual environment (python3 -m venv {path}) or a conda file (.yaml)"
        )
    return list(packages_in(path).items())


def packages_in(environment: Path) -> dict[str, str]:
    """Versions of the packages in an environment's folder, and of its Python, by name."""
    found = {}
    for folder in sorted(environment.glob("lib/python3.*/site-packages")):
        found["python"] = folder.parent.name.removeprefix("python")
        for entry in folder.glob("*.dist-info"):
            name, _, version = entry.name.removesuffix(".dist-info").partition("-")
            found[re.sub(r"[-_.]+", "-", name).lower()] = version
    return {name: found[name] for name in sorted(found) if name not in INSTALLERS}
