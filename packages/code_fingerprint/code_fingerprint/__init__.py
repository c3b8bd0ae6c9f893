"""What a module computes: its code, the code that it imports, and the versions of libraries.

Comments, docstrings and layout are left out, so that a hash of the result changes only where the
module may compute something else.
"""

import ast
import functools
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "pynvml": "nvidia-ml-py",
    "yaml": "pyyaml",
}
"""Names on PyPI of the modules that are called otherwise."""


@dataclass(frozen=True)
class FoundCode:
    """Code that modules run, themselves included."""

    modules: dict[str, str]
    """Normalised source by dotted name."""
    libraries: dict[str, tuple[str, ...] | None]
    """Locked versions by module; several where they depend on the Python version, None if the lock
    has none."""


class CodeBase:
    """A project's own modules.

    Args:
        sources: folders that they are imported from.
        lock: requirements file with a line `name==version` for each library.
        without_effect: packages and modules that change no result.
    """

    def __init__(
        self, sources: Sequence[Path], lock: Path, without_effect: Sequence[str] = ()
    ) -> None:
        self.sources = tuple(sources)
        self._left_out = tuple(f"{name}." for name in without_effect)
        pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", lock.read_text("utf-8"), re.M)
        self._versions: dict[str, tuple[str, ...]] = {}
        for name, version in pins:
            self._versions[name.lower()] = (*self._versions.get(name.lower(), ()), version)
        self._read = functools.cache(self._read_file)
        # Asked thousands of times, at two looks a source.
        self._file_of = functools.cache(self._find_file)

    def read(self, *modules: str) -> FoundCode:
        """The code of modules, of all own modules that they import, and library versions.

        Args:
            modules: dotted names. What is imported by name at run time has to be named.

        Raises:
            ModuleNotFoundError: one of them is not among the project's own.
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
        versions = {one: self._versions.get(_distribution(one)) for one in libraries}
        return FoundCode(local, versions)

    def _modules_in(self, dotted: str) -> list[str]:
        """The modules that importing `dotted` runs: its packages and itself; may be a member."""
        parts = dotted.split(".")
        names = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
        return [name for name in names if self._file_of(name)]

    def _find_file(self, module: str) -> Path | None:
        for source in self.sources:
            base = source.joinpath(*module.split("."))
            for path in (base / "__init__.py", base.with_suffix(".py")):
                if path.is_file():
                    return path
        return None

    def _read_file(self, path: Path) -> tuple[str, tuple[str, ...]]:
        """The normalised code of a file, and the dotted names that it imports."""
        without_texts = _WithoutTexts()
        code = ast.unparse(without_texts.visit(ast.parse(path.read_text(encoding="utf-8"))))
        imports: list[str] = []
        for node in without_texts.imports:
            if isinstance(node, ast.Import):
                imports.extend(alias.name for alias in node.names)
            else:
                package = self._package_of(path, node.level)
                source = ".".join(filter(None, (package, node.module)))
                imports.extend(f"{source}.{alias.name}" for alias in node.names)
        return code, tuple(imports)

    def _package_of(self, path: Path, level: int) -> str:
        """What the dots of a relative import stand for; nothing where it has none."""
        source = next(one for one in reversed(self.sources) if path.is_relative_to(one))
        folders = path.relative_to(source).parts[:-level] if level else ()
        return ".".join(folders)


def _distribution(library: str) -> str:
    return DISTRIBUTIONS.get(library, library).lower().replace("_", "-")


class _WithoutTexts(ast.NodeTransformer):
    """Drops docstrings, and the strings that document a field; notes the imports."""

    def __init__(self) -> None:
        self.imports: list[ast.Import | ast.ImportFrom] = []

    def visit_Import(self, node: ast.Import) -> ast.Import:
        self.imports.append(node)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        self.imports.append(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node
