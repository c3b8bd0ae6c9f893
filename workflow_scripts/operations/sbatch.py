"""How Snakemake's Slurm executor submits a job, as a command and as its options."""

import shlex
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string

LONG = {"-A": "account", "-p": "partition", "-t": "time", "-C": "constraint", "-c": "cpus-per-task"}
"""The options that the executor writes short."""


class Resources(dict):
    """A job's resources by name, also as attributes, as the executor asks for them."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def sbatch_command(
    resources: Mapping[str, Any],
    threads: int,
    *,
    qos: str | None = None,
    reservation: str | None = None,
    comment: str = "check",
) -> list[str]:
    """The command by which the executor would submit a job.

    Args:
        resources: of the job; those without a value are not asked for.
        threads: of the job.
        qos: `slurm-qos` of the profile.
        reservation: `slurm-reservation` of the profile.
        comment: what the executor writes there is the rule with its wildcards.
    """
    known = Resources({name: value for name, value in resources.items() if value is not None})
    account, partition = (known.get(f"slurm_{name}") for name in ("account", "partition"))
    params = {
        "run_uuid": "check",
        "slurm_logfile": "/dev/null",
        "comment_str": comment,
        "account": f"--account={shlex.quote(account)}" if account else "",
        "partition": f"--partition={shlex.quote(partition)}" if partition else "",
        "workdir": None,
    }
    settings = SimpleNamespace(qos=qos, reservation=reservation, requeue=False, no_requeue=False)
    job = SimpleNamespace(resources=known, threads=threads)
    return shlex.split(get_submit_command(job, params, settings=settings) + set_gres_string(job))


def options_of(command: list[str]) -> dict[str, str | bool]:
    """The options of an `sbatch` command by their long names; True for those without a value."""
    options: dict[str, str | bool] = {}
    words = command[1:]
    while words:
        name, equals, value = words.pop(0).partition("=")
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("-") else True
        options[LONG.get(name, name.lstrip("-"))] = value
    return options
