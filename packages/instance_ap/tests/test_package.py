"""The package on its own."""

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
SCRIPT = """
import sys

class RefusedModules:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"workflow_scripts", "snakemake", "torch", "pydantic"}:
            raise ImportError(f"{name} is not for this package")

sys.meta_path.insert(0, RefusedModules())
sys.path.insert(0, PACKAGE)
from pathlib import Path
readme = Path(PACKAGE, "README.md").read_text(encoding="utf-8")
exec(readme.partition("```python")[2].partition("```")[0])
"""


def test_the_readmes_example_runs_without_the_workflow(tmp_path):
    """In a process that refuses to import the workflow and its libraries."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"PACKAGE = {str(PACKAGE)!r}\n{SCRIPT}"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "COCO 1.000, cars 1.000; Cityscapes 1.000\n"
