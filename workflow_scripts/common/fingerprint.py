"""What determines a result, as a hash: Snakemake reruns a job when its fingerprint changes.

Snakemake itself would compare file times, or the text of a command. Neither is what a result
depends on: a fresh clone has new times, and a command's text does not show that its code changed.
A fingerprint covers the settings, the data, the code that a stage imports, and the locked versions
of the libraries that this code imports. Comments, docstrings and layout are not part of it.
"""

import ast
import functools
import re
import sys
from pathlib import Path
from typing import Any

from workflow_scripts.common.files import canonical_json, sha256_of

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "workflow_scripts"
LOCK = ROOT / "envs" / "requirements.lock"

WITHOUT_EFFECT = tuple(
    f"{PACKAGE}.{name}"
    for name in (
        "common.cli",
        "common.console",
        "common.errors",
        "common.section",
        "common.texts",
        "config",
        "contracts.layout",
        "contracts.settings",
        "training.launcher",
        "training.metrics",
        "training.process_control",
        "training.provenance",
        "training.settings",
        "training.engines.detectron2.settings",
        "training.engines.torchvision.settings",
    )
)
"""Packages and modules that change no result: what a command says, how it reads its arguments,
where files lie, how processes are started, locked and stopped. The config's code neither: the
values that it makes, defaults included, are part of the fingerprint themselves."""

DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "pynvml": "nvidia-ml-py",
    "yaml": "pyyaml",
}
"""Names on PyPI of the modules that are called otherwise."""


def fingerprint(**parts: Any) -> str:
    """Hash named parts (anything JSON can hold) into 64 hexadecimal digits."""
    return sha256_of(canonical_json(parts))


@functools.cache
def code_of(*modules: str) -> str:
    """Hash the code of modules of this package, of all that they import, and library versions.

    Args:
        modules: dotted names. What is imported by name at run time (plug-ins) has to be named.
    """
    local: dict[str, str] = {}
    libraries: set[str] = set()
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name in local or f"{name}.".startswith(tuple(f"{part}." for part in WITHOUT_EFFECT)):
            continue
        code, imports = _read(_file_of(name))
        local[name] = code
        for imported in imports:
            if found := _modules_in(imported):
                todo.extend(found)
            elif imported.split(".")[0] not in sys.stdlib_module_names:
                libraries.add(imported.split(".")[0])
    versions = {library: _locked_versions().get(_distribution(library)) for library in libraries}
    return fingerprint(code=local, libraries=versions)


def _sources() -> list[Path]:
    """The folders that this project's own modules are imported from."""
    return [ROOT, *sorted(ROOT.glob("packages/*"))]


def _distribution(library: str) -> str:
    return DISTRIBUTIONS.get(library, library).lower().replace("_", "-")


def _modules_in(dotted: str) -> list[str]:
    """The modules that importing `dotted` runs: its packages and itself; it may be a member."""
    parts = dotted.split(".")
    names = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return [name for name in names if _file_of(name, missing_ok=True)]


def _file_of(module: str, *, missing_ok: bool = False) -> Path | None:
    for source in _sources():
        base = source.joinpath(*module.split("."))
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                return path
    if missing_ok:
        return None
    raise ModuleNotFoundError(f"{module}: no such module in {ROOT}")


@functools.cache
def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    """The normalised code of a file, and the dotted names that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = _package_of(path, node.level)
            source = ".".join(filter(None, (package, node.module)))
            imports.extend(f"{source}.{alias.name}" for alias in node.names)
    return ast.unparse(_WithoutTexts().visit(tree)), tuple(imports)


def _package_of(path: Path, level: int) -> str:
    """What the dots of a relative import stand for; nothing where it has none."""
    source = next(source for source in reversed(_sources()) if path.is_relative_to(source))
    folders = path.relative_to(source).parts[:-level] if level else ()
    return ".".join(folders)


class _WithoutTexts(ast.NodeTransformer):
    """Drops docstrings, and the strings that document a field."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


@functools.cache
def _locked_versions() -> dict[str, tuple[str, ...]]:
    """Versions by distribution; several where they depend on the Python version."""
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"), re.M)
    versions: dict[str, tuple[str, ...]] = {}
    for name, version in pins:
        versions[name.lower()] = (*versions.get(name.lower(), ()), version)
    return versions
