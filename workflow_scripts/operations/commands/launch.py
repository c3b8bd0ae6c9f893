"""`launch`: one run, trained by hand."""

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import submitit
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry
from submitit.core.utils import FailedJobError

from workflow_scripts.common.cli import EXIT_SAVED, Behind, labelled, option
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.operations.allocation import gpus_to_use
from workflow_scripts.operations.launch.run import (
    folder_of,
    refuse_if_owned,
    results_of,
    training_of,
)
from workflow_scripts.operations.launch.training import Training
from workflow_scripts.operations.sbatch import options_of, sbatch_command
from workflow_scripts.operations.snakemake_call import Job, SnakemakeCall

WITHOUT_LIMIT_MINUTES = 60 * 24 * 365
EXECUTORS_OWN = "parsable", "job-name", "output", "comment", "export"
"""Options of the executor that say nothing about what a job gets."""


@labelled("launch {variant} seed {seed}")
def launch(
    *snakemake: Behind,
    variant: Annotated[str, option("NAME")],
    seed: int,
    cluster: Literal["slurm", "local", "debug"],
) -> int:
    r"""Train one run by hand, e.g. to debug a seed; Snakemake then sees it as done.

    It has the command, the folder, the lock and the resources of the rule `train`. For example:

        python -m workflow_scripts launch --variant natural --seed 3 --cluster slurm \
            -- --profile profiles/slurm --profile my-site.yaml --configfile mine.yaml

    Args:
        snakemake: arguments of snakemake, behind `--`.
        variant: of the experiment.
        seed: of the experiment.
        cluster: slurm submits one job and returns; saved before its walltime, it queues itself
            again. local trains on this machine and waits for it. debug trains in this process.

    Raises:
        UserError: there is no such run, somebody trains it, its inputs are missing, Slurm is not
            there or refuses, or the training failed.
    """
    if cluster == "slurm" and shutil.which("sbatch") is None:
        raise UserError("sbatch: not found; run this on a login node, or take --cluster local")
    call = SnakemakeCall.behind_dashes(snakemake)
    folder = folder_of(call, variant, seed)
    refuse_if_owned(call.directory / folder)
    job = training_of(call, folder)
    if job is None:
        log.info("%s: nothing to train", folder)
        return 0
    logs = results_of(call) / "logs/launch" / folder.relative_to(results_of(call) / "runs")
    executor = executor_for(cluster, call.directory / logs, job, call)
    try:
        task = executor.submit(training_from(job, folder, call, cluster))
    except FailedJobError as error:
        raise UserError(
            f"{' '.join(str(error).split())}; see python -m workflow_scripts cluster check"
        ) from None
    log.info("job %s; its messages: %s", task.job_id, task.paths.stdout)
    return 0 if cluster == "slurm" else ending_of(task)


def training_from(job: Job, folder: Path, call: SnakemakeCall, cluster: str) -> Training:
    """What the job is to do."""
    record = [sys.executable, "-m", "workflow_scripts", "record", str(folder)]
    record += ["--", *call.arguments]
    # submitit would number the devices of this machine anew.
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = {} if cluster == "slurm" or visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return Training(job.command, call.directory, tuple(record), Path.cwd(), devices)


def executor_for(cluster: str, folder: Path, job: Job, call: SnakemakeCall) -> Any:
    """An executor of submitit with the means that the profiles give to the rule."""
    # A training gets as many walltimes as one that Snakemake submits.
    retries = {"slurm_max_num_timeout": call.options.retries} if cluster == "slurm" else {}
    executor = submitit.AutoExecutor(folder, cluster=cluster, **retries)
    if cluster != "slurm":
        executor.update_parameters(
            timeout_min=WITHOUT_LIMIT_MINUTES, gpus_per_node=gpus_to_use(job.resources)
        )
        return executor
    profile = ExecutorPluginRegistry().get_plugin("slurm").get_settings(call.options)
    options = options_of(
        sbatch_command(job.resources, job.threads, qos=profile.qos, reservation=profile.reservation)
    )
    wanted = {name: value for name, value in options.items() if name not in EXECUTORS_OWN}
    executor.update_parameters(
        name="train",
        timeout_min=job.resources["runtime"],
        stderr_to_stdout=True,
        slurm_comment=f"rule_{job.rule}_wildcards_{'_'.join(job.wildcards.values())}",
        slurm_srun_args=["--ntasks=1", f"--cpus-per-task={options['cpus-per-task']}"],
        slurm_additional_parameters={**wanted, "chdir": str(call.directory)},
    )
    return executor


def ending_of(task: submitit.Job) -> int:
    """Wait for the end of a job on this machine.

    Raises:
        UserError: it failed.
    """
    error = task.exception()
    if error is not None:
        last = str(error).strip().splitlines()[-1]
        raise UserError(f"the training did not end well: {last}; see {task.paths.stderr}")
    if task.result() == EXIT_SAVED:
        log.info("saved before the end; the same command goes on from there")
        return EXIT_SAVED
    log.info("trained")
    return 0
