"""Detecting the PII of some images."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.pii.detector import Detector, Frame
from workflow_scripts.pii.labelled import share_on
from workflow_scripts.pii.settings import Pii


def check(settings: Pii, split: CocoSplit, frames: Sequence[Frame]) -> None:
    """See whether the settings fit the data set, before any image is looked at.

    Raises:
        UserError: all that does not fit.
    """
    findings = []
    for kind, detector in settings.detectors.items():
        try:
            detector.check(frames, kind)
        except UserError as error:
            findings += str(error).splitlines()
        key, classes = settings.bearers[kind]
        if settings.only_on_labelled and not set(classes) & set(split.classes):
            findings.append(
                f"pii.{key}: none of {', '.join(classes)} is a class of the data set "
                f"({', '.join(split.classes)}), so no {kind.replace('_', ' ')} could be kept; "
                "name its classes or set pii.only_on_labelled to false"
            )
    if findings:
        raise UserError.of(findings)


def detect(settings: Pii, split: CocoSplit, frames: Sequence[Frame]) -> Iterator[list[Region]]:
    """The regions of each frame in turn, by kind and from left to right."""
    labelled = [_with_bearers(frame, settings, split) for frame in frames]
    for frame in _decoded_ahead(settings, labelled):
        yield [
            region
            for kind, detector in _detectors_for(settings, frame).items()
            for region in sorted(detector.regions(frame, kind), key=lambda r: (r.x0, r.y0))
            if frame.bearers is None
            or share_on(region, frame.bearers[kind]) >= settings.min_overlap
        ]


def _with_bearers(frame: Frame, settings: Pii, split: CocoSplit) -> Frame:
    """The frame with the objects on which regions are kept; without any when all are kept."""
    if not settings.only_on_labelled:
        return frame
    instances = split.instances_by_image[frame.info.id]
    bearers = {
        kind: tuple(i for i in instances if split.class_of(i) in classes)
        for kind, (_, classes) in settings.bearers.items()
    }
    return replace(frame, bearers=bearers)


def _detectors_for(settings: Pii, frame: Frame) -> dict[Kind, Detector]:
    """Who looks at this frame: nobody for what no labelled object in it can have."""
    return {
        kind: detector
        for kind, detector in settings.detectors.items()
        if frame.bearers is None or frame.bearers[kind]
    }


def _decoded_ahead(settings: Pii, frames: Sequence[Frame]) -> Iterator[Frame]:
    """Decode the next frame while the detectors work on this one, and free what is done.

    A frame that no detector reads is not decoded.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = None
        for frame in frames:
            detectors = _detectors_for(settings, frame).values()
            is_read = any(detector.reads_images for detector in detectors)
            decoded = pool.submit(_decode if is_read else replace, frame)
            if ahead is not None:
                yield ahead.result()
            ahead = decoded
        if ahead is not None:
            yield ahead.result()


def _decode(frame: Frame) -> Frame:
    copy = replace(frame)  # so that the pixels live no longer
    copy.image  # noqa: B018 - decodes
    return copy
