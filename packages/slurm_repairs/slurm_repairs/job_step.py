"""The command of a Slurm job: its job step, and quoting for the submitting shell."""

import os
import re
from typing import Any

import snakemake_executor_plugin_slurm_jobstep as jobstep

FORGET_ALLOCATION = (
    r"unset $(env | sed -nE 's/^((SLURM|SRUN|SBATCH)_[A-Z0-9_]+)=.*/\1/p' | "
    "grep -vxE 'SLURM_(CONF|CLUSTER_NAME|JOB_?ID|SUBMIT_DIR|SUBMIT_HOST)')"
)
"""Shell command that removes srun's option variables, except those that identify the job.

Some are inherited from the allocation that Snakemake was called in, and contradict the job's.
"""


def forget_allocation() -> None:
    """Remove variables of a surrounding allocation from Snakemake's environment.

    SLURM_CONF is kept, since commands may need it to find the cluster.
    """
    if "SLURM_JOB_ID" in os.environ:
        for name in [name for name in os.environ if name.startswith("SLURM_")]:
            if name != "SLURM_CONF":
                del os.environ[name]


def job_step(job: Any) -> str:
    """The `srun` call before a job's command, with the job's cores and GPUs."""
    gpus = jobstep.get_gpu_setting(job)
    # The plugin's own criterion for a job with GPUs.
    has_gpus = bool(gpus) or "gpu" in (job.resources.get("gres") or "")
    cores = jobstep.get_cpu_setting(job, has_gpus)
    options = "-n1 --cpu-bind=q", cores, gpus, jobstep.get_node_setting(job)
    return " ".join(["srun", *filter(None, options)])


def for_double_quotes(command: str) -> str:
    """A command escaped for the double quotes of a shell, except for double quotes themselves."""
    return re.sub(r"[\\$`]", r"\\\g<0>", command)
