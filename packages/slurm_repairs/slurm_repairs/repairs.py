"""Installation of this package's executor in place of the plugin's."""

import importlib.metadata
import sys

from .resumption import ResumableWork

PLUGIN = "snakemake-executor-plugin-slurm"
VERSION = "2.8.0"
"""Version of the plugin that the executor was written for."""


def apply(work: ResumableWork | None = None) -> None:
    """Make `executor: slurm` use the executor of this package in this process.

    With another version of the plugin, nothing is changed except for a warning.

    Args:
        work: progress of jobs that save their work when they are stopped.
    """
    found = importlib.metadata.version(PLUGIN)
    if found != VERSION:
        print(
            f"{PLUGIN} {found} is installed, but the repairs of the Slurm profile were written for "
            f"{VERSION} and are NOT applied: Snakemake may lose its jobs while Slurm's controller "
            "is away, use up its retries at limits, and wait forever for preempted jobs; install "
            f"{VERSION}",
            file=sys.stderr,
        )
        return
    from snakemake_interface_executor_plugins.registry import (  # noqa: PLC0415
        ExecutorPluginRegistry,
    )

    from .executor import PatientExecutor, plugin  # noqa: PLC0415 - only the profile has it

    PatientExecutor.work = work
    # The plugin's warning about MinJobAge does not apply to this executor.
    plugin.validate_status_command_settings = lambda settings, logger: None
    # Checked once per call, by the executor.
    plugin.validate_account = lambda account, logger: account
    ExecutorPluginRegistry().get_plugin("slurm").executor = PatientExecutor
