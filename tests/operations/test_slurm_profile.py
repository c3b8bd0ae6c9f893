"""The Slurm profile applies the repairs of the executor plugin that is pinned."""

import subprocess
import sys

from slurm_repairs import PLUGIN, VERSION

from tests.workflow import PROJECT


def test_the_pinned_version_is_the_one_that_is_repaired():
    pin = f"{PLUGIN}=={VERSION}"
    assert f'"{pin}"' in (PROJECT / "pyproject.toml").read_text()
    assert f"{pin} " in (PROJECT / "envs/requirements.lock").read_text()


def test_the_profile_finds_the_executor_from_any_folder(tmp_path):
    """As Snakemake reads it, twice, called from a folder without the project."""
    profile = PROJECT / "profiles/slurm/profile.yaml"
    code = (
        "from snakemake.profiles import ProfileConfigFileParser as P\n"
        f"found = [P().parse(open({str(profile)!r})) for _ in range(2)]\n"
        "from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry as R\n"
        "import workflow_scripts\n"
        "executor = R().get_plugin('slurm').executor\n"
        "print(executor.__name__, type(executor.work).__name__, workflow_scripts.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    package = PROJECT / "workflow_scripts/__init__.py"
    assert done.stdout.split() == ["PatientExecutor", "Trainings", str(package)]
    assert done.stderr == ""
