"""Which of Slurm's commands can tell how jobs end."""

import subprocess

from snakemake_executor_plugin_slurm.job_status_query import get_min_job_age

SECONDS = 20
"""Accounting that takes longer is no help."""
FIRST_LOOK_SECONDS = 40
"""The executor looks at a job for the first time after this."""


def accounting_fails() -> str | None:
    """Why sacct cannot be asked; None where it answers."""
    question = ["sacct", "-X", "-n", "--starttime=now-1minutes"]
    try:
        answer = subprocess.run(
            question, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError:
        return "sacct is not installed"
    except subprocess.TimeoutExpired:
        return f"sacct does not answer within {SECONDS} s"
    if answer.returncode == 0:
        return None
    return " ".join(answer.stderr.split()) or f"sacct ends with {answer.returncode}"


def too_short_a_memory() -> str | None:
    """Why squeue may miss the end of a job; None where it remembers long enough."""
    age = get_min_job_age()
    if age is None:
        return "scontrol does not say how long the controller remembers jobs"
    needed = 3 * FIRST_LOOK_SECONDS
    if age >= needed:
        return None
    return f"the controller forgets jobs after {age} s (MinJobAge), less than {needed} s"
