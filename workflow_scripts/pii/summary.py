"""Number of regions in each frame."""

from collections import Counter
from collections.abc import Iterable, Sequence

from plain_commands.errors import UserError

from workflow_scripts.contracts.pii_summary import PiiSummary, RegionsPerFrame
from workflow_scripts.contracts.regions import Kind, Region


def summarize(images: Sequence[str], regions: Sequence[Region]) -> PiiSummary:
    """Count the regions of each image.

    Args:
        images: file names of all images, at least one.
        regions: of these images, in any order.

    Raises:
        UserError: there are no images, or a region is on none of them.
    """
    if not images:
        raise UserError("no images to count regions in; is the training split empty?")
    strangers = {region.image for region in regions} - set(images)
    if strangers:
        raise UserError(f"regions of {min(strangers)}, which is not in the split; detect again")
    by_kind = {
        kind: _per_frame(images, (r.image for r in regions if r.kind is kind)) for kind in Kind
    }
    return PiiSummary(_per_frame(images, (region.image for region in regions)), by_kind)


def _per_frame(images: Sequence[str], found: Iterable[str]) -> RegionsPerFrame:
    in_image = Counter(found)
    frames = Counter(in_image[image] for image in images)
    return RegionsPerFrame(tuple(frames[number] for number in range(max(frames) + 1)))
