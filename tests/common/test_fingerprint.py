"""What changes a fingerprint, and what does not."""

from pathlib import Path

import pytest

from workflow_scripts.common import fingerprint as module
from workflow_scripts.common.fingerprint import code_of

CODE = '''"""A stage."""
import numpy as np
from . import near
from .near import nearer
from workflow_scripts import helper
from workflow_scripts.common.cli import Command


def area(width, height):
    """Pixels."""
    return width * height  # whole pixels
'''


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of three modules and a lock, in place of the project's own."""
    package = tmp_path / "workflow_scripts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "stage.py").write_text(CODE)
    (package / "helper.py").write_text("LIMIT = 1\n")
    (package / "near.py").write_text("nearer = 1\n")
    (package / "cli.py").write_text("Command = 1\n")
    (package / "plugin.py").write_text("def go(): pass\n")
    (tmp_path / "lock").write_text("numpy==2.4.6 \\\n    --hash=x\nruff==0.1\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "LOCK", tmp_path / "lock")
    return package


def code(*plugins: str) -> str:
    for cached in (module.code_of, module._read, module._locked_versions):
        cached.cache_clear()
    names = [f"workflow_scripts.{name}" for name in ("stage", *plugins)]
    return code_of(*names)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stage.py", "  # whole pixels", "  # a reworded comment"),
        ("stage.py", '    """Pixels."""\n', ""),
        ("stage.py", '"""A stage."""', '"""Another text."""'),
        ("stage.py", "width * height", "(width\n        * height)"),
        ("cli.py", "1", "2"),
        ("plugin.py", "go", "gone"),
        ("../lock", "ruff==0.1", "ruff==0.2"),
    ],
)
def test_what_changes_no_result_changes_no_fingerprint(tree, file, old, new):
    before = code()
    replace(tree / file, old, new)
    assert code() == before


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
    before = code()
    replace(tree / file, old, new)
    assert code() != before
    replace(tree / file, new, old)
    assert code() == before


def test_a_plugin_counts_where_it_is_named(tree):
    before = code("plugin")
    replace(tree / "plugin.py", "pass", "return 1")
    assert code("plugin") != before


def test_a_module_that_is_not_there(tree):
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        code("nowhere")
