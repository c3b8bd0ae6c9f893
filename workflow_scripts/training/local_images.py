"""Copies of a training's images on the node's own disk."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from plain_commands.console import log
from plain_commands.files import canonical_json, sha256_of, sha256_of_file

from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.imaging.images import read_recorded
from workflow_scripts.training.job import TrainingJob
from workflow_scripts.training.sources import located


def with_local_images(job: TrainingJob, scratch: Path) -> TrainingJob:
    """A job that reads its images from the disk of this node.

    The copy is made once per node: jobs with the same images share it, and wait while one of them
    makes it. Each image is checked by its SHA-256, whether it is copied or found. Where the disk
    cannot be written or is full, the images are read where they are, and one line says so.

    Args:
        job: a training.
        scratch: folder on the node's own disk; `$NAME` stands for an environment variable.

    Raises:
        UserError: an image is missing or has changed since it was recorded.
    """
    images = CocoSplit.read(job.annotations).images
    images, root = located(images, job.images, job.anonymized)
    content = canonical_json([[image.file_name, image.sha256] for image in images])
    folder = Path(os.path.expandvars(scratch)) / f"images-{sha256_of(content)[:16]}"
    try:
        with _alone_at(folder):
            copied = sum(_copy(image, root, folder) for image in images)
            if job.anonymized is not None:
                shutil.copyfile(root / FILE_NAME, folder / FILE_NAME)
    except OSError as error:
        # What others use is complete, and nothing would have been copied to it.
        shutil.rmtree(folder, ignore_errors=True)
        log.warning(
            "%s: no copy of the images (%s): they are read where they are", folder, error.strerror
        )
        return job
    log.info("%s: %d images, %d of them copied now", folder, len(images), copied)
    if job.anonymized is None:
        return replace(job, images=folder)
    return replace(job, anonymized=folder)


@contextlib.contextmanager
def _alone_at(folder: Path) -> Iterator[None]:
    """The only process on this node that makes the copy."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy(image: CocoImage, root: Path, folder: Path) -> bool:
    """Copy an image unless it is there; whether it was copied."""
    target = folder / image.file_name
    if target.is_file() and sha256_of_file(target) == image.sha256:
        return False
    content = read_recorded(image, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return True
