"""Number of regions per frame."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from plain_commands.errors import UserError

from workflow_scripts.contracts.advice import DETECTED_AGAIN
from workflow_scripts.contracts.pii_summary import PiiSummary, RegionsPerFrame
from workflow_scripts.contracts.regions import Kind, NotCounted, Region
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.pii.settings import Pii


def notes_on(settings: Pii, pictures: Sequence[Picture]) -> tuple[str, ...]:
    """Notes on what a detection in these pictures does not cover, drops or considers doubtful."""
    notes = [
        f"no {kind.plural} were looked for ({kind.key} is null)"
        for kind in Kind
        if kind not in settings.detectors
    ]
    for kind, detector in settings.detectors.items():
        notes += [f"{kind.key}: {note}" for note in detector.notes(pictures, kind)]
        if settings.only_on_labelled:
            classes = ", ".join(settings.parent_classes[kind][1])
            notes.append(
                f"{kind.plural} count on labelled objects of the classes {classes} only "
                "(pii.only_on_labelled)"
            )
    return tuple(notes)


def not_counted_notes(settings: Pii, not_counted: NotCounted) -> tuple[str, ...]:
    """Notes on discarded detections: outside labelled objects, or duplicates."""
    left_out = tuple(
        f"{kind.plural} left out, since outside labelled objects of the classes "
        f"{', '.join(settings.parent_classes[kind][1])}: {number} (pii.only_on_labelled: false "
        "keeps them)"
        for kind, number in sorted(not_counted.left_out.items())
        if number
    )
    merged = tuple(
        f"{kind.plural} merged into an overlapping one of the same "
        f"{kind.value.replace('_', ' ')}: {number}"
        for kind, number in sorted(not_counted.merged.items())
        if number
    )
    return left_out + merged


def summarize(
    images: Sequence[str],
    regions: Sequence[Region],
    looked_for: Collection[Kind] = tuple(Kind),
    notes: tuple[str, ...] = (),
) -> PiiSummary:
    """Count the regions of each image.

    Args:
        images: file names of all images, at least one.
        regions: regions of these images, in any order.
        looked_for: kinds that were searched for.
        notes: see `notes_on`.

    Raises:
        UserError: there are no images, or a region is in none of them.
    """
    if not images:
        raise UserError("no images to count regions in; is the training split empty?")
    strangers = {region.image for region in regions} - set(images)
    if strangers:
        raise UserError(f"regions of {min(strangers)}, which is not in the split; {DETECTED_AGAIN}")
    by_kind = {
        kind: _per_frame(images, (r.image for r in regions if r.kind is kind))
        for kind in Kind
        if kind in looked_for
    }
    return PiiSummary(_per_frame(images, (region.image for region in regions)), by_kind, notes)


def _per_frame(images: Sequence[str], found: Iterable[str]) -> RegionsPerFrame:
    in_image = Counter(found)
    frames = Counter(in_image[image] for image in images)
    return RegionsPerFrame(tuple(frames[number] for number in range(max(frames) + 1)))
