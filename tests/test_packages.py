"""The packages from a plain script: the examples of their READMEs print what stands there."""

import re
import subprocess
import sys

import pytest

from tests.workflow import PROJECT

EXAMPLE = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.S)
SCRIPT = """
import sys

class RefusedModules:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"workflow_scripts", "snakemake", "torch", "pydantic"}:
            raise ImportError(f"{name} is not for this package")

sys.meta_path.insert(0, RefusedModules())
sys.path[:0] = PACKAGES
"""
EXAMPLES = {
    file.parent.name: found.groups()
    for file in sorted(PROJECT.glob("packages/*/README.md"))
    if (found := EXAMPLE.search(file.read_text(encoding="utf-8")))
}


def test_examples_are_found():
    assert {"cluster_jobs", "instance_ap"} <= EXAMPLES.keys()


@pytest.mark.parametrize("package", EXAMPLES)
def test_the_example_runs_without_the_workflow(package, tmp_path):
    """In a process that refuses to import the workflow and its libraries."""
    folders = [str(folder) for folder in sorted(PROJECT.glob("packages/*/"))]
    code, printed = EXAMPLES[package]
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"PACKAGES = {folders}\n{SCRIPT}\n{code}"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == printed
