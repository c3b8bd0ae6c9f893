"""`training train`: one run."""

import os
import time
from pathlib import Path
from typing import Annotated

from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import canonical_json, sha256_of, sha256_of_file

from workflow_scripts.common.cli import (
    EXIT_SAVED,
    Count,
    File,
    Folder,
    ImageFolder,
    NewFolder,
    Positive,
    Seed,
    Settings,
    labelled,
    option,
)
from workflow_scripts.common.gpus import choose_gpus, usable_cores
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.contracts.shard_arguments import Annotations, Images
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.job import Ending, TrainingJob, Validation
from workflow_scripts.training.launcher import launch
from workflow_scripts.training.local_images import with_local_images
from workflow_scripts.training.programs.running import check_programs
from workflow_scripts.training.settings import Training
from workflow_scripts.training.sources import located, training_images


@labelled("train {variant} seed {seed}")
def train(
    *,
    settings: Settings[Training],
    annotations: Annotations,
    images: Images,
    anonymized: ImageFolder | None = None,
    variant: Annotated[str, option("NAME")] = "unmodified",
    seed: Seed = 0,
    seed_offset: Seed = 0,
    initialisation_seed: Seed | None = None,
    fingerprint: Annotated[str | None, option("HEX")] = None,
    validation: Settings[Evaluation],
    validation_annotations: File | None = None,
    validation_images: ImageFolder | None = None,
    output: NewFolder,
    scratch: Folder | None = None,
    gpus: Count = 0,
    workers: Positive = 1,
    threads: Positive | None = None,
    micro_batch: Count = 0,
    images_at_once: Count = 0,
    minutes: Annotated[float | None, option(above=0)] = None,
    silent_minutes: Annotated[float, option("MINUTES", at_least=0)] = 0,
    checkpoint_seconds: Annotated[float, option("SECONDS", above=0)] = 300.0,
) -> int:
    """Train one run: one variant, one seed.

    Writes model_final.pth, metrics.jsonl and run.json into the output folder, and the state for
    resuming into its folder `checkpoints`. On TERM, URG or Ctrl-C, or when its time is up, the
    command saves that state and exits with code 75; run it again to resume.

    Args:
        anonymized: the variant's folder with manifest.parquet; without it, train on the originals.
        variant: name of the variant, for the records.
        seed: determines initialisation, order and augmentation.
        seed_offset: offset added to the seed for training; the run keeps the name of its seed.
        initialisation_seed: seed of the initial weights only (default: the seed plus the offset).
        fingerprint: hash of everything that determines the result; a saved state with another
            fingerprint is not used (default: the hash of the settings, the annotations and the
            manifest).
        validation_annotations: COCO annotations of the images to test on during training, if
            `every` of --validation is set.
        validation_images: folder that their names are relative to.
        output: runs/{variant}/seed~{seed}.
        scratch: folder on a local disk, to which the images are copied before they are read; $NAME
            stands for an environment variable.
        gpus: number of GPUs, one worker each; 0 trains on the CPU.
        workers: processes on the CPU.
        threads: CPU threads of all workers together (default: all cores).
        micro_batch: maximum number of images per forward pass of a worker, for GPUs with little
            memory; gradients are accumulated, and the result stays the same (0: all).
        images_at_once: deprecated name of micro_batch.
        minutes: save and stop after this time.
        silent_minutes: engine command: stop a program that prints nothing for so long, and fail (0:
            no limit).
        checkpoint_seconds: time between saved states.

    Raises:
        UserError: an input is missing or unreadable, the workers cannot share a step, or the
            training diverges.
    """
    if images_at_once:
        log.warning("images_at_once is deprecated: use micro_batch (--micro-batch)")
    devices = choose_gpus(gpus)
    is_program = isinstance(settings, CommandTraining)
    workers = 1 if is_program else len(devices) or workers
    if not is_program:
        refuse_unequal_shares(settings.recipe().images_per_step, workers, bool(devices))
    job = TrainingJob(
        settings=settings,
        annotations=annotations,
        images=images,
        anonymized=anonymized,
        variant=variant,
        seed=seed,
        seed_offset=seed_offset,
        other_initialisation=initialisation_seed,
        fingerprint=fingerprint or fingerprint_by_hand(settings, annotations, anonymized),
        output=output,
        workers=workers,
        gpus=devices,
        threads=threads or usable_cores(),
        checkpoint_seconds=checkpoint_seconds,
        stop_at=time.time() + 60 * minutes if minutes else None,
        micro_batch=micro_batch or images_at_once or None,
        validation=_validation(validation, validation_annotations, validation_images),
        silent_minutes=silent_minutes or None,
    )
    check(job)
    if is_program:
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(devices)
    else:
        tell_recipe(job)
    if scratch is not None:
        job = with_local_images(job, scratch)
    outcome = launch(job)
    if outcome.ending is Ending.FAILED:
        raise UserError(outcome.message)
    log.info("%s", outcome.message)
    return EXIT_SAVED if outcome.ending is Ending.SAVED else 0


def refuse_unequal_shares(batch: int, workers: int, on_gpus: bool) -> None:
    """Check that the workers can share the images of a step.

    Raises:
        UserError: they cannot.
    """
    if batch % workers:
        divisors = ", ".join(str(n) for n in range(1, batch + 1) if batch % n == 0)
        raise UserError(
            f"a step's {batch} images cannot be shared equally by {workers} workers; "
            f"set --{'gpus' if on_gpus else 'workers'} to one of {divisors}"
        )


def tell_recipe(job: TrainingJob) -> None:
    """Log the recipe and the devices."""
    log.info(
        "%d iterations of %d images on %s",
        job.recipe.iterations,
        job.recipe.images_per_step,
        f"{len(job.gpus)} GPU(s)" if job.gpus else f"{job.workers} CPU worker(s)",
    )
    if job.initialisation_seed != job.training_seed:
        log.info("initial weights of seed %d", job.initialisation_seed)
    if job.validation and job.validation.every > job.recipe.iterations:
        log.warning(
            "evaluation.every: %d exceeds the %d iterations; there are no tests during training",
            *(job.validation.every, job.recipe.iterations),
        )


def _validation(
    settings: Evaluation, annotations: Path | None, images: Path | None
) -> Validation | None:
    """Tests during training; None if the settings request none."""
    if settings.every is None:
        return None
    if annotations is None or images is None:
        raise UserError(
            "--validation requests tests; give --validation-annotations and --validation-images"
        )
    return Validation(settings.every, settings, annotations, images)


def fingerprint_by_hand(settings: Training, annotations: Path, anonymized: Path | None) -> str:
    """Hash of a run's settings and input files; the workflow's fingerprint covers more."""
    files = [annotations, *([anonymized / FILE_NAME] if anonymized else [])]
    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: no such file")
    content = [settings.model_dump(mode="json"), [sha256_of_file(file) for file in files]]
    return sha256_of(canonical_json(content))


def check(job: TrainingJob) -> None:
    """Find missing inputs before the workers start.

    Raises:
        UserError: annotations, images or weights are missing or damaged.
    """
    split = CocoSplit.read(job.annotations)
    split.refuse_masks_of(job.settings.task, job.annotations)
    images = training_images(split)
    kept, _ = located(images, job.images, job.anonymized)
    if len(kept) < len(images):
        log.info(
            "%d of %d images are dropped; iterations and schedule do not change",
            *(len(images) - len(kept), len(images)),
        )
    if isinstance(job.settings, CommandTraining):
        check_programs(job.settings, "train")
    else:
        job.settings.initial_weights()
