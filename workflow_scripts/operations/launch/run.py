"""Which training a run needs, as the rule `train` would do it."""

from pathlib import Path

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.ownership import owner_of
from workflow_scripts.operations.snakemake_call import Job, SnakemakeCall


def results_of(call: SnakemakeCall) -> Path:
    """The experiment's folder, below Snakemake's directory."""
    return Path("results") / call.experiment.experiment


def folder_of(call: SnakemakeCall, variant: str, seed: int) -> Path:
    """A run's folder, below Snakemake's directory.

    Raises:
        UserError: the experiment has no such run.
    """
    experiment = call.experiment
    if variant not in experiment.variants:
        there_are = ", ".join(experiment.variants)
        raise UserError(
            f"--variant: {experiment.experiment} has no variant {variant!r}; there are {there_are}"
        )
    seeds = experiment.runs.seeds_of(variant)
    if seed not in seeds:
        raise UserError(
            f"--seed: {variant} has no seed {seed}; there are {', '.join(map(str, seeds))}; "
            "add it to `seeds` or `more_seeds` of the config"
        )
    return results_of(call) / "runs" / variant / f"seed~{seed}"


def refuse_if_owned(folder: Path) -> None:
    """See that nothing trains in a run's folder.

    Raises:
        UserError: another process does.
    """
    owner = owner_of(folder / "checkpoints/owner.json")
    if owner is not None and owner.seems_alive:
        raise UserError(f"{folder}: another process trains in this folder ({owner})")


def training_of(call: SnakemakeCall, folder: Path) -> Job | None:
    """The job that trains a run; None if Snakemake has nothing to train.

    Raises:
        UserError: its inputs have to be made first.
    """
    jobs = call.jobs(str(folder / "model_final.pth"))
    if not jobs:
        return None
    training, others = jobs[-1], jobs[:-1]
    made = {file for job in others for file in job.outputs}
    missing = [file for file in training.inputs if file in made]
    if missing:
        raise UserError(
            f"{', '.join(missing)}: not there yet, or out of date; "
            f"make {'it' if len(missing) == 1 else 'them'} with: {call.typed(*missing)}"
        )
    return training
