"""What the check says on a real cluster."""

import os
from pathlib import Path

import pytest

from tests.workflow import PROJECT

TEMPLATE = PROJECT / "profiles/slurm/site.yaml"


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
def test_what_the_cluster_has_is_accepted(cluster, check, tmp_path, by):
    own = site(tmp_path / "site.yaml", gpu_partition='"gpu"', gpus_by=by)
    code, said = check(cluster, PROJECT / "profiles/slurm", own)
    assert code == 0, said
    assert "job states come from squeue" in said
    for name in ("other jobs", "train", "predict"):
        assert f"{name}: accepted" in said
    assert ("--gpus=4" if by == '"gpus"' else "--gres=gpu:4") in said


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"gpu_partition": '"nosuch"'}, "set cpu_partition or gpu_partition"),
        ({"gpu_model": '"a100"'}, "set gpus"),
        ({"gpus": "8"}, "set gpus"),
        ({"train_mem_mb": "900000"}, "train_mem_mb"),
        ({"train_runtime": "10000"}, "set train_runtime"),
        ({"gpu_constraint": '"fast"'}, "gpu_constraint"),
    ],
)
def test_what_it_has_not_is_named(cluster, check, tmp_path, settings, advice):
    code, said = check(
        cluster, PROJECT / "profiles/slurm", site(tmp_path / "site.yaml", **settings)
    )
    assert code == 2
    errors = [line for line in said.splitlines() if "error: train" in line]
    assert len(errors) == 1, said
    assert advice in errors[0]


def test_sacct_that_is_broken_is_named(cluster, check, tmp_path):
    broken = tmp_path / "sacct"
    broken.write_text("#!/bin/sh\necho sacct: error: Connection refused >&2\nexit 1\n")
    broken.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{cluster.environment['PATH']}"
    own = site(tmp_path / "site.yaml", gpu_partition='"gpu"')
    code, said = check(cluster, PROJECT / "profiles/slurm", own, PATH=path)
    assert code == 0, said
    assert "job states come from squeue (sacct: error: Connection refused)" in said
