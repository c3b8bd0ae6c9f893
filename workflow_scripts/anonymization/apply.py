"""Treating the images of a shard."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from workflow_scripts.anonymization.method import (
    Finished,
    LabelledObject,
    Method,
    Original,
    Outcome,
    Scene,
)
from workflow_scripts.anonymization.twins import compare
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import link_or_copy, read_bytes, sha256_of
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import Change, Entry
from workflow_scripts.contracts.regions import Region, order_of
from workflow_scripts.imaging.images import decode_image, read_recorded, write_png


@dataclass(frozen=True)
class Task:
    """One image to treat."""

    image: CocoImage
    root: Path
    """The folder that file names are relative to."""
    regions: tuple[Region, ...]
    objects: tuple[LabelledObject, ...]
    folder: Path
    """The shard's folder."""
    shard: str
    """The name that the folder will have."""

    @property
    def source(self) -> Path:
        """The original."""
        return self.root / self.image.file_name

    @property
    def original(self) -> Original:
        """What a method is told of it beforehand."""
        return Original(self.image, self.source, self.regions)

    def target(self, suffix: str) -> Path:
        """The file in the shard's folder, with this suffix."""
        return self.folder / PurePosixPath(self.image.file_name).with_suffix(suffix)

    def entry(
        self, file: Path, sha256: str, changes: Iterable[Change] = (), *, linked: bool = False
    ) -> Entry:
        """The image's line of the manifest."""
        return Entry(
            image=self.image.file_name,
            file=f"{self.shard}/{file.relative_to(self.folder).as_posix()}",
            sha256=sha256,
            source_sha256=self.image.sha256,
            linked=linked,
            changes=tuple(changes),
        )

    def change(self, outcome: Outcome) -> Change:
        """A change of the image, for the manifest."""
        region = outcome.region
        return Change(
            outcome.method,
            *outcome.box,
            kind=region and region.kind,
            region=region and self.regions.index(region),
        )


def tasks_of(
    split: CocoSplit, root: Path, regions: Sequence[Region], folder: Path, shard: str
) -> list[Task]:
    """One task an image.

    Args:
        split: the images of the shard and what is labelled in them.
        root: the folder that file names are relative to.
        regions: of these images.
        folder: where the shard's images are written.
        shard: the name that this folder will have.

    Raises:
        UserError: there are regions of other images, two images would become the same file, or
            one would lie outside of the folder.
    """
    by_image: dict[str, list[Region]] = defaultdict(list)
    for region in regions:
        by_image[region.image].append(region)
    strangers = by_image.keys() - {image.file_name for image in split.images}
    if strangers:
        raise UserError(f"regions of {min(strangers)}, which is not in the shard; detect again")
    tasks = [
        Task(
            image=image,
            root=root,
            regions=tuple(by_image[image.file_name]),
            objects=tuple(
                LabelledObject(split.class_of(instance), instance)
                for instance in split.instances_by_image[image.id]
            ),
            folder=folder,
            shard=shard,
        )
        for image in split.images
    ]
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
    raw = read_recorded(task.image, task.root)
    replacement = method.replacement(task.image.file_name)
    if replacement is not None:
        return _taken_over(method, task, raw, replacement)
    if task.regions or method.treats_objects:
        # Where regions overlap, what comes first matters: never their order in a file.
        regions = tuple(sorted(task.regions, key=order_of))
        scene = Scene(decode_image(raw, task.source), regions, task.objects)
        rng = np.random.default_rng(int(sha256_of(task.image.file_name)[:16], 16))
        result = method.anonymize(scene, rng)
        if result.outcomes:
            target = task.target(".png")
            digest = sha256_of(write_png(target, result.image))
            return task.entry(target, digest, map(task.change, result.outcomes))
    target = task.target(task.source.suffix)
    link_or_copy(task.source, target)
    return task.entry(target, task.image.sha256, linked=True)


def _taken_over(method: Method, task: Task, raw: bytes, finished: Finished) -> Entry:
    content = read_bytes(finished.path)
    original = decode_image(raw, task.source)
    outcomes = compare(original, finished, content, task.regions, method.method)
    target = task.target(finished.path.suffix)
    link_or_copy(finished.path, target)
    return task.entry(target, sha256_of(content), map(task.change, outcomes))
