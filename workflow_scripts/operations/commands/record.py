"""`record`: record for Snakemake what a launched run was made from.

Without it, Snakemake would see the run's files, but not notice later changes of their inputs.
"""

import subprocess
import sys
from pathlib import Path

from plain_commands.errors import UserError

from workflow_scripts.common.cli import Behind, Folder
from workflow_scripts.config.experiment import Experiment
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.operations.snakemake_call import SnakemakeCall

ONLY_THIS_RUN = "--force", "--allowed-rules", "train"
"""Rule to record; earlier rules of the workflow are not examined, and so not marked as up to
date."""


def record(folder: Folder, /, *snakemake: Behind) -> None:
    """Record a launched training as if Snakemake had run it; called by `launch`.

    Args:
        folder: folder of the run, below Snakemake's directory.
        snakemake: arguments of snakemake, after `--`.

    Raises:
        UserError: the experiment has no such run, it is not trained, or config, code or data have
            changed since. The weights are then renamed, so that Snakemake trains again.
    """
    call = SnakemakeCall([*snakemake, *ONLY_THIS_RUN])
    run = call.directory / folder
    model = folder / "model_final.pth"
    _check_run(call.experiment, model)
    fingerprint = TrainingRecord.read(RunLayout(run).provenance).fingerprint
    (job,) = call.jobs(str(model))
    if f"--fingerprint {fingerprint} " not in (job.command or ""):
        outdated = (run / model.name).rename(run / "model_outdated.pth")
        raise UserError(
            f"{outdated}: the config, the code or the data changed while it trained; "
            "launch it again, or let Snakemake train it"
        )
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(call.snakefile)]
    command += [*call.arguments, "--touch", "--nolock", "--quiet", "all", "--", str(model)]
    subprocess.run(command, check=True)


def _check_run(experiment: Experiment, model: Path) -> None:
    """Check that a model is one of a run of the experiment, before Snakemake starts."""
    layout = Layout(experiment.folder)
    variant, seed = layout.run_with(str(model)) or ("", 0)
    if variant not in experiment.variants or seed not in experiment.runs.seeds_of(variant):
        raise UserError(
            f"{model.parent}: not a run of {experiment.experiment}; name a folder "
            f"{layout.runs}/VARIANT/seed~SEED of its variants and seeds"
        )
