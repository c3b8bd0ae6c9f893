"""What a job was given by whatever runs it, as its command is told.

The rules know GPUs, cores, memory and walltime; which cluster has them, only a profile knows.
"""

from collections.abc import Mapping
from typing import Any


def gpus_to_use(resources: Mapping[str, Any]) -> int:
    """How many GPUs a job's command uses: all that were asked for, by either name.

    `use_gpus` overrides it: 0 computes on the CPU of a job that has GPUs, to rehearse a cluster.

    Args:
        resources: of a job: `gpu` (a number), or `gres` (such as `gpu:4` or `gpu:a100:4`).
    """
    use = resources.get("use_gpus")
    if use is not None:
        return int(use)
    kind, *model_and_number = str(resources.get("gres") or "").split(":")
    if kind == "gpu":
        number = model_and_number[-1] if model_and_number else "1"
        return int(number) if number.isdigit() else 1
    return int(resources.get("gpu") or 0)


def minutes_to_use(resources: Mapping[str, Any]) -> float | None:
    """After how many minutes a job's command has to save and stop; None where nobody stops it.

    Args:
        resources: of a job: `runtime`, its walltime in minutes, and `save_before_end`, which only
            profiles set whose walltime is enforced.
    """
    margin = resources.get("save_before_end")
    if margin is None:
        return None
    left = resources["runtime"] - float(margin)
    # A margin that is longer than the job leaves a tenth of it.
    return left if left > 0 else 0.1 * resources["runtime"]
