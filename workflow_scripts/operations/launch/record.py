"""`python -m workflow_scripts.operations.launch.record FOLDER -- …`: tell Snakemake what a run was made from.

Without it Snakemake would see the run's files, but not notice when something changes that they
depend on.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_json
from workflow_scripts.operations.snakemake_call import SnakemakeCall

ONLY_THIS_RUN = "--force", "--allowed-rules", "train"
"""What comes before it in the workflow is not looked at, and so not taken for up to date."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.operations.launch.record", "Mark a trained run as Snakemake's own."
    )
    command.argument("folder", type=Path, help="the run's, below Snakemake's directory")
    command.argument("snakemake", nargs="*", metavar="ARGUMENT", help="of snakemake, behind --")
    return command.run(record, argv)


def record(arguments: argparse.Namespace) -> None:
    """Let Snakemake take the run's files for its own.

    Raises:
        UserError: they were made from something else than what the config, the code and the data
            say now. The weights are renamed then, so that Snakemake trains again.
    """
    call = SnakemakeCall([*arguments.snakemake, *ONLY_THIS_RUN])
    folder = call.directory / arguments.folder
    model = arguments.folder / "model_final.pth"
    (job,) = call.jobs(str(model))
    fingerprint = read_json(folder / "run.json")["fingerprint"]
    if f"--fingerprint {fingerprint} " not in job.command:
        outdated = (folder / model.name).rename(folder / "model_outdated.pth")
        raise UserError(
            f"{outdated}: the config, the code or the data changed while it trained; "
            "launch it again, or let Snakemake train it"
        )
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(call.snakefile)]
    command += [*call.arguments, "--touch", "--nolock", "--quiet", "all", "--", str(model)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main_of(main)
