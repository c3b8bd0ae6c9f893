"""From what was measured in each image to the numbers of a variant, by kind and size."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from pii_measures import correlation

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy import plates
from workflow_scripts.privacy.measure import ImageFinding, Looks, RegionFinding
from workflow_scripts.privacy.quality import psnr_of

SIZES = {"under_20": (0.0, 20.0), "20_to_40": (20.0, 40.0), "40_to_80": (40.0, 80.0),
         "80_and_more": (80.0, float("inf"))}  # fmt: skip
"""Size classes of a region by the width of its box, pixels, from and below."""
ALL = "all"
PAIRS = 2000
"""Of different regions of one size class that a baseline is the mean of."""
SEED = 20
"""Which pairs."""
BINS = np.linspace(-1, 1, 21)
SHOWN = 5
"""Names that are listed where something is wrong."""

Alike = Callable[[Looks, Looks], float | None]


def plain(first: Looks, second: Looks) -> float | None:
    """Correlation of two faces' crops."""
    if first.plain is None or second.plain is None:
        return None
    return correlation(first.plain, second.plain)


def fine(first: Looks, second: Looks) -> float | None:
    """Correlation of two faces' crops, band-passed."""
    if first.fine is None or second.fine is None:
        return None
    return correlation(first.fine, second.fine)


def embedded(first: Looks, second: Looks) -> float | None:
    """Cosine of two faces' embeddings."""
    if first.embedding is None or second.embedding is None:
        return None
    return float(first.embedding @ second.embedding)


def written(first: Looks, second: Looks) -> float | None:
    """Correlation of two plates' characters."""
    if first.characters is None or second.characters is None:
        return None
    return plates.residual(first.characters, second.characters)


def summarize_regions(regions: Sequence[RegionFinding]) -> dict[str, Any]:
    """The numbers of all regions of one kind and of each size class."""
    by_size: dict[str, list[RegionFinding]] = defaultdict(list)
    for region in regions:
        by_size[_size_of(region)].append(region)
    return {
        name: _block(members, by_size)
        for name, members in ((ALL, regions), *((size, by_size[size]) for size in SIZES))
    }


def _size_of(region: RegionFinding) -> str:
    return next(name for name, (low, high) in SIZES.items() if low <= region.width < high)


def _route_of(region: RegionFinding) -> str:
    if not region.changed:
        return "none"
    return region.route or "not in the manifest"


def _block(
    regions: Sequence[RegionFinding], by_size: dict[str, list[RegionFinding]]
) -> dict[str, Any]:
    if not regions:
        return {"regions": 0}
    unchanged = [region.image for region in regions if not region.changed]
    block = {
        "regions": len(regions),
        "routes": dict(sorted(Counter(map(_route_of, regions)).items())),
        "unchanged": _offenders(unchanged),
        "found_again": _found(region.found for region in regions),
        "found_in_originals": _found(region.found_before for region in regions),
        "ssim": _mean(region.ssim for region in regions),
        "psnr": _rounded(psnr_of(float(np.mean([region.squared_error for region in regions])))),
    }
    if regions[0].kind is Kind.FACE:
        measures: dict[str, Alike] = {"correlation": plain, "correlation_band_passed": fine}
        if any(region.old.embedding is not None for region in regions):
            measures["embedding"] = embedded
        others = "between_people"
    else:
        measures, others = {"correlation": written}, "between_plates"
        read = [region.characters for region in regions if region.characters is not None]
        count = sum(characters.count for characters in read)
        unchanged_ones = sum(characters.unchanged for characters in read)
        block["characters"] = {
            "legible_plates": len(read),
            "n": count,
            "unchanged": unchanged_ones,
            "share": _rounded(unchanged_ones / count if count else None),
        }
    pairs = _pairs(regions, by_size)
    for name, alike in measures.items():
        with_itself = [alike(region.old, region.new) for region in regions]
        block[name] = distribution(with_itself)
        block[name]["most_alike"] = _most_alike(regions, with_itself)
        block[name][others] = distribution(alike(a.old, b.old) for a, b in pairs)
    return block


def _pairs(
    regions: Sequence[RegionFinding], by_size: dict[str, list[RegionFinding]]
) -> list[tuple[RegionFinding, RegionFinding]]:
    """Pairs of different regions of one size class: each region in turn with a random other."""
    members = {name: regions_of for name, regions_of in by_size.items() if len(regions_of) > 1}
    firsts = [region for region in regions if _size_of(region) in members]
    rng = np.random.default_rng(SEED)
    wanted = min(PAIRS, sum(len(members[_size_of(region)]) - 1 for region in firsts))
    pairs = []
    for number in range(wanted):
        first = firsts[number % len(firsts)]
        others = members[_size_of(first)]
        second = others[int(rng.integers(len(others)))]
        while second is first:
            second = others[int(rng.integers(len(others)))]
        pairs.append((first, second))
    return pairs


def _most_alike(
    regions: Sequence[RegionFinding], values: Sequence[float | None]
) -> list[dict[str, Any]]:
    """Where to look first: the regions with the highest values."""
    there = [
        (value, region) for value, region in zip(values, regions, strict=True) if value is not None
    ]
    best = sorted(there, key=lambda pair: -pair[0])[:SHOWN]
    return [
        {
            "image": region.image,
            "region": region.number,
            "route": _route_of(region),
            "value": _rounded(value),
        }
        for value, region in best
    ]


def distribution(values: Iterable[float | None]) -> dict[str, Any]:
    """Mean, median, 90th percentile, maximum and histogram (20 bins, -1 to 1) of what is there."""
    there = np.array([value for value in values if value is not None], float)
    if not there.size:
        return {"n": 0}
    counts, _ = np.histogram(np.clip(there, -1, 1), BINS)
    return {
        "n": int(there.size),
        "mean": _rounded(there.mean()),
        "median": _rounded(np.median(there)),
        "p90": _rounded(np.quantile(there, 0.9)),
        "max": _rounded(there.max()),
        "histogram": counts.tolist(),
    }


def summarize_images(images: Sequence[ImageFinding]) -> dict[str, Any]:
    """The numbers of a variant's images as wholes."""
    kinds = Counter(kind for image in images for kind in image.metadata)
    outside = [image.image for image in images if image.outside]
    return {
        "images": {
            "n": len(images),
            "with_regions": sum(bool(image.regions) for image in images),
            "originals": sum(image.linked for image in images),
            "compared": sum(image.compared for image in images),
            "lossy": sum(image.lossy for image in images),
        },
        "outside": {
            **_offenders(outside),
            "pixels": sum(image.outside for image in images),
            "share": _rounded(
                sum(image.outside for image in images) / sum(image.pixels for image in images)
            ),
        },
        "whole_images": {
            "ssim": _mean(image.ssim for image in images),
            "psnr": _rounded(psnr_of(float(np.mean([image.squared_error for image in images])))),
        },
        "metadata": {
            **_offenders([image.image for image in images if image.metadata]),
            "of_them_originals": sum(bool(image.metadata) and image.linked for image in images),
            "kinds": dict(sorted(kinds.items())),
        },
    }


def _offenders(names: Sequence[str]) -> dict[str, Any]:
    return {"n": len(names), "images": list(dict.fromkeys(names))[:SHOWN]}


def _found(flags: Iterable[bool | None]) -> dict[str, Any]:
    looked = [flag for flag in flags if flag is not None]
    share = sum(looked) / len(looked) if looked else None
    return {"n": len(looked), "found": sum(looked), "share": _rounded(share)}


def _mean(values: Iterable[float]) -> float | None:
    return _rounded(float(np.mean(list(values))))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)
