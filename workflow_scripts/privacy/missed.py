"""Estimated number of faces and plates, from the overlap of two detectors.

Capture-recapture: the smaller the overlap of two independent detections, the more both missed.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from identity_attacks.intervals import chapman
from plain_commands.files import sha256_of

from workflow_scripts.contracts.audits import ALL_SIZES, SIZES, size_of
from workflow_scripts.contracts.missed import EstimatedShare, KindSearchedTwice, SearchedTwice
from workflow_scripts.contracts.regions import Kind, Region, with_ids
from workflow_scripts.imaging.detection import Detectors, PiiSection, merged
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.privacy.matching import matched


@dataclass(frozen=True)
class TwoSearches:
    """Results of two detections in one image."""

    first: tuple[Region, ...]
    second: tuple[Region, ...]
    """Regions that count by the rule of the first detection, with ids."""
    pairs: tuple[tuple[int, int], ...]
    """Positions of the regions found by both."""
    not_labelled: int
    """Further detections of the second detector, outside labelled objects."""

    @property
    def only_second(self) -> list[Region]:
        """Regions that the first detection did not find."""
        both = {position for _, position in self.pairs}
        return [region for position, region in enumerate(self.second) if position not in both]


def sample_of(pictures: Sequence[Picture], most: int) -> list[Picture]:
    """A random sample of images that depends only on the images' content."""
    drawn = sorted(pictures, key=lambda picture: sha256_of(picture.record.sha256.encode()))
    chosen = {picture.record.id for picture in drawn[:most]}
    return [picture for picture in pictures if picture.record.id in chosen]


def search_again(
    detectors: Detectors, pii: PiiSection, pictures: Iterable[Picture], threads: int = 1
) -> Iterator[dict[Kind, TwoSearches]]:
    """Search whole images with other detectors, and match their detections with the regions.

    Args:
        detectors: ready for the data set.
        pii: settings of the first detection. If its regions have to lie on labelled objects, this
            also applies to the second detection.
        pictures: images with the regions of the first detection.
        threads: CPU threads.
    """
    for picture in pictures:
        copy = replace(picture)  # frees the pixels with the copy
        searches = {}
        for kind, detector in detectors.detectors.items():
            finds = detector.regions(copy, kind, None, threads)
            counted = [find for find in finds if pii.counts(find, copy)]
            second = merged(counted)  # like those of the first detection
            first = tuple(region for region in copy.regions if region.kind is kind)
            searches[kind] = TwoSearches(
                first=first,
                second=tuple(with_ids(second, copy.record.sha256)),
                pairs=tuple(matched(first, second)),
                not_labelled=len(finds) - len(counted),
            )
        yield searches


def estimate_of(first: str, second: str, searches: Sequence[TwoSearches]) -> KindSearchedTwice:
    """Estimated number of regions of a kind in some images, by size class.

    A region has its size in the first detection, or in the second if the first missed it.

    Args:
        first: name of the first detector.
        second: name of the second detector.
        searches: results per image.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for search in searches:
        found = [(region, (1, 0, 0)) for region in search.first]
        found += [(search.first[position], (0, 1, 1)) for position, _ in search.pairs]
        found += [(region, (0, 1, 0)) for region in search.only_second]
        for region, numbers in found:
            for size in (ALL_SIZES, size_of(region.width)):
                counts[size] = [a + b for a, b in zip(counts[size], numbers, strict=True)]
    return KindSearchedTwice(
        first=first,
        second=second,
        not_labelled=sum(search.not_labelled for search in searches),
        sizes={size: searched_twice(*counts[size]) for size in (ALL_SIZES, *SIZES)},
    )


def searched_twice(first: int, second: int, both: int) -> SearchedTwice:
    """The estimated number of regions, from the numbers found by each detector and by both."""
    found = first + second - both
    total = chapman(first, second, both)
    numbers = {"first": first, "second": second, "both": both, "total_low": total.low}
    if not both:
        return SearchedTwice(**numbers)

    def missed(seen: int) -> EstimatedShare:
        value, low, high = (1 - seen / number for number in (total.value, total.low, total.high))
        return EstimatedShare(value=max(value, 0.0), low=low, high=high)

    return SearchedTwice(
        **numbers,
        total=total.value,
        total_high=int(total.high) if math.isfinite(total.high) else None,
        missed_by_first=missed(first),
        missed_by_both=missed(found),
    )
