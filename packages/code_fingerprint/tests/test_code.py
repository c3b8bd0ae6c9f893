"""What changes a fingerprint, and what does not."""

from pathlib import Path

import code_fingerprint
import pytest
from code_fingerprint import CodeBase, FoundCode, code_in

CODE = '''"""A stage."""
import numpy as np
from . import near
from .near import nearer
from project import helper
from project.common.cli import Command


def area(width, height):
    """Pixels."""
    log.info("%d pixels wide", width)
    return width * height  # whole pixels
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package of three modules and a lock."""
    package = tmp_path / "project"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "stage.py").write_text(CODE)
    (package / "helper.py").write_text("LIMIT = 1\n")
    (package / "near.py").write_text("nearer = 1\n")
    (package / "cli.py").write_text("Command = 1\n")
    (package / "plugin.py").write_text("def go(): pass\n")
    (tmp_path / "lock").write_text("numpy==2.4.6 \\\n    --hash=x\nruff==0.1\n")
    return package


def code(tree: Path, *plugins: str) -> FoundCode:
    names = [f"project.{name}" for name in ("stage", *plugins)]
    return CodeBase((tree.parent,), tree.parent / "lock", ["project.common"]).read(*names)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stage.py", "  # whole pixels", "  # a reworded comment"),
        ("stage.py", '    """Pixels."""\n', ""),
        ("stage.py", '"%d pixels wide", width', '"width: %d", width'),
        ("stage.py", '"""A stage."""', '"""Another text."""'),
        ("stage.py", "width * height", "(width\n        * height)"),
        ("cli.py", "1", "2"),
        ("plugin.py", "go", "gone"),
        ("../lock", "ruff==0.1", "ruff==0.2"),
    ],
)
def test_what_changes_no_result_changes_no_fingerprint(tree, file, old, new):
    before = code(tree)
    replace(tree / file, old, new)
    assert code(tree) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stage.py", "width * height", "width + height"),
        ("helper.py", "1", "2"),
        ("near.py", "1", "2"),
        ("__init__.py", "", "SEED = 1\n"),
        ("../lock", "numpy==2.4.6", "numpy==2.4.7"),
    ],
)
def test_what_may_change_a_result_changes_the_fingerprint(tree, file, old, new):
    before = code(tree)
    replace(tree / file, old, new)
    assert code(tree) != before
    replace(tree / file, new, old)
    assert code(tree) == before


def test_a_plugin_counts_where_it_is_named(tree):
    before = code(tree, "plugin")
    replace(tree / "plugin.py", "pass", "return 1")
    assert code(tree, "plugin") != before


@pytest.mark.parametrize(
    "line",
    [
        "import yaml",
        "def file():\n    import yaml",
        "from importlib.util import find_spec\nfolder = find_spec('yaml').origin",
        "import importlib.util\nif importlib.util.find_spec('yaml') is None:\n    pass",
        "import importlib.util\nprint(importlib.util.find_spec('yaml'))",
    ],
)
def test_a_library_counts_where_it_is_imported_or_located(tree, line):
    (tree / "stage.py").write_text(line)
    (tree.parent / "lock").write_text("pyyaml==6.0.3\n")
    assert code(tree).libraries == {"yaml": ("6.0.3",)}


def test_a_module_that_is_not_there(tree):
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        code(tree, "nowhere")


def test_a_cache_changes_nothing_but_the_time(tree, monkeypatch):
    cache = tree.parent / "cache"
    sources, lock = (tree.parent,), tree.parent / "lock"

    def read() -> FoundCode:
        return CodeBase(sources, lock, cache=cache).read("project.stage")

    plain = CodeBase(sources, lock).read("project.stage")
    assert read() == plain
    with monkeypatch.context() as patch:
        patch.setattr("code_fingerprint._parse", None)
        assert read() == plain
    replace(tree / "helper.py", "1", "2")
    assert read() == CodeBase(sources, lock).read("project.stage") != plain
    (file,) = cache.iterdir()
    file.write_text("damaged")
    assert read() == CodeBase(sources, lock).read("project.stage")
    cache_of_nobody = tree / "helper.py"
    assert CodeBase(sources, lock, cache=cache_of_nobody).read("project.helper").modules


def test_texts_of_another_parser_are_not_taken_from_a_cache(tree, monkeypatch):
    cache, sources, lock = tree.parent / "cache", (tree.parent,), tree.parent / "lock"

    def read() -> FoundCode:
        return CodeBase(sources, lock, cache=cache).read("project.stage")

    before = read()
    changed = tree.parent / "changed.py"
    changed.write_text(Path(code_fingerprint.__file__).read_text() + "\n# another parser\n")
    monkeypatch.setattr(code_fingerprint, "__file__", str(changed))
    monkeypatch.setattr(code_fingerprint, "_parse", lambda source: (source.decode(), []))
    assert read().modules["project.stage"] == CODE != before.modules["project.stage"]


def test_comments_and_docstrings_of_a_file_are_no_code():
    assert code_in(b'"""About."""\nx = 1  # one\n') == code_in(b"x  =  1\n")
    assert code_in(b"x = 1\n") != code_in(b"x = 2\n")
