"""Fingerprint of a module: its code, the code that it imports, and the versions of libraries.

Comments, docstrings, log messages and layout are ignored, so that a hash changes only if results
may change. A package that is located with `find_spec`, for a file in it, counts like an imported
one.
"""

import ast
import contextlib
import functools
import hashlib
import json
import re
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "dlib": "dlib-bin",
    "pynvml": "nvidia-ml-py",
    "yaml": "pyyaml",
}
"""PyPI names of modules whose names differ."""
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
"""Methods of a logger that write a message."""
MOST_CACHED = 3000
"""Maximum number of modules in a cache."""


@dataclass(frozen=True)
class FoundCode:
    """Code that modules run, including their own."""

    modules: dict[str, str]
    """Normalised source by dotted name."""
    libraries: dict[str, tuple[str, ...] | None]
    """Locked versions by module; several if they depend on the Python version, None if missing in
    the lock."""


class CodeBase:
    """A project's own modules.

    Args:
        sources: folders that the modules are imported from.
        lock: requirements file with a line `name==version` per library.
        without_effect: packages and modules that change no result.
        cache: folder with parsed modules for later processes; may be deleted at any time.
    """

    def __init__(
        self,
        sources: Sequence[Path],
        lock: Path,
        without_effect: Sequence[str] = (),
        cache: Path | None = None,
    ) -> None:
        self.sources = tuple(sources)
        self._left_out = tuple(f"{name}." for name in without_effect)
        pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", lock.read_text("utf-8"), re.M)
        self._versions: dict[str, tuple[str, ...]] = {}
        for name, version in pins:
            self._versions[name.lower()] = (*self._versions.get(name.lower(), ()), version)
        self._read = functools.cache(self._read_file)
        # Called thousands of times.
        self._file_of = functools.cache(self._find_file)
        self._source_of: dict[str, Path] = {}
        for source in reversed(self.sources):
            self._source_of |= {path.name.removesuffix(".py"): source for path in source.iterdir()}
        self._parsed = _Cache(cache)

    def read(self, *modules: str) -> FoundCode:
        """The code of modules, of all own modules that they import, and library versions.

        Args:
            modules: dotted names. Modules imported by name at run time have to be listed.

        Raises:
            ModuleNotFoundError: one of them is not a module of the project.
        """
        local: dict[str, str] = {}
        libraries: set[str] = set()
        todo = list(modules)
        while todo:
            name = todo.pop()
            if name in local or f"{name}.".startswith(self._left_out):
                continue
            file = self._file_of(name)
            if file is None:
                places = ", ".join(map(str, self.sources))
                raise ModuleNotFoundError(f"{name}: no such module in {places}")
            code, imports = self._read(file)
            local[name] = code
            for imported in imports:
                if found := self._modules_in(imported):
                    todo.extend(found)
                elif imported.split(".")[0] not in sys.stdlib_module_names:
                    libraries.add(imported.split(".")[0])
        self._parsed.save()
        versions = {one: self._versions.get(_distribution(one)) for one in libraries}
        return FoundCode(local, versions)

    def _modules_in(self, dotted: str) -> list[str]:
        """The modules run by importing `dotted`, a module or a member: itself and its packages."""
        parts = dotted.split(".")
        names = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
        return [name for name in names if self._file_of(name)]

    def _find_file(self, module: str) -> Path | None:
        first, *_ = parts = module.split(".")
        if (source := self._source_of.get(first)) is None:
            return None
        base = source.joinpath(*parts)
        candidates = (base / "__init__.py", base.with_suffix(".py"))
        return next((path for path in candidates if path.is_file()), None)

    def _read_file(self, path: Path) -> tuple[str, tuple[str, ...]]:
        """The normalised code of a file, and the dotted names that it imports."""
        code, imported = self._parsed.get(path.read_bytes())
        imports = []
        for name in imported:
            absolute = name.lstrip(".")
            package = self._package_of(path, len(name) - len(absolute))
            imports.append(".".join(filter(None, (package, absolute))))
        return code, tuple(imports)

    def _package_of(self, path: Path, level: int) -> str:
        """The package that the dots of a relative import refer to; empty without dots."""
        if not level:
            return ""
        source = next(one for one in reversed(self.sources) if path.is_relative_to(one))
        return ".".join(path.relative_to(source).parts[:-level])


def code_in(source: bytes) -> str:
    """A module's code without comments, docstrings, log messages and layout.

    Raises:
        SyntaxError: it is not valid code for this Python.
        ValueError: it contains null bytes, or is in an unknown encoding.
    """
    return _parse(source)[0]


def _distribution(library: str) -> str:
    return DISTRIBUTIONS.get(library, library).lower().replace("_", "-")


def _parse(source: bytes) -> tuple[str, list[str]]:
    """The normalised code of a module, and what it imports: with leading dots where relative."""
    without_texts = _WithoutTexts()
    code = ast.unparse(without_texts.visit(ast.parse(source)))
    return code, without_texts.imports


def _parser() -> str:
    """What the normalised code of a source depends on: the version of Python and this module."""
    version = ".".join(map(str, sys.version_info[:2]))
    return f"python-{version}-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]}"


class _Cache:
    """Parsed modules, by the SHA-256 of their source, in a file for each way of parsing them."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder and folder / f"{_parser()}.json"
        self._known: dict[str, tuple[str, list[str]]] = {}
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                known = json.loads(self._file.read_bytes())
                # Old entries are dropped.
                self._known = known if len(known) < MOST_CACHED else {}
        self._saved = len(self._known)

    def get(self, source: bytes) -> tuple[str, list[str]]:
        key = hashlib.sha256(source).hexdigest()
        if key not in self._known:
            self._known[key] = _parse(source)
        code, imports = self._known[key]
        return code, imports

    def save(self) -> None:
        """Write the file if something was parsed; an unwritable folder is not an error."""
        if self._file is None or len(self._known) == self._saved:
            return
        temporary = self._file.with_suffix(f".{uuid.uuid4().hex}")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._known))
            temporary.replace(self._file)
        self._saved = len(self._known)


class _WithoutTexts(ast.NodeTransformer):
    """Drops docstrings, strings that document fields, and log messages; collects the imports."""

    def __init__(self) -> None:
        self.imports: list[str] = []

    def visit_Import(self, node: ast.Import) -> ast.Import:
        self.imports.extend(alias.name for alias in node.names)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        source = "." * node.level + (f"{node.module}." if node.module else "")
        self.imports.extend(source + alias.name for alias in node.names)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        match node.value:
            case ast.Constant(value=str()):
                return None
            case ast.Call(func=ast.Attribute(ast.Name("log" | "logger" | "logging"), level)):
                return None if level in LEVELS else self.generic_visit(node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(
                func=ast.Attribute(attr="find_spec") | ast.Name(id="find_spec"),
                args=[ast.Constant(value=str(name))],
            ):
                self.imports.append(name)
        return self.generic_visit(node)
