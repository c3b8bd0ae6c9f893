"""The command of a Slurm job: one job step in it, and how a shell takes it as it is."""

import os
import re
from typing import Any

import snakemake_executor_plugin_slurm_jobstep as jobstep

FORGET_ALLOCATION = (
    r"unset $(env | sed -nE 's/^((SLURM|SRUN|SBATCH)_[A-Z0-9_]+)=.*/\1/p' | "
    "grep -vxE 'SLURM_(CONF|CLUSTER_NAME|JOB_?ID|SUBMIT_DIR|SUBMIT_HOST)')"
)
"""Shell command after which srun takes no options from variables, but for which job it is in.

Some are left of the allocation that Snakemake was called in, and contradict those of the job.
"""


def forget_allocation() -> None:
    """Remove the variables of an allocation in which Snakemake was called from its environment.

    Where SLURM_CONF names the site's configuration, no command finds the cluster without it.
    """
    if "SLURM_JOB_ID" in os.environ:
        for name in [name for name in os.environ if name.startswith("SLURM_")]:
            if name != "SLURM_CONF":
                del os.environ[name]


def job_step(job: Any) -> str:
    """The call of `srun` before the command of a job, with the cores and GPUs of the job."""
    gpus = jobstep.get_gpu_setting(job)
    # What the plugin takes for a job with GPUs as it submits it.
    has_gpus = bool(gpus) or "gpu" in (job.resources.get("gres") or "")
    cores = jobstep.get_cpu_setting(job, has_gpus)
    options = "-n1 --cpu-bind=q", cores, gpus, jobstep.get_node_setting(job)
    return " ".join(["srun", *filter(None, options)])


def for_double_quotes(command: str) -> str:
    """A command that means the same between the double quotes of a shell, but for these."""
    return re.sub(r"[\\$`]", r"\\\g<0>", command)
