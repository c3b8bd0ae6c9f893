"""`cluster check`: what Slurm says about the profiles."""

import shutil
from pathlib import Path
from typing import Annotated

from plain_commands.console import log
from plain_commands.errors import UserError
from slurm_repairs.questions import accounting_problem

from workflow_scripts.common.cli import option
from workflow_scripts.operations.cluster import (
    Profile,
    limit_exceeded,
    refusal_of,
    sbatch_command,
    too_short_a_memory,
)


def check(*, profile: Annotated[tuple[Path, ...], option("PATH")]) -> None:
    """Ask Slurm whether it would take the profiles' jobs, without submitting any.

    Finds out, too, which command can tell how jobs end, and says what to set in the site file.

    Args:
        profile: as given to snakemake, in the same order: profiles/slurm, then your site file.

    Raises:
        UserError: Slurm is not installed, or a line for each finding, with its jobs.
    """
    if shutil.which("sbatch") is None:
        raise UserError("sbatch: not found; run this on a login node of the cluster")
    profiles = Profile.read(profile)
    findings = _check_states(profiles)
    refused: dict[str, list[str]] = {}
    for rule in (None, *profiles.rules):
        job = profiles.job(rule)
        command = sbatch_command(
            job.resources,
            job.threads,
            qos=profiles.entries.get("slurm-qos"),
            reservation=profiles.entries.get("slurm-reservation"),
        )
        name = rule or "other jobs"
        log.info("%s: %s", name, " ".join(command))
        refusal = refusal_of(command) or limit_exceeded(job)
        if refusal is None:
            log.info("%s: accepted", name)
        else:
            refused.setdefault(refusal, []).append(name)
    findings += [f"{', '.join(names)}: {refusal}" for refusal, names in refused.items()]
    if findings:
        raise UserError.of(findings)


def _check_states(profile: Profile) -> list[str]:
    asked = profile.entries.get("slurm-status-command")
    accounting, memory = accounting_problem(), too_short_a_memory()
    if accounting is None:
        log.info("accounting answers: slurm-status-command: sacct")
        return []
    log.info("no accounting (%s): slurm-status-command: squeue", accounting)
    findings = []
    if asked != "squeue":
        findings.append(
            f"slurm-status-command: {asked or 'not set'}, but {accounting}; Snakemake would wait "
            "for ever; set squeue"
        )
    if memory is not None:
        findings.append(
            f"slurm-status-command: squeue may miss the end of a job: {memory}; set "
            "slurm-init-seconds-before-status-checks to a third of it, or ask for accounting"
        )
    return findings
