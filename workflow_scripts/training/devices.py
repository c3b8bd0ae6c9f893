"""Which GPUs this process may use, found without importing torch."""

import os

import pynvml

from workflow_scripts.errors import UserError


def visible_gpus() -> tuple[str, ...]:
    """The CUDA devices of this process as CUDA_VISIBLE_DEVICES names them: numbers or UUIDs."""
    installed = _installed_gpus()
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return tuple(str(number) for number in range(installed))
    usable = []
    for name in (part.strip() for part in allowed.split(",")):
        # CUDA reads the list up to the first entry that it does not know.
        if not name or (name.lstrip("-").isdigit() and not 0 <= int(name) < installed):
            break
        usable.append(name)
    return tuple(usable) if installed else ()


def choose_gpus(count: int) -> tuple[str, ...]:
    """The first `count` GPUs of this process.

    Raises:
        UserError: there are fewer.
    """
    visible = visible_gpus()
    if count > len(visible):
        raise UserError(
            f"--gpus: {count} asked for, {len(visible)} found on this machine "
            f"(CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'not set')}); "
            "ask for as many as there are, or for 0 to compute on the CPU"
        )
    return visible[:count]


def usable_cores() -> int:
    """CPU cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def _installed_gpus() -> int:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return 0
    try:
        return pynvml.nvmlDeviceGetCount()
    finally:
        pynvml.nvmlShutdown()
