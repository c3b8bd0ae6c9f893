"""Detection of PII in images."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from plain_commands.errors import UserError

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import NotCounted, Region, with_ids
from workflow_scripts.imaging.detection import merged
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.pii.settings import Pii


def check(settings: Pii, split: CocoSplit, pictures: Sequence[Picture]) -> None:
    """Check that the settings fit the data set, before any image is read.

    Raises:
        UserError: the settings do not fit; reports all problems.
    """
    checks = [partial(one.check, pictures, kind) for kind, one in settings.detectors.items()]
    errors = []
    for check_one in (partial(check_classes, settings, split), *checks):
        try:
            check_one()
        except UserError as error:
            errors.append(str(error))
    if errors:
        raise UserError.of("\n".join(dict.fromkeys(errors)).splitlines())


def check_classes(settings: Pii, split: CocoSplit) -> None:
    """Check that the data set has the required parent classes of faces and license plates.

    Raises:
        UserError: one line per kind without such a class.
    """
    findings = [
        f"pii.{key}: none of {', '.join(classes)} is a class of the data set "
        f"({', '.join(split.classes)}), so no {kind.replace('_', ' ')} could be kept; "
        "name its classes or set pii.only_on_labelled to false"
        for kind in settings.detectors
        for key, classes in [settings.parent_classes[kind]]
        if settings.only_on_labelled and not set(classes) & set(split.classes)
    ]
    if findings:
        raise UserError.of(findings)


def detect(
    settings: Pii,
    pictures: Sequence[Picture],
    threads: int = 1,
    not_counted: NotCounted | None = None,
) -> Iterator[list[Region]]:
    """The regions of each picture with ids, ordered by kind and from left to right.

    Args:
        settings: the detectors, ready for the data set.
        pictures: pictures to search.
        threads: CPU threads.
        not_counted: counter to which discarded detections are added.
    """
    not_counted = not_counted or NotCounted()
    for picture in _decoded_ahead(settings, pictures):
        found: list[Region] = []
        for kind, detector in settings.detectors.items():
            parents = settings.parents(picture, kind)
            within = None
            if parents:
                xywh = np.array([parent.bbox for parent in parents], float)
                within = np.hstack((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]))
            elif parents is not None and detector.reads_images:
                continue
            regions = detector.regions(picture, kind, within, threads)
            kept = [region for region in regions if settings.counts(region, picture)]
            whole = merged(kept)
            not_counted.left_out[kind] += len(regions) - len(kept)
            not_counted.merged[kind] += len(kept) - len(whole)
            found += sorted(whole, key=lambda region: (region.x0, region.y0))
        yield with_ids(found, picture.record.sha256)


def _decoded_ahead(settings: Pii, pictures: Sequence[Picture]) -> Iterator[Picture]:
    """Decode the next picture during detection in the current one.

    Pixels are only decoded if a detector needs them; those of earlier pictures are released.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = None
        for picture in pictures:
            decoded = pool.submit(_decoded, settings, picture)
            if ahead is not None:
                yield ahead.result()
            ahead = decoded
        if ahead is not None:
            yield ahead.result()


def _decoded(settings: Pii, picture: Picture) -> Picture:
    is_read = any(
        detector.reads_images and settings.parents(picture, kind) != []
        for kind, detector in settings.detectors.items()
    )
    copy = replace(picture)  # frees the pixels with the copy
    return copy.with_pixels(copy.pixels) if is_read else copy
