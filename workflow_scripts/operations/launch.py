"""One run trained by hand through submitit, like the rule `train` would."""

import os
import sys
from pathlib import Path
from typing import Any

from folder_owner import owner_of
from plain_commands.console import log
from plain_commands.errors import UserError
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from workflow_scripts.common.cli import EXIT_SAVED
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.operations.cluster import options_of, sbatch_command
from workflow_scripts.operations.launched_training import LaunchedTraining
from workflow_scripts.operations.snakemake_call import Job, SnakemakeCall, gpus_to_use

# After `launched_training`, which sets the signal that submitit reads at import.
import submitit  # isort: skip
from submitit.core.utils import FailedJobError  # isort: skip

WITHOUT_LIMIT_MINUTES = 60 * 24 * 365
WITHOUT_LIMIT_TIMES = 10_000
EXECUTORS_OWN = "parsable", "job-name", "output", "comment", "export"
"""Options of the executor that do not concern the resources of a job."""


def layout_of(call: SnakemakeCall) -> Layout:
    """The experiment's files, below Snakemake's directory."""
    return Layout(call.experiment.folder)


def folder_of(call: SnakemakeCall, variant: str, seed: int) -> Path:
    """A run's folder, below Snakemake's directory.

    Raises:
        UserError: the experiment has no such run.
    """
    experiment = call.experiment
    if variant not in experiment.variants:
        known = ", ".join(experiment.variants)
        raise UserError(
            f"--variant: {experiment.experiment} has no variant {variant!r}; "
            f"known variants: {known}"
        )
    seeds = experiment.runs.seeds_of(variant)
    if seed not in seeds:
        raise UserError(
            f"--seed: {variant} has no seed {seed}; known seeds: {', '.join(map(str, seeds))}; "
            "add it to `seeds` or `more_seeds` of the config"
        )
    return layout_of(call).run(variant, seed).folder


def refuse_if_owned(folder: Path) -> None:
    """Refuse a run that is already in training.

    Raises:
        UserError: another process trains in the folder.
    """
    owner = owner_of(RunLayout(folder).owner)
    if owner is not None and owner.seems_alive:
        raise UserError(f"{folder}: another process trains in this folder ({owner})")


def training_of(call: SnakemakeCall, folder: Path) -> Job | None:
    """The job that trains a run; None if there is nothing to train.

    Raises:
        UserError: its inputs have to be made first.
    """
    jobs = call.jobs(str(RunLayout(folder).checkpoint))
    if not jobs:
        return None
    training, others = jobs[-1], jobs[:-1]
    made = {file for job in others for file in job.outputs}
    missing = [file for file in training.inputs if file in made]
    if missing:
        raise UserError(
            f"{', '.join(missing)}: missing or outdated; "
            f"make {'it' if len(missing) == 1 else 'them'} with: {call.typed(*missing)}"
        )
    return training


def submit(job: Job, folder: Path, call: SnakemakeCall, cluster: str) -> submitit.Job:
    """Submit the training of a run's folder.

    Raises:
        UserError: Slurm refuses it.
    """
    layout = layout_of(call)
    logs = layout.logs / "launch" / folder.relative_to(layout.runs)
    executor = executor_for(cluster, call.directory / logs, job, call)
    try:
        return executor.submit(training_from(job, folder, call, cluster))
    except FailedJobError as error:
        raise UserError(
            f"{' '.join(str(error).split())}; see python -m workflow_scripts cluster check"
        ) from None


def training_from(job: Job, folder: Path, call: SnakemakeCall, cluster: str) -> LaunchedTraining:
    """The training in submitit's form."""
    record = [sys.executable, "-m", "workflow_scripts", "record", str(folder)]
    record += ["--", *call.arguments]
    # submitit would renumber the devices of this machine.
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = {} if cluster == "slurm" or visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return LaunchedTraining(
        job.command or "",
        call.directory,
        tuple(record),
        Path.cwd(),
        RunLayout(folder).saved_state,
        devices,
    )


def executor_for(cluster: str, folder: Path, job: Job, call: SnakemakeCall) -> Any:
    """A submitit executor with the profiles' resources for the rule."""
    # Any number of walltimes: a training that saves nothing ends by itself.
    retries = {"slurm_max_num_timeout": WITHOUT_LIMIT_TIMES} if cluster == "slurm" else {}
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
        raise UserError(f"the training failed: {last}; see {task.paths.stderr}")
    if task.result() == EXIT_SAVED:
        log.info("stopped after saving; the same command resumes from there")
        return EXIT_SAVED
    log.info("trained")
    return 0
