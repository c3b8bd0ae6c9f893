"""The experiment, and the paths that the rules share."""

import functools
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, workflow.basedir)

from workflow_scripts.common.environment import prepare_commands
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_text
from workflow_scripts.config.experiment import experiment_of
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.operations.snakemake_call import gpus_to_use, minutes_to_use

try:
    prepare_commands(Path(workflow.basedir))
    EXPERIMENT = experiment_of(config, workflow.overwrite_configfiles)
    EXPERIMENT.training.check_early()
    JOBS = Jobs(EXPERIMENT)
    JOBS.layout.refuse_what_is_in_the_way()
except UserError as error:
    raise WorkflowError(str(error)) from None

LAYOUT = JOBS.layout
TRAINING_ENVIRONMENT = f"../envs/{JOBS.training_environment}.yaml"


# <name> in the rules: workflow_scripts/contracts/layout.py has them all.
pathvars:
    **LAYOUT.pathvars(),


def shards_of_dataset():
    """The data set's shards and digests, as the index found them.

    While an index is there it is read, even if it is about to be made anew: a job that looked at
    the checkpoint instead would have no fingerprint until the checkpoint is settled, and Snakemake
    schedules what follows a job without one. Where the new index says otherwise, Snakemake looks
    again after it is made, at each job that has shards.json among its inputs.
    """
    if not LAYOUT.shards.exists():
        checkpoints.index_dataset.get()
    return read_shards(LAYOUT.shards.stat().st_mtime_ns)


@functools.cache
def read_shards(mtime_ns):
    """The shards of an index, read once for many jobs while the file stays as it is."""
    return Shards.read(LAYOUT.shards)


FINGERPRINTS = Fingerprints(JOBS, lambda: shards_of_dataset().digests)


def training_regions(wildcards):
    """The PII regions of all training images."""
    return regions_of("train")


def validation_regions(wildcards):
    """The PII regions of all validation images, if exposed instances are evaluated."""
    return regions_of("val") if EXPERIMENT.evaluation.exposed else []


def regions_of(split):
    """The PII regions of all images of a split."""
    return [LAYOUT.regions(split, shard) for shard in shards_of_dataset().of(split)]


def shards_of_images(wildcards):
    """The folders of a variant's images of a split."""
    variant, split = wildcards.variant, wildcards.split
    shards = shards_of_dataset().of(split)
    return [LAYOUT.shard_images(variant, split, shard) for shard in shards]


def handed_over():
    """Folders of anonymized images; an experiment that trains hands none over."""
    if EXPERIMENT.images_only:
        return [LAYOUT.handover(variant) for variant in EXPERIMENT.variants]
    return []


def record_of_weights():
    """Origin of the weights that the config names; nothing where it names none."""
    return LAYOUT.weights_manifest if JOBS.weights_of(EXPERIMENT) else []


def further_tables():
    """Tables that the config asks for beside Table II, the verdict and the privacy table."""
    asked = {
        "exposed": EXPERIMENT.evaluation.exposed,
        "cross": EXPERIMENT.further_tests,
    }
    return [LAYOUT.table(name) for name in asked if asked[name]]


def figures_of_results(suffix):
    """The figures that the results make, for papers."""
    names = "forest", "runs", "learning_curves", "privacy_utility"
    return [LAYOUT.figure(name, suffix) for name in names]


def gpus_of_job(wildcards, resources):
    """How many GPUs a job's command uses.

    Snakemake compares no params that are derived from `resources`: other hardware retrains nothing.
    """
    return gpus_to_use(resources)


def minutes_option(wildcards, resources):
    """When a training has to save and stop, where its walltime is enforced."""
    minutes = minutes_to_use(resources)
    return "" if minutes is None else f"--minutes {minutes:g}"


def record_expected_runs():
    """Write the runs that the experiment consists of, for `status`."""
    if not EXPERIMENT.images_only:
        write_text(LAYOUT.expected_runs, f"{JOBS.expected_runs()}\n")


def show_tables():
    """Print Table II, the verdict and the privacy table at the end of a successful run."""
    stages = {"table_2": "tables", "verdict": "statistics", "privacy": "privacy"}
    for variant in EXPERIMENT.variants if EXPERIMENT.images_only else ():
        print(f"\n{LAYOUT.handover(variant).read_text(encoding='utf-8')}", flush=True)
    for name, stage in stages.items():
        if LAYOUT.table(name).exists():
            print(flush=True)
            command = ["python", "-m", "workflow_scripts", stage, "show"]
            subprocess.run([*command, LAYOUT.table(name)], check=True)
