"""`cluster check`: check profiles with Slurm."""

import shutil
from pathlib import Path
from typing import Annotated

from plain_commands.console import log
from plain_commands.errors import UserError
from slurm_repairs.limits import Limited, SlurmLimit, SlurmSite
from slurm_repairs.questions import accounting_problem

from workflow_scripts.common.cli import option
from workflow_scripts.operations.cluster import (
    ADVICE,
    Profile,
    choices_of,
    least,
    loosest,
    never_starts,
    refusal_of,
    sbatch_command,
)


def check(*, profile: Annotated[tuple[Path, ...], option("PATH")]) -> None:
    """Ask Slurm whether it would take the profiles' jobs, without submitting any.

    It also reads the limits of accounts, qualities of service and partitions, and reports what to
    set in the site file.

    Args:
        profile: profiles in snakemake's order: profiles/slurm, then your site file.

    Raises:
        UserError: Slurm is not installed, or one line per problem, with its jobs.
    """
    if shutil.which("sbatch") is None:
        raise UserError("sbatch: not found; run this on a login node of the cluster")
    profiles = Profile.read(profile)
    problem = accounting_problem()
    answers = f"squeue ({problem})" if problem else "sacct (accounting answers)"
    log.info("job states come from %s", answers)
    site = SlurmSite.ask()
    refused: dict[str, list[str]] = {}
    waiting: dict[str, list[str]] = {}
    limits: list[SlurmLimit] = []
    for rule in (None, *profiles.rules):
        job = profiles.job(rule)
        qos = profiles.entries.get("slurm-qos")
        reservation = profiles.entries.get("slurm-reservation")
        command = sbatch_command(job.resources, job.threads, qos=qos, reservation=reservation)
        name = rule or "other jobs"
        log.info("%s: %s", name, " ".join(command))
        account, partition = (job.resources.get(f"slurm_{n}") for n in ("account", "partition"))
        choices = choices_of(site, account, job.resources.get("qos", qos), partition)
        limits += loosest(choices)
        closed = site.closed(partition)
        if closed is not None:
            waiting.setdefault(closed, []).append(name)
        refusal = refusal_of(command, site, partition)
        refusals = [refusal] if refusal else never_starts(job.resources, choices)
        for refusal in refusals:
            refused.setdefault(refusal, []).append(name)
        if not (refusals or closed):
            log.info("%s: accepted", name)
    for reason, names in waiting.items():
        log.warning(
            "%s: %s: these jobs wait until that changes; to run them elsewhere, %s",
            *(", ".join(names), reason, ADVICE["partition"]),
        )
    findings = [f"{', '.join(names)}: {refusal}" for refusal, names in refused.items()]
    findings += _check_number(profiles, limits)
    if findings:
        raise UserError.of(findings)


def _check_number(profile: Profile, limits: list[SlurmLimit]) -> list[str]:
    """Compare the number of simultaneous jobs with the limits, and log advice."""
    running, submitted = (least(limits, on) for on in (Limited.RUNNING, Limited.SUBMITTED))
    if running is not None:
        log.info("%s: at most %g run at a time", running.by, running.most)
    if submitted is None:
        return []
    if submitted.most == 0:
        return [f"{submitted.by} accepts no jobs; set slurm-qos or account"]
    jobs = int(profile.entries.get("jobs", 0))
    if jobs > submitted.most:
        log.warning(
            "jobs: %d, but %s accepts %g: set jobs: %g; the others are submitted later",
            *(jobs, submitted.by, submitted.most, submitted.most),
        )
    return []
