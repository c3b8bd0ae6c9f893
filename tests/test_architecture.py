"""Which module imports which: no circles, and stages meet on disk."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

from tests.workflow import PROJECT

PACKAGE = PROJECT / "workflow_scripts"
ALLOWED = {
    # What a config may name is what there is: its classes are the plugins' own.
    ("config", "anonymization"),
    ("config", "pii"),
    # The audit looks for faces and plates again, with the same detectors.
    ("privacy", "pii"),
    # The plate detector learns from drawings; it is a tool, and no stage of the workflow.
    ("plate_detector", "synthetic"),
}


def name_of(file: Path) -> str:
    """A module's name, from its file."""
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(file: Path) -> Iterator[str]:
    """Everything that a file imports, inside functions as well."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def imports() -> dict[str, set[str]]:
    """The project's modules, each with those that it imports."""
    files = {name_of(file): file for file in PACKAGE.rglob("*.py")}
    return {
        name: {other for other in imported_names(file) if other in files} - {name}
        for name, file in files.items()
    }


def test_no_modules_import_each_other():
    graphlib.TopologicalSorter(imports()).prepare()


def test_a_stage_imports_no_other_stage():
    stages = {file.parent.name for file in PACKAGE.glob("*/__main__.py")}
    found = {
        (name.split(".")[1], other.split(".")[1])
        for name, others in imports().items()
        for other in others
        if name.count(".") > 1 and other.count(".") > 1
    }
    between = {(one, other) for one, other in found if one != other and {one, other} <= stages}
    assert {pair for pair in between if pair[1] != "config"} == ALLOWED
