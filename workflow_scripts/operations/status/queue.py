"""What Slurm says of the jobs that Snakemake has submitted."""

import shutil
import subprocess
from pathlib import Path

from workflow_scripts.contracts.run_states import QueuedJob

SECONDS = 20
"""Slurm answers within this time, or is not asked further."""


def queued_jobs(directory: Path) -> dict[tuple[str, str], QueuedJob]:
    """The jobs of the workflow in a directory, by rule and wildcards joined by `_`.

    Empty where Slurm is not installed or does not answer: the files tell the rest.
    """
    if shutil.which("squeue") is None:
        return {}
    question = ["squeue", "--me", "--noheader", "--states=PENDING,RUNNING,CONFIGURING,COMPLETING"]
    try:
        answer = subprocess.run(
            [*question, "--format=%A|%T|%r|%N|%k|%Z"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {}
    return read_queue(answer.stdout, directory)


def read_queue(answer: str, directory: Path) -> dict[tuple[str, str], QueuedJob]:
    """The same from squeue's lines: number, state, reason, node, comment, directory."""
    jobs = {}
    for line in answer.splitlines():
        number, state, reason, node, comment, folder = line.split("|", 5)
        rule, _, wildcards = comment.removeprefix("rule_").partition("_wildcards_")
        if comment.startswith("rule_") and Path(folder).resolve() == directory.resolve():
            waits = state == "PENDING"
            jobs[rule, wildcards] = QueuedJob(
                number, state, reason if waits else None, node or None
            )
    return jobs
