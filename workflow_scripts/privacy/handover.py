"""Images to be handed over: folder, contact sheet, and summary."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from image_files import SheetCell, contact_sheet
from natural_pii import Route
from plain_commands.files import atomic, link_or_copy

from workflow_scripts.contracts.audits import Audit, MetadataFindings
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.pairs import Pair
from workflow_scripts.privacy.shortcomings import shortcomings

SHOWN = 48
"""Maximum number of images on a contact sheet."""
LINES = 20
"""Maximum number of notes in a summary."""
OUTLINE = (255, 60, 60)
SMALLEST = {Kind.FACE: 10, Kind.LICENSE_PLATE: 20}
"""Width in pixels below which detection finds little (docs/detection.md)."""
COVERED = {
    Route.FALLBACK.value: "no new face or characters could be drawn there",
    Route.LARGE.value: "faces wider than large_above are not drawn (docs/natural.md)",
}
"""Reason why a region was covered, by prefix of the change's method."""
NO_METADATA = MetadataFindings(n=0, images=(), of_them_originals=0, kinds={})
NEVER = (
    "bodies, hair and clothes; text other than license plates, such as names, signs and screens; "
    "heads from behind"
)


def lay_out(pairs: Sequence[Pair], folder: Path) -> None:
    """Make a folder of a variant's images, at the originals' paths."""
    with atomic(folder) as temporary:
        temporary.mkdir()
        for pair in pairs:
            link_or_copy(pair.anonymized, temporary / pair.image.file_name)


def sheet_of(variant: str, pairs: Sequence[Pair], *, show_originals: bool) -> np.ndarray:
    """A contact sheet of a variant's images, (height, width, 3) uint8 RGB; regions are outlined.

    Args:
        variant: name of the variant.
        pairs: the images with their originals; of many, an evenly spaced selection is shown.
        show_originals: whether to show each beside its original.
    """
    places = np.linspace(0, len(pairs) - 1, min(len(pairs), SHOWN)).round().astype(int)
    cells = []
    for pair in (pairs[place] for place in places):
        old, new = pair.read()
        images = (old, _outlined(new, pair)) if show_originals else (_outlined(new, pair),)
        cells.append(SheetCell(f"{pair.image.file_name} ({len(pair.regions)})", images))
    title = f"{variant}: {len(cells)} of {len(pairs)} images, found regions outlined and counted"
    return contact_sheet(cells, title + ("; originals on the left" if show_originals else ""))


def _outlined(pixels: np.ndarray, pair: Pair) -> np.ndarray:
    outlined = np.ascontiguousarray(pixels).copy()
    thickness = max(1, round(max(outlined.shape[:2]) / 300))
    for region in pair.regions:
        low = round(region.x0) - thickness, round(region.y0) - thickness
        high = round(region.x1) + thickness, round(region.y1) + thickness
        cv2.rectangle(outlined, low, high, OUTLINE, thickness)
    return outlined


def text_of(audit: Audit, notes: Sequence[str]) -> str:
    """Summary of images to be handed over, one item per line.

    Args:
        audit: of the variant.
        notes: notes of the index, such as on ignored files.
    """
    lines = [f"Images: {audit.images.n}, {audit.images.with_regions} with regions"]
    if audit.images.dropped:
        lines[0] += f"; {audit.images.dropped} more are dropped"
    for kind in audit.kinds:
        block = audit.of(kind)
        line = f"{kind.plural.capitalize()}: {block.regions} found, "
        line += f"{block.regions - block.unchanged.n} changed"
        if block.dropped:
            line += f", {block.dropped} more in dropped images"
        for beginning, why in COVERED.items():
            if covered := sum(n for way, n in block.routes.items() if way.startswith(beginning)):
                line += f", {covered} of them covered without detail, since {why}"
        lines.append(line)
    lines += [f"Audit: {sentence}" for sentence in _audit_sentences(audit)]
    too_small = (f"{kind.plural} below about {SMALLEST[kind]} px" for kind in audit.kinds)
    unasked = (kind.plural for kind in Kind if kind not in audit.kinds)
    lines.append(f"Not looked for: {'; '.join([*unasked, *too_small, NEVER])}")
    lines += [f"Note: {note}" for note in notes[:LINES]]
    if len(notes) > LINES:
        lines.append(f"Note: … and {len(notes) - LINES} more, in data/train.coco.json")
    return "\n".join(lines) + "\n"


def _audit_sentences(audit: Audit) -> Iterator[str]:
    only_colours = audit.metadata.kinds.keys() <= {"icc"}
    if only_colours and audit.metadata.n:
        yield f"files with a colour profile, kept since it is not sRGB: {audit.metadata.n}"
        audit = audit.model_copy(update={"metadata": NO_METADATA})
    changed = "changed or dropped" if audit.images.dropped else "changed"
    yield from shortcomings([audit]) or [
        f"each detected region is {changed}, nothing outside them is, and no file has "
        "other metadata; missed faces and plates can only be found by eye"
    ]
