"""Asking Slurm whether it would take a job, without submitting it."""

import subprocess
from types import SimpleNamespace

SECONDS = 60
"""A controller that takes longer is not there."""
ADVICE = {
    "account": "set account; yours: sacctmgr show associations user=$USER format=account",
    "partition": 'set cpu_partition or gpu_partition; there are: sinfo -o "%P %l %G"',
    "qos": "set slurm-qos; yours: sacctmgr show associations user=$USER format=account,qos",
    "feature": 'set cpu_constraint or gpu_constraint; there are: sinfo -o "%P %f"',
    "reservation": "set slurm-reservation; there are: scontrol show reservation",
    "generic resource": 'set gpus, gpu_model or gpus_by; there are: sinfo -o "%P %G"',
    "gres": 'set gpus, gpu_model or gpus_by; there are: sinfo -o "%P %G"',
    "time limit": 'set train_runtime; the longest: sinfo -o "%P %l"',
    "node configuration": "no node has so much; set gpus, train_cores, train_mem_mb or "
    'gpu_partition; there are: sinfo -o "%P %c cores %m MB %G"',
    "unable to contact": "the controller does not answer; ask again later, or on a login node",
}
"""What to set in the site file, by a word of Slurm's message, the first that fits."""


def refusal_of(command: list[str]) -> str | None:
    """Why Slurm would refuse a submission; None if it would take it."""
    test = [command[0], "--test-only", *command[1:], "--wrap", "true"]
    try:
        answer = subprocess.run(test, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer within {SECONDS} s; {ADVICE['unable to contact']}"
    if answer.returncode == 0:
        return None
    lines = [line.strip() for line in answer.stderr.splitlines() if line.strip()]
    said = " ".join(line.removeprefix("sbatch: error: ") for line in lines) or "no reason given"
    return f"{said}; {advice_on(said)}"


def limit_exceeded(job: SimpleNamespace) -> str | None:
    """Why a job would wait for ever: many clusters take jobs that no partition ever starts."""
    partition, minutes = job.resources.get("slurm_partition"), job.resources.get("runtime")
    command = ["sinfo", "--noheader", "--format=%P %l"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    for name, limit in (line.split() for line in answer.stdout.splitlines()):
        chosen = name.endswith("*") if partition is None else name.rstrip("*") == partition
        longest = minutes_of(limit)
        if chosen and longest is not None and minutes is not None and minutes > longest:
            return (
                f"{minutes} minutes are more than partition {name.rstrip('*')} allows ({limit}), "
                f"the job would wait for ever; {ADVICE['time limit']}"
            )
    return None


def minutes_of(limit: str) -> float | None:
    """A time as Slurm writes it, `days-hours:minutes:seconds`; None for no limit."""
    if limit in ("infinite", "n/a"):
        return None
    days, _, rest = limit.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    hours, minutes, seconds = [0] * (3 - len(parts)) + parts
    return 1440 * int(days or 0) + 60 * hours + minutes + seconds / 60


def advice_on(message: str) -> str:
    """What to set in the site file."""
    message = message.lower()
    fitting = (advice for word, advice in ADVICE.items() if word in message)
    return next(fitting, "see docs/slurm.md")
