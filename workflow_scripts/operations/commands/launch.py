"""`launch`: train one run by hand."""

import shutil
from typing import Annotated, Literal

from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.common.cli import Behind, Seed, labelled, option
from workflow_scripts.operations.launch import (
    ending_of,
    folder_of,
    refuse_if_owned,
    submit,
    training_of,
)
from workflow_scripts.operations.snakemake_call import SnakemakeCall


@labelled("launch {variant} seed {seed}")
def launch(
    *snakemake: Behind,
    variant: Annotated[str, option("NAME")],
    seed: Seed,
    cluster: Literal["slurm", "local", "debug"],
) -> int:
    r"""Train one run by hand, e.g. to debug a seed; Snakemake then treats it as done.

    It uses the command, folder, lock and resources of the rule `train`. For example:

        python -m workflow_scripts launch --variant natural --seed 3 --cluster slurm \
            -- --profile profiles/slurm --profile my-site.yaml --configfile mine.yaml

    Args:
        snakemake: arguments of snakemake, after `--`.
        variant: variant of the experiment.
        seed: seed of the experiment.
        cluster: slurm submits one job and returns; the job saves before its walltime ends and
            resubmits itself. local trains on this machine and waits. debug trains in this process.

    Raises:
        UserError: no such run, it is already in training, its inputs are missing, Slurm is missing
            or refuses the job, or the training failed.
    """
    if cluster == "slurm" and shutil.which("sbatch") is None:
        raise UserError("sbatch: not found; run this on a login node, or use --cluster local")
    call = SnakemakeCall.behind_dashes(snakemake)
    folder = folder_of(call, variant, seed)
    refuse_if_owned(call.directory / folder)
    job = training_of(call, folder)
    if job is None:
        log.info("%s: nothing to train", folder)
        return 0
    task = submit(job, folder, call, cluster)
    log.info("job %s; its messages: %s", task.job_id, task.paths.stdout)
    return 0 if cluster == "slurm" else ending_of(task)
