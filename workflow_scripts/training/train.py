"""`python -m workflow_scripts.training train …`: one run, one variant and one seed."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import EXIT_SAVED, Command
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import canonical_json, sha256_of, sha256_of_file
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.contracts.settings.training import Training
from workflow_scripts.training.devices import choose_gpus, usable_cores
from workflow_scripts.training.job import Ending, Outcome, TrainingJob
from workflow_scripts.training.launcher import launch
from workflow_scripts.training.recipe import recipe_of
from workflow_scripts.training.sources import locate, training_images
from workflow_scripts.training.weights import initial_weights

DESCRIPTION = """\
Train one run. Makes model_final.pth, metrics.jsonl and run.json in the output folder.

The state for resuming lies in its folder `checkpoints`. On TERM, URG or Ctrl-C, or when its
minutes are over, the command saves it and ends with 75; run it again to go on from there.
"""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.training train", DESCRIPTION, Training, "train {variant} seed {seed}"
    )
    add = command.argument
    add("--annotations", type=Path, required=True, metavar="FILE", help="train.coco.json")
    add("--images", type=Path, required=True, metavar="FOLDER", help="the data set's image root")
    add(
        "--anonymized",
        type=Path,
        metavar="FOLDER",
        help="the variant's folder with manifest.parquet; without it, train on the originals",
    )
    add("--variant", default="unmodified", help="the variant's name, for the records")
    add("--seed", type=int, default=0, help="fixes initialisation, order and augmentation")
    add(
        "--seed-offset",
        type=int,
        default=0,
        metavar="NUMBER",
        help="train with the seed plus this; the run keeps its seed's name (default: 0)",
    )
    add(
        "--fingerprint",
        metavar="HEX",
        help="of everything that determines the result; a saved state with another is not used "
        "(default: of the settings, the annotations and the manifest)",
    )
    add("--output", type=Path, required=True, metavar="FOLDER", help="runs/{variant}/seed~{seed}")
    add("--gpus", type=int, default=0, help="GPUs, a worker each; 0 computes on the CPU")
    add("--workers", type=int, default=1, help="processes on the CPU")
    add("--threads", type=int, help="CPU threads of all workers together (default: all cores)")
    add(
        "--images-at-once",
        type=int,
        default=0,
        metavar="N",
        help="a worker takes at most N images through the model together and adds up their "
        "gradients, for GPUs with little memory; the result stays the same (default: all)",
    )
    add("--minutes", type=float, help="save and stop after this time")
    add(
        "--checkpoint-seconds",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="save the state for resuming about this often (default: %(default)s)",
    )
    return command.run(train, argv)


def train(arguments: argparse.Namespace) -> int:
    """Check everything that can be checked early, train, and report."""
    job = job_from(arguments)
    check(job)
    log.info(
        "%d iterations of %d images on %s",
        job.recipe.iterations,
        job.recipe.images_per_step,
        f"{len(job.gpus)} GPU(s)" if job.gpus else f"{job.workers} CPU worker(s)",
    )
    return exit_code(launch(job))


def job_from(arguments: argparse.Namespace) -> TrainingJob:
    """The order that the arguments describe.

    Raises:
        UserError: they ask for more GPUs than there are, or for workers that cannot share a step.
    """
    gpus = choose_gpus(arguments.gpus)
    workers = len(gpus) or arguments.workers
    images = recipe_of(arguments.settings).images_per_step
    if workers < 1 or images % workers:
        divisors = ", ".join(str(n) for n in range(1, images + 1) if images % n == 0)
        raise UserError(
            f"a step's {images} images cannot be shared equally by {workers} workers; "
            f"give --{'gpus' if gpus else 'workers'} one of {divisors}"
        )
    return TrainingJob(
        settings=arguments.settings,
        annotations=arguments.annotations,
        images=arguments.images,
        anonymized=arguments.anonymized,
        variant=arguments.variant,
        seed=arguments.seed,
        seed_offset=arguments.seed_offset,
        fingerprint=arguments.fingerprint or fingerprint_by_hand(arguments),
        output=arguments.output,
        workers=workers,
        gpus=gpus,
        threads=arguments.threads or usable_cores(),
        checkpoint_seconds=arguments.checkpoint_seconds,
        stop_at=time.time() + 60 * arguments.minutes if arguments.minutes else None,
        images_at_once=arguments.images_at_once or None,
    )


def fingerprint_by_hand(arguments: argparse.Namespace) -> str:
    """What a run depends on as far as its files tell; the workflow hands in a fuller one."""
    files = [arguments.annotations]
    if arguments.anonymized:
        files.append(arguments.anonymized / FILE_NAME)
    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: no such file")
    settings = arguments.settings.model_dump(mode="json")
    return sha256_of(canonical_json([settings, [sha256_of_file(file) for file in files]]))


def check(job: TrainingJob) -> None:
    """Find what is missing before the workers start.

    Raises:
        UserError: annotations, images or weights are missing or damaged.
    """
    images = training_images(CocoSplit.read(job.annotations))
    if not images:
        raise UserError(f"{job.annotations}: no image has an instance to learn from")
    locate(images, job.images, job.anonymized)
    initial_weights(job.settings)


def exit_code(outcome: Outcome) -> int:
    """Report how the training ended.

    Raises:
        UserError: it stopped by something that the user can put right.
    """
    if outcome.ending is Ending.FAILED:
        raise UserError(outcome.message)
    log.info("%s", outcome.message)
    return EXIT_SAVED if outcome.ending is Ending.SAVED else 0
