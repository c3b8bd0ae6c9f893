"""`record`: tells Snakemake what a launched run was made from.

Without it, Snakemake would see the run's files, but not notice when something changes that they
depend on.
"""

import subprocess
import sys

from plain_commands.errors import UserError

from workflow_scripts.common.cli import Behind, Folder
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.operations.snakemake_call import SnakemakeCall

ONLY_THIS_RUN = "--force", "--allowed-rules", "train"
"""What comes before it in the workflow is not looked at, and so not taken for up to date."""


def record(folder: Folder, /, *snakemake: Behind) -> None:
    """Mark a launched training as Snakemake's own; `launch` calls it.

    Args:
        folder: the run's, below Snakemake's directory.
        snakemake: arguments of snakemake, behind `--`.

    Raises:
        UserError: they were made from something else than what the config, the code and the data
            say now. The weights are renamed then, so that Snakemake trains again.
    """
    call = SnakemakeCall([*snakemake, *ONLY_THIS_RUN])
    run = call.directory / folder
    model = folder / "model_final.pth"
    (job,) = call.jobs(str(model))
    fingerprint = TrainingRecord.read(RunLayout(run).provenance).fingerprint
    if f"--fingerprint {fingerprint} " not in (job.command or ""):
        outdated = (run / model.name).rename(run / "model_outdated.pth")
        raise UserError(
            f"{outdated}: the config, the code or the data changed while it trained; "
            "launch it again, or let Snakemake train it"
        )
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(call.snakefile)]
    command += [*call.arguments, "--touch", "--nolock", "--quiet", "all", "--", str(model)]
    subprocess.run(command, check=True)
