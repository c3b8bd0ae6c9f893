"""GPUs and CPU cores that this process may use."""

import os

from cluster_jobs.gpus import visible_gpus
from plain_commands.errors import UserError


def choose_gpus(count: int) -> tuple[str, ...]:
    """The first `count` of the visible GPUs.

    Raises:
        UserError: fewer are visible.
    """
    visible = visible_gpus()
    if count > len(visible):
        raise UserError(
            f"--gpus: {count} requested, {len(visible)} found on this machine "
            f"(CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'not set')}); "
            "request at most that many, or 0 to compute on the CPU"
        )
    return visible[:count]


def usable_cores() -> int:
    """Number of CPU cores that this process may run on."""
    return len(os.sched_getaffinity(0))
