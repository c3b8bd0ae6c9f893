"""`python -m workflow_scripts.operations.cluster check …`: what Slurm says to the profiles."""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Action, Command, dispatch, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.operations.cluster.profile import Profile
from workflow_scripts.operations.cluster.states import accounting_fails, too_short_a_memory
from workflow_scripts.operations.cluster.submission import limit_exceeded, refusal_of
from workflow_scripts.operations.sbatch import sbatch_command

DESCRIPTION = """\
Ask Slurm whether it would take the jobs that the profiles describe, without submitting any, and
find out which command can tell how jobs end. Says what to set in the site file.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        "workflow_scripts.operations.cluster",
        "Find out whether a Slurm cluster takes the workflow's jobs.",
        {"check": Action("ask Slurm about the profiles' jobs, submitting none", _check_command)},
        argv,
    )


def _check_command(argv: Sequence[str]) -> int:
    command = Command("workflow_scripts.operations.cluster check", DESCRIPTION)
    command.argument(
        "--profile",
        type=Path,
        action="append",
        required=True,
        metavar="PATH",
        help="as given to snakemake, in the same order: profiles/slurm, then your site file",
    )
    return command.run(check, argv)


def check(arguments: argparse.Namespace) -> None:
    """Report on the states of jobs, and on each kind of job.

    Raises:
        UserError: Slurm is not installed, or a line a finding, with all jobs that it is about.
    """
    if shutil.which("sbatch") is None:
        raise UserError("sbatch: not found; run this on a login node of the cluster")
    profile = Profile.read(arguments.profile)
    findings = _check_states(profile)
    refused: dict[str, list[str]] = {}
    for rule in (None, *profile.rules):
        job = profile.job(rule)
        command = sbatch_command(
            job.resources,
            job.threads,
            qos=profile.entries.get("slurm-qos"),
            reservation=profile.entries.get("slurm-reservation"),
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
    accounting, memory = accounting_fails(), too_short_a_memory()
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


if __name__ == "__main__":
    main_of(main)
