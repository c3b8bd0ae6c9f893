"""Copies of a training's images on the node's local disk."""

import contextlib
import errno
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
    """A job that reads its images from the local disk.

    The copy is made once per node: jobs with the same images share it, and wait while one of them
    makes it. The SHA-256 of each image is checked, whether copied or found. If the disk is full or
    not writable, or a variable is not set, the images are read from their original place, with a
    warning.

    Args:
        job: a training.
        scratch: folder on the local disk; `$NAME` stands for an environment variable.

    Raises:
        UserError: an image is missing or has changed since it was recorded.
    """
    images = CocoSplit.read(job.annotations).images
    images, root = located(images, job.images, job.anonymized)
    content = [[image.file_name, image.sha256] for image in images]
    manifest = None if job.anonymized is None else sha256_of_file(root / FILE_NAME)
    named = f"images-{sha256_of(canonical_json([content, manifest]))[:16]}"
    folder = Path(os.path.expandvars(scratch)) / named
    try:
        if not folder.is_absolute() or "$" in str(folder):
            raise OSError(
                errno.EINVAL, "a variable in it is not set, or it is not an absolute path"
            )
        with _alone_at(folder):
            copied = sum(_copy(image, root, folder) for image in images)
            if manifest is not None:
                _copy_manifest(root, folder, manifest)
    except OSError as error:
        log.warning(
            "%s: images are not copied (%s), but read from their original place",
            *(folder, error.strerror or error),
        )
        return job
    log.info("%s: %d images, of which %d copied now", folder, len(images), copied)
    if job.anonymized is None:
        return replace(job, images=folder)
    return replace(job, anonymized=folder)


@contextlib.contextmanager
def _alone_at(folder: Path) -> Iterator[None]:
    """Context of the only process on this node that makes the copy; a failed copy is deleted."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # The lock is beside the folder, which may be gone when a waiting process gets it.
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_new = not folder.exists()
        try:
            yield
        except OSError:
            # Files that existed before may be in use by another training.
            if is_new:
                shutil.rmtree(folder, ignore_errors=True)
            raise


def _copy(image: CocoImage, root: Path, folder: Path) -> bool:
    """Copy an image unless it exists; return whether it was copied."""
    target = folder / image.file_name
    if target.is_file() and sha256_of_file(target) == image.sha256:
        return False
    _write(target, read_recorded(image, root))
    return True


def _copy_manifest(root: Path, folder: Path, sha256: str) -> None:
    target = folder / FILE_NAME
    if not target.is_file() or sha256_of_file(target) != sha256:
        _write(target, (root / FILE_NAME).read_bytes())


def _write(target: Path, content: bytes) -> None:
    """Write a file atomically, since others may read it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    partial.write_bytes(content)
    partial.replace(target)
