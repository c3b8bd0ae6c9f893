"""Words that the rules share: where things lie, and what a job depends on."""

import functools
import os
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, workflow.basedir)

from workflow_scripts.operations.allocation import gpus_to_use, minutes_to_use
from workflow_scripts.config.experiment import read_experiment
from workflow_scripts.training.detectron2_files import check_settings
from workflow_scripts.common.environment import prepare_commands
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_text
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.shards import Shards

prepare_commands(Path(workflow.basedir))

try:
    EXPERIMENT = read_experiment(
        config, " + ".join(map(str, workflow.overwrite_configfiles)) or "config.yaml"
    )
    check_settings(EXPERIMENT.training)
except UserError as error:
    raise WorkflowError(str(error)) from None

JOBS = Jobs(EXPERIMENT)
RESULTS = f"results/{EXPERIMENT.experiment}"
DRAWN = f"{RESULTS}/data/synthetic"
VARIANTS = list(EXPERIMENT.variants)
TRAINING_ENVIRONMENT = (
    "../envs/detectron2.yaml"
    if EXPERIMENT.training.engine == "detectron2"
    else "../envs/workflow.yaml"
)


wildcard_constraints:
    variant="|".join(VARIANTS),
    tested="|".join(VARIANTS),
    seed=r"[1-9]\d*",
    shard=r"\d+-[0-9a-f]+",
    split="train|val",
    sha256="[0-9a-f]{64}",


def shards_of_dataset():
    """The data set's shards and digests, as the index found them.

    While an index is there it is read, even if it is about to be made anew: a job that looked at
    the checkpoint instead would have no fingerprint until the checkpoint is settled, and Snakemake
    schedules what follows a job without one. Where the new index says otherwise, Snakemake looks
    again after it is made, at each job that has shards.json among its inputs.
    """
    shards = Path(f"{RESULTS}/data/shards.json")
    if not shards.exists():
        shards = Path(checkpoints.index_dataset.get().output.shards)
    return read_shards(shards, shards.stat().st_mtime_ns)


@functools.cache
def read_shards(path, mtime_ns):
    """Read them once while they stay as they are; many jobs ask."""
    return Shards.read(path)


def image_root(split):
    """The folder that the file names of a split are relative to."""
    return EXPERIMENT.image_roots[split] if EXPERIMENT.image_roots else DRAWN


def drawn_dataset():
    """The data set's own files, where the workflow makes them."""
    return f"{DRAWN}/dataset.json" if EXPERIMENT.image_roots is None else []


def regions_of_shards(wildcards):
    """The PII regions of all training images."""
    return expand(f"{RESULTS}/pii/{{shard}}.parquet", shard=shards_of_dataset().shards)


def regions_of_tests(wildcards):
    """The PII regions of all validation images, where objects that carry some are looked at."""
    if not EXPERIMENT.evaluation.exposed:
        return []
    return expand(
        f"{RESULTS}/pii/val/{{shard}}.parquet", shard=shards_of_dataset().val_shards
    )


def folders_of_test_shards(wildcards):
    """The anonymized validation images of a variant."""
    folder = f"{RESULTS}/images/{wildcards.variant}/val"
    return expand(f"{folder}/{{shard}}", shard=shards_of_dataset().val_shards)


def regions_option(wildcards, input):
    """The same for the command line."""
    return f"--regions {input.regions}" if EXPERIMENT.evaluation.exposed else ""


def folders_of_shards(wildcards):
    """The anonymized images of a variant."""
    folder = f"{RESULTS}/images/{wildcards.variant}"
    return expand(f"{folder}/{{shard}}", shard=shards_of_dataset().shards)


def anonymized_images_of(wildcards):
    """What a variant is trained on beside the originals."""
    if JOBS.is_unmodified(wildcards.variant):
        return []
    return f"{RESULTS}/images/{wildcards.variant}/manifest.parquet"


def anonymized_folder_option(wildcards):
    """The same for the command line."""
    if JOBS.is_unmodified(wildcards.variant):
        return ""
    return f"--anonymized {RESULTS}/images/{wildcards.variant}"


def seed_offset_of(wildcards):
    """What is added to a run's seed to train it; not 0 in an A/A control."""
    return JOBS.seed_offset(wildcards.variant)


def gpus_of(wildcards):
    """How many GPUs making a variant's images asks for."""
    return JOBS.gpus(wildcards.variant)


def gpus_of_job(wildcards, resources):
    """How many GPUs a job's command uses.

    Snakemake compares no params that it derives from `resources`: other hardware retrains nothing.
    """
    return gpus_to_use(resources)


def minutes_option(wildcards, resources):
    """When a training has to save and stop, where its walltime is enforced."""
    minutes = minutes_to_use(resources)
    return "" if minutes is None else f"--minutes {minutes:g}"


def environment_of(wildcards):
    """What making a variant's images needs."""
    return f"../envs/{JOBS.environment(wildcards.variant)}"


def manifests():
    """What each variant that changes something has changed."""
    changing = [variant for variant in VARIANTS if not JOBS.is_unmodified(variant)]
    return expand(f"{RESULTS}/images/{{variant}}/manifest.parquet", variant=changing)


def whole_config(wildcards):
    """The experiment's config; a function, for a command in it may have braces."""
    return JOBS.config


def variant_settings(wildcards):
    """A variant's method and its settings."""
    return JOBS.variant_settings(wildcards.variant)


def named_variant_settings(wildcards):
    """The same with the variant's name, for messages."""
    return JOBS.named_variant_settings(wildcards.variant)


def check_fingerprint(wildcards):
    """What it depends on whether a variant can be made."""
    return JOBS.check(wildcards.variant)


def anonymization_fingerprint(wildcards):
    """What a variant's images depend on."""
    return JOBS.anonymization(wildcards.variant)


def audit_fingerprint(wildcards):
    """What a variant's privacy audit depends on."""
    return JOBS.audit(wildcards.variant)


def run_fingerprint(wildcards):
    """What a training depends on."""
    return JOBS.run(
        wildcards.variant, int(wildcards.seed), shards_of_dataset().digests["train"]
    )


def prediction_fingerprint(wildcards):
    """What a run's predictions depend on."""
    return JOBS.prediction(
        wildcards.variant, int(wildcards.seed), shards_of_dataset().digests
    )


def evaluation_fingerprint(wildcards):
    """What an evaluation depends on beside the predictions."""
    return JOBS.evaluation(shards_of_dataset().digests["val"])


def tested_prediction_fingerprint(wildcards):
    """What a run's predictions on a variant of the validation images depend on."""
    return JOBS.prediction(
        wildcards.variant,
        int(wildcards.seed),
        shards_of_dataset().digests,
        wildcards.tested,
    )


def sources_of_weights(wildcards, output):
    """Where the config's weights come from.

    Snakemake compares no params that it derives from `output`: another source is no reason to
    fetch the same content again.
    """
    return JOBS.weights_settings


def record_of_weights():
    """Where the config's weights are from; nothing where it names none."""
    return f"{JOBS.weights_folder}/manifest.json" if JOBS.weights_of(EXPERIMENT) else []


def of_runs(file):
    """A file of each run's folder."""
    return [
        f"{RESULTS}/runs/{variant}/seed~{seed}/{file}"
        for variant in VARIANTS
        for seed in EXPERIMENT.seeds_of(variant)
    ]


def evaluations():
    """One evaluation a run."""
    return of_runs("eval.json")


def matches():
    """What each run's predictions met, image by image."""
    return of_runs("matches.npz")


def cross_evaluations():
    """One evaluation a run and test."""
    further = [of_runs(f"on~{tested}/eval.json") for tested in EXPERIMENT.further_tests]
    return sum(further, evaluations())


def further_tables():
    """Tables that the config asks for beside Table II, the verdict and the privacy table."""
    asked = {
        "exposed": EXPERIMENT.evaluation.exposed,
        "cross": EXPERIMENT.further_tests,
    }
    return [f"{RESULTS}/tables/{name}.json" for name in asked if asked[name]]


def figures_of_results(suffix):
    """The figures that the results make, for papers."""
    return expand(
        f"{RESULTS}/figures/{{name}}.{suffix}",
        name=["forest", "runs", "learning_curves", "privacy_utility"],
    )


# How Snakemake was called, also for the process that it starts for a job.
CALL = os.environ.setdefault("ANONYMIZATION_IMPACT_CALL", shlex.join(sys.argv[1:]))


def call_without_plan(wildcards):
    """The arguments of this call, but for the target `plan`."""
    return shlex.join(word for word in shlex.split(CALL) if word != "plan")


def record_expected_runs():
    """Write down which runs there will be, for `python -m workflow_scripts.operations.status`."""
    write_text(Path(f"{RESULTS}/runs/expected.json"), f"{JOBS.expected_runs}\n")


def show_tables():
    """Print Table II, the verdict and the privacy table at the end of a successful run."""
    stages = {"table_2": "tables", "verdict": "statistics", "privacy": "privacy"}
    for name, stage in stages.items():
        table = Path(f"{RESULTS}/tables/{name}.json")
        if table.exists():
            command = f"workflow_scripts.{stage}"
            print(flush=True)
            subprocess.run(["python", "-m", command, "show", table], check=True)
