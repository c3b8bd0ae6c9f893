"""What the check says on a real cluster."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workflow import PROJECT

TEMPLATE = PROJECT / "profiles/slurm/site.yaml"


def check(cluster, *profiles: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the cluster."""
    command = [sys.executable, "-m", "workflow_scripts", "cluster", "check"]
    for profile in profiles:
        command += ["--profile", str(profile)]
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **cluster.environment, **environment},
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )


def site(path: Path, **settings: str) -> Path:
    """A copy of the site file with some of its settings made; the nodes have 16 cores."""
    text = TEMPLATE.read_text()
    for name, value in {"train_cores": "16", **settings}.items():
        before = [line for line in text.splitlines() if line.startswith(f"  - {name} = ")]
        assert len(before) == 1
        text = text.replace(before[0], f"  - {name} = {value}")
    path.write_text(text)
    return path


@pytest.mark.parametrize("by", ['"gpus"', '"gres"'])
def test_what_the_cluster_has_is_accepted(cluster, tmp_path, by):
    own = site(tmp_path / "site.yaml", gpu_partition='"gpu"', gpus_by=by)
    checked = check(cluster, PROJECT / "profiles/slurm", own)
    assert checked.returncode == 0, checked.stdout
    assert "slurm-status-command: squeue" in checked.stdout
    for name in ("other jobs", "train", "predict"):
        assert f"{name}: accepted" in checked.stdout
    assert ("--gpus=4" if by == '"gpus"' else "--gres=gpu:4") in checked.stdout


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"gpu_partition": '"nosuch"'}, "set cpu_partition or gpu_partition"),
        ({"gpu_model": '"a100"'}, "set gpus"),
        ({"gpus": "8"}, "set gpus"),
        ({"train_mem_mb": "900000"}, "train_mem_mb"),
        ({"train_runtime": "10000"}, "set train_runtime"),
        ({"gpu_constraint": '"fast"'}, "gpu_constraint"),
    ],
)
def test_what_it_has_not_is_named(cluster, tmp_path, settings, said):
    checked = check(cluster, PROJECT / "profiles/slurm", site(tmp_path / "site.yaml", **settings))
    assert checked.returncode == 2
    errors = [line for line in checked.stdout.splitlines() if "error: train" in line]
    assert len(errors) == 1, checked.stdout
    assert said in errors[0]


def test_sacct_without_accounting_is_refused(cluster, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump({"slurm-status-command": "sacct", "set-resources": {}}))
    checked = check(cluster, PROJECT / "profiles/slurm", own)
    assert checked.returncode == 2
    assert "slurm-status-command: sacct, but Slurm accounting storage is disabled" in checked.stdout


def test_sacct_that_is_broken_is_named(cluster, tmp_path):
    broken = tmp_path / "sacct"
    broken.write_text("#!/bin/sh\necho sacct: error: Connection refused >&2\nexit 1\n")
    broken.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{cluster.environment['PATH']}"
    own = site(tmp_path / "site.yaml", gpu_partition='"gpu"')
    checked = check(cluster, PROJECT / "profiles/slurm", own, PATH=path)
    assert checked.returncode == 0, checked.stdout
    assert "no accounting (sacct: error: Connection refused)" in checked.stdout
    # What the profile itself says, to which Snakemake listens.
    assert "Job states are asked of squeue (sacct: error: Connection refused)" in checked.stdout
