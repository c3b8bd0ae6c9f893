"""The house: which rooms there are, and that imports go one way through them."""

import ast
import graphlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow import PROJECT

PACKAGE = PROJECT / "workflow_scripts"
STAGES = ("dataset", "pii", "anonymization", "training", "evaluation", "privacy")
FLOORS = (
    ("common",),
    ("contracts",),
    ("imaging",),
    STAGES,
    ("analysis",),
    ("config",),
    ("operations",),
)
"""From the ground up: a room imports its own modules, and those of the floors below."""
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
STANDALONE = (
    "cluster_jobs",
    "coco_labels",
    "code_fingerprint",
    "drawn_streets",
    "face_inpainting",
    "figures_and_tables",
    "folder_owner",
    "identity_attacks",
    "image_files",
    "instance_ap",
    "invariant_mask_rcnn",
    "listed_regions",
    "natural_pii",
    "pii_detectors",
    "pii_measures",
    "plain_commands",
    "program_runner",
    "region_review",
    "run_equivalence",
    "slurm_repairs",
    "twin_comparison",
)
"""The packages that know nothing of the workflow."""


def name_of(file: Path, root: Path) -> str:
    """A module's name, from its file."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(file: Path, package: str, *, inside: bool = True) -> Iterator[str]:
    """Everything that a file imports; without `inside`, only what it imports when imported."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree) if inside else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join(filter(None, [*(base if node.level else ()), node.module]))
            if node.module:  # `from . import shapes` is about a module, not about its package
                yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def imports(root: Path, package: str) -> dict[str, set[str]]:
    """The modules of a package, each with those of the same package that it imports."""
    files = {name_of(file, root): file for file in (root / package).rglob("*.py")}
    return {
        name: {other for other in imported_names(file, _package_of(name, file)) if other in files}
        - {name}
        for name, file in files.items()
    }


def _package_of(name: str, file: Path) -> str:
    return name if file.stem == "__init__" else name.rpartition(".")[0]


def room_of(module: str) -> str:
    """The room of a module of `workflow_scripts`; empty for the package and its entry point."""
    return module.removesuffix(".__main__").partition(".")[2].partition(".")[0]


@pytest.mark.parametrize("package", ["workflow_scripts", *STANDALONE])
def test_no_modules_import_each_other(package):
    root = PROJECT if package == "workflow_scripts" else PROJECT / "packages" / package
    graphlib.TopologicalSorter(imports(root, package)).prepare()


def test_there_are_twelve_rooms():
    rooms = {file.name for file in PACKAGE.iterdir() if (file / "__init__.py").exists()}
    assert rooms == FLOOR_OF.keys()
    modules = {file.name for file in PACKAGE.glob("*.py")}
    assert modules <= {"__init__.py", "__main__.py"}


def test_a_class_name_stands_for_one_thing():
    folders = PACKAGE, PROJECT / "packages", PROJECT / "tools"
    files = (file for folder in folders for file in folder.rglob("*.py"))
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in files)
    names = Counter(
        node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)
    )
    assert len(names) > 300
    assert [name for name, count in names.items() if count > 1] == []


def test_imports_go_down_and_stages_meet_on_disk():
    upward = [
        f"{name} imports {other}"
        for name, others in imports(PROJECT, "workflow_scripts").items()
        for other in sorted(others)
        if (one := room_of(name)) and (two := room_of(other)) and one != two
        if FLOOR_OF[two] >= FLOOR_OF[one]
    ]
    assert upward == []


def test_only_entry_points_know_the_entry_point():
    found = imports(PROJECT, "workflow_scripts")
    importers = {name for name, others in found.items() if "workflow_scripts.__main__" in others}
    assert importers == {f"workflow_scripts.{room}.__main__" for room in STAGES}


@pytest.mark.parametrize("package", STANDALONE)
def test_packages_know_nothing_of_the_workflow(package):
    folder = PROJECT / "packages" / package / package
    found = [
        f"{file.name} imports {name}"
        for file in folder.rglob("*.py")
        for name in imported_names(file, package)
        if name.split(".")[0] in {"workflow_scripts", "snakemake", "tests", "tools"}
    ]
    assert found == []


@pytest.mark.parametrize("package", sorted({*STANDALONE} - {"invariant_mask_rcnn"}))
def test_packages_are_imported_without_torch(package):
    folder = PROJECT / "packages" / package / package
    found = [
        f"{file.name} imports {name}"
        for file in folder.rglob("*.py")
        for name in imported_names(file, package, inside=False)
        if name.split(".")[0] == "torch"
    ]
    assert found == []
