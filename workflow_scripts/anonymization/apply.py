"""Treating the images of a shard."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from workflow_scripts.anonymization.manifest import Entry
from workflow_scripts.anonymization.method import Method
from workflow_scripts.coco import CocoImage
from workflow_scripts.errors import UserError
from workflow_scripts.files import link_or_copy, sha256_of, sha256_of_file
from workflow_scripts.images import decode_image, read_bytes, write_png
from workflow_scripts.regions import Kind, Region


@dataclass(frozen=True)
class Task:
    """One image to treat."""

    image: CocoImage
    root: Path
    """The folder that file names are relative to."""
    regions: tuple[Region, ...]
    folder: Path
    """The shard's folder."""
    shard: str
    """The name that the folder will have."""

    @property
    def source(self) -> Path:
        """The original."""
        return self.root / self.image.file_name

    def target(self, suffix: str) -> Path:
        """The file in the shard's folder, with this suffix."""
        return self.folder / PurePosixPath(self.image.file_name).with_suffix(suffix)

    def entry(
        self,
        file: Path,
        regions: Sequence[Region],
        methods: Sequence[str],
        sha256: str,
        *,
        linked: bool = False,
    ) -> Entry:
        """The image's line of the manifest."""
        kinds = Counter(region.kind for region in regions)
        return Entry(
            image=self.image.file_name,
            file=f"{self.shard}/{file.relative_to(self.folder).as_posix()}",
            regions=len(regions),
            faces=kinds[Kind.FACE],
            license_plates=kinds[Kind.LICENSE_PLATE],
            method=",".join(sorted(set(methods))) or None,
            sha256=sha256,
            source_sha256=self.image.sha256,
            linked=linked,
        )


def tasks_of(
    images: Sequence[CocoImage], root: Path, regions: Sequence[Region], folder: Path, shard: str
) -> list[Task]:
    """One task an image.

    Raises:
        UserError: there are regions of other images, two images would become the same file, or
            one would lie outside of the folder.
    """
    by_image: dict[str, list[Region]] = defaultdict(list)
    for region in regions:
        by_image[region.image].append(region)
    strangers = by_image.keys() - {image.file_name for image in images}
    if strangers:
        raise UserError(f"regions of {min(strangers)}, which is not in the shard; detect again")
    tasks = [Task(image, root, tuple(by_image[image.file_name]), folder, shard) for image in images]
    targets = Counter(task.target(".png") for task in tasks)
    for task in tasks:
        relative = PurePosixPath(task.image.file_name)
        if relative.is_absolute() or ".." in relative.parts:
            raise UserError(
                f"{relative}: an image's `file_name` has to lie below the image folder; choose a "
                "higher folder as the data set's images"
            )
        if targets[task.target(".png")] > 1:
            raise UserError(
                f"{task.source}: another image differs from it in the suffix only; both would "
                "become the same PNG; rename one"
            )
    return tasks


def anonymize_images(method: Method, tasks: Sequence[Task], threads: int) -> Iterator[Entry]:
    """Treat images side by side; yields their entries in the order of the tasks.

    At most `threads` images are in memory. Each of them uses one thread: OpenCV's own threads
    help little with one image and compete with the others.
    """
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        yield from pool.map(lambda task: anonymize_image(method, task), tasks)


def anonymize_image(method: Method, task: Task) -> Entry:
    """Write one image.

    What has no region to change is linked, everything else is a new PNG: without loss beyond the
    regions, and without the original's metadata.

    Raises:
        UserError: the original is damaged, or another than the index found.
    """
    raw = read_bytes(task.source)
    if sha256_of(raw) != task.image.sha256:
        raise UserError(f"{task.source}: it has changed since it was indexed; index again")
    replacement = method.replacement(task.image.file_name)
    if replacement is not None:
        return _taken_over(method, task, replacement)
    if task.regions:
        image = decode_image(raw, task.source)
        rng = np.random.default_rng(int(sha256_of(task.image.file_name)[:16], 16))
        result = method.anonymize(image, task.regions, rng)
        if result.outcomes:
            target = task.target(".png")
            write_png(target, result.image)
            changed = [outcome.region for outcome in result.outcomes]
            methods = [outcome.method for outcome in result.outcomes]
            return task.entry(target, changed, methods, sha256_of_file(target))
    target = task.target(task.source.suffix)
    link_or_copy(task.source, target)
    return task.entry(target, (), (), task.image.sha256, linked=True)


def _taken_over(method: Method, task: Task, replacement: Path) -> Entry:
    raw = read_bytes(replacement)
    height, width = decode_image(raw, replacement).shape[:2]
    if (width, height) != (task.image.width, task.image.height):
        raise UserError(
            f"{replacement}: {width}x{height} pixels; the original has "
            f"{task.image.width}x{task.image.height}"
        )
    target = task.target(replacement.suffix)
    link_or_copy(replacement, target)
    return task.entry(target, task.regions, [method.method], sha256_of(raw))
