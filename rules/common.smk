"""The experiment, and the paths that the rules share."""

import functools
import gc
import inspect
import itertools
import logging
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from snakemake.common import get_function_params, overwrite_function_params
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.resources import Resource

sys.path.insert(0, workflow.basedir)

import workflow_scripts  # finds the packages
from plain_commands.errors import UserError
from plain_commands.files import write_text
from workflow_scripts.common.environment import config_arguments, prepare_commands
from workflow_scripts.config.early import refuse_missing_files
from workflow_scripts.config.experiment import experiment_of
from workflow_scripts.config.fingerprints import Fingerprints
from workflow_scripts.config.jobs import Jobs
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.operations.ending import FailedCall, after_failure, after_success
from workflow_scripts.operations.snakemake_call import gpus_to_use, minutes_to_use

try:
    prepare_commands(Path(workflow.basedir))
    EXPERIMENT = experiment_of(config, workflow.overwrite_configfiles)
    EXPERIMENT.training.check_early()
    JOBS = Jobs(EXPERIMENT)
    JOBS.layout.refuse_what_is_in_the_way()
except UserError as error:
    raise WorkflowError(str(error)) from None

# To the default resources of a profile, Snakemake (9.27) adds disk space by the sizes of a job's
# inputs, which it cannot read while it plans: it only prints a RuntimeWarning.
RESOURCES = workflow.resource_settings.default_resources or {}
if "disk_mb" in RESOURCES and RESOURCES["disk_mb"].raw is None:
    RESOURCES["disk_mb"] = None

workflow.config_settings.config_args = config_arguments(workflow.config_settings.config)

# No output is temporary. Snakemake would look for some among all outputs that a job's inputs were
# made with, and each training starts from the mark of one job that makes all marks.
workflow.storage_settings.notemp = True

# Almost everything that planning makes stays: looking through it for cycles takes a tenth of the
# time and frees nothing. Once jobs start, the collector runs again, without the plan.
gc.disable()

# On a full disk, Snakemake would print a traceback for each line that does not fit into its log.
logging.raiseExceptions = False

LAYOUT = JOBS.layout
STARTED = time.time()
TRAINING_ENVIRONMENT = JOBS.training_environment


# <name> in the rules: all are defined in workflow_scripts/contracts/layout.py.
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
        say_what_is_not_planned()
        checkpoints.index_dataset.get()
    return read_shards(LAYOUT.shards.stat().st_mtime_ns)


@functools.cache
def read_shards(mtime_ns):
    """The shards of an index, read once for many jobs while the file stays as it is."""
    try:
        return Shards.read(LAYOUT.shards)
    except UserError as error:
        raise WorkflowError(str(error)) from None


# A damaged index is refused here: in an input function, Snakemake would print a traceback.
if workflow.is_main_process and LAYOUT.shards.exists():
    shards_of_dataset()

FINGERPRINTS = Fingerprints(JOBS, lambda: shards_of_dataset().digests)


def marks_of_runs_to_train():
    """The marks that runs wait for: of all that Snakemake may train in this call.

    For a finished run no rule makes this mark. It is a file that is there, and what its making
    would depend on, such as the list of variants, concerns the run no longer. A job on a node, which
    reads the rules anew, does not ask for any.
    """
    if EXPERIMENT.images_only or not workflow.is_main_process:
        return []
    runs = dict.fromkeys((*JOBS.expected.pairs(), *runs_named_as_targets()))
    is_indexed = LAYOUT.shards.exists()
    return [
        LAYOUT.ready(LAYOUT.run(*run))
        for run in runs
        if not is_indexed or FINGERPRINTS.is_to_train(*run)
    ]


def runs_named_as_targets():
    """The variant and the seed of runs whose files the call names; the config may lack the seed.

    They are looked for in the arguments: Snakemake has its targets only after it read the rules.
    """
    named = filter(None, map(LAYOUT.run_with, sys.argv[1:]))
    return sorted(run for run in named if run[0] in EXPERIMENT.variants)


def checks():
    """The marks of all checks that need no GPU."""
    variants = [name for name in JOBS.treatments if not JOBS.is_unmodified(name)]
    tested = EXPERIMENT.further_tests
    splits = ["train", "val"] if EXPERIMENT.evaluation.exposed or tested else ["train"]
    return [
        LAYOUT.training_checked,
        *(LAYOUT.detection_checked(split) for split in splits),
        *(LAYOUT.variant_checked(name, "train") for name in variants),
        *(LAYOUT.variant_checked(name, "val") for name in tested),
        *(LAYOUT.further_annotations(name) for name in EXPERIMENT.evaluation.also),
        *JOBS.weights_of(EXPERIMENT),
    ]


def first_results_of_programs(wildcards):
    """The first shard of each variant that a program makes: what shows whether it works."""
    shards = shards_of_dataset().of("train")
    return [
        LAYOUT.shard_images(name, "train", next(iter(shards)))
        for name in JOBS.programs()
    ]


def training_regions(wildcards):
    """The PII regions of all training images."""
    return regions_of("train")


def validation_regions(wildcards):
    """The PII regions of all validation images, if exposed instances are evaluated."""
    return regions_of("val") if EXPERIMENT.evaluation.exposed else []


def reviewed_regions(wildcards):
    """The PII regions that a person's review is compared with, if there is one."""
    return regions_of("train") if JOBS.review() else []


def regions_to_anonymize(wildcards):
    """The PII regions that a variant's images of a shard depend on."""
    if JOBS.treatments[wildcards.variant].needs_whole_split:
        return regions_of(wildcards.split)
    return LAYOUT.regions(wildcards.split, wildcards.shard)


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


def limits():
    """The mark that no attack exceeds a limit, where the config sets one."""
    return LAYOUT.within_limits if EXPERIMENT.privacy.limits else []


def record_of_weights():
    """Origin of the weights that the config names; nothing where it names none."""
    return LAYOUT.weights_manifest if JOBS.weights_of(EXPERIMENT) else []


def further_tables(*suffixes):
    """Tables that the config asks for beside Table II, the verdict and the privacy table."""
    return [
        LAYOUT.table(name, suffix)
        for name in JOBS.further_tables()
        for suffix in suffixes
    ]


def table_of_boxes(folder):
    """Table II with the box APs of models that learn masks."""
    if EXPERIMENT.task != "masks":
        return []
    return [f"{folder}/table_2_boxes.{suffix}" for suffix in ("md", "tex")]


def supplement_of(folder):
    """What stands beside a verdict, in each format."""
    return [f"{folder}/supplement.{suffix}" for suffix in ("csv", "md", "tex", "json")]


def figures_of_results(suffix):
    """The figures that the results make, for papers."""
    names = (
        *("forest", "effect_sizes", "reliability"),
        *("runs", "learning_curves", "privacy_utility"),
    )
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


def scratch_option(wildcards, resources):
    """Where a training copies its images, if the profile names a folder."""
    folder = resources.get("scratch")
    return f"--scratch {shlex.quote(folder)}" if folder else ""


@functools.cache
def say_what_is_not_planned():
    """Say what some options of Snakemake do not see before the data set is indexed."""
    asked = workflow.dag_settings
    early = {"draw_dataset", "index_dataset", "check_training"}
    if set(asked.until) - early or asked.omit_from or asked.batch:
        logger.warning(
            "The data set is not indexed yet: --until, --omit-from and --batch see no job of its "
            "shards (detect_pii, anonymize). Run `snakemake index_dataset …` first; after that the "
            "plan is complete."
        )


def record_expected_runs(index_changes=False):
    """Write what the experiment consists of, for partial results, reports and `status`.

    A call that makes the index learns the fingerprints only after its start.
    """
    if EXPERIMENT.images_only:
        return
    elsewhere = LAYOUT.results.parent != Path("results")
    runs = JOBS.expected_results().model_copy(
        update={
            "directory": os.getcwd() if elsewhere else None,
            "fingerprints": {} if index_changes else FINGERPRINTS.runs(),
        }
    )
    try:
        write_text(
            LAYOUT.expected_runs, f"{runs.model_dump_json(exclude_defaults=True)}\n"
        )
    except UserError as error:
        raise WorkflowError(str(error)) from None


def show_results():
    """Print the tables, the first sentence of the report and its path after a successful run.

    Only those among the outputs of the planned jobs: this call made them or found them up to date.
    What other calls made may belong to other data.
    """
    planned = {Path(file) for job in workflow.dag.jobs for file in job.output}
    stages = {"table_2": "tables", "verdict": "statistics", "privacy": "privacy"}
    for text in filter(planned.__contains__, map(Path, handed_over())):
        print(f"\n{text.read_text(encoding='utf-8')}", flush=True)
    for name, stage in stages.items():
        if LAYOUT.table(name) in planned:
            print(flush=True)
            command = ["python", "-m", "workflow_scripts", stage, "show"]
            subprocess.run([*command, LAYOUT.table(name)], check=True)
    if said := after_success(LAYOUT, planned):
        print(f"\n{said}", flush=True)


def show_failures():
    """Print which jobs failed, why, and how to go on."""
    said = after_failure(LAYOUT, STARTED, FailedCall.of(workflow.scheduler))
    print(f"\n{said}", file=sys.stderr, flush=True)


def collect_cycles_again():
    """Run Python's cycle collector from now on, over what is made from now on."""
    gc.freeze()
    gc.enable()


def remember_parameters():
    """Tell Snakemake the parameters of the rules' functions and of its own for resources.

    It would inspect each function several times a job, which takes as long as all the rest of
    making the job's params.
    """
    rules_functions = (
        (*rule.input, *rule.params, rule.conda_env) for rule in workflow.rules
    )
    for function in (
        Resource.evaluate,
        *itertools.chain.from_iterable(rules_functions),
    ):
        if inspect.isroutine(function):
            plain = getattr(function, "__func__", function)
            overwrite_function_params(plain, get_function_params(function))


class IndexIsMade:
    """Whether Snakemake makes the index in this call: true or false, as it decides.

    Only then is the index a checkpoint, after which Snakemake looks at all jobs again. An index
    that is up to date as a checkpoint makes Snakemake (9.27) plan every job twice, and makes each
    job on a node plan all that the job depends on.
    """

    def __bool__(self):
        if not workflow.is_main_process:
            return False
        if workflow.dag is None:  # nothing is decided yet
            return True
        needed = workflow.dag.needrun_jobs(exclude_finished=False)
        is_made = any(job.rule.name == "index_dataset" for job in needed)
        # Here Snakemake knows what it makes anew, and has deleted nothing yet. An error in an input
        # function would be printed with a traceback.
        if missing := missing_files(is_made):
            raise WorkflowError(missing)
        return is_made


@functools.cache
def missing_files(index_is_made):
    """What files the planned jobs lack, one line each; empty if all are there."""
    needed = workflow.dag.needrun_jobs(exclude_finished=False)
    made = {str(path) for job in needed for path in job.output}
    try:
        refuse_missing_files(EXPERIMENT, LAYOUT, made)
    except UserError as error:
        return str(error)
    return ""
