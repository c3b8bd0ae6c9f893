"""The Slurm profile applies the repairs of the executor plugin that is pinned."""

import subprocess
import sys

from slurm_repairs import CHOSEN, PLUGIN, VERSION

from tests.workflow import PROJECT


def test_the_pinned_version_is_the_one_that_is_repaired():
    pin = f"{PLUGIN}=={VERSION}"
    assert f'"{pin}"' in (PROJECT / "pyproject.toml").read_text()
    assert f"{pin} " in (PROJECT / "envs/requirements.lock").read_text()


def test_the_profile_finds_them_from_any_folder(tmp_path, monkeypatch):
    """As Snakemake reads it, twice, called from a folder without the project."""
    sacct = tmp_path / "sacct"
    sacct.write_text(f"#!/bin/sh\necho >>{tmp_path}/asked\n")
    sacct.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv(CHOSEN, "")
    profile = PROJECT / "profiles/slurm/profile.yaml"
    code = (
        "from snakemake.profiles import ProfileConfigFileParser as P\n"
        f"found = [P().parse(open({str(profile)!r})) for _ in range(2)]\n"
        "import snakemake_executor_plugin_slurm as plugin, workflow_scripts\n"
        "print(found[1]['slurm-status-command'], plugin.repaired, workflow_scripts.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    package = PROJECT / "workflow_scripts/__init__.py"
    assert done.stdout.split() == ["sacct", "True", str(package)]
    assert done.stderr == "Job states are asked of sacct (accounting answers)\n"
    assert (tmp_path / "asked").read_text() == "\n"
