"""Audit of a variant: what was measured in its images, by kind and size of the regions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pii_measures import correlation
from pii_measures.embedding import FaceEmbedding
from pii_measures.plates.comparison import residual
from pii_measures.quality import psnr_of
from plain_commands.files import sha256_of_file

from workflow_scripts.contracts.audits import (
    ALL_SIZES,
    Audit,
    AuditedImages,
    ChangesOutside,
    CharacterCounts,
    Findings,
    FoundShare,
    Likeness,
    MetadataFindings,
    MostAlike,
    RegionLikeness,
    RegionsAudit,
    WholeImages,
)
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy import again
from workflow_scripts.privacy.measure import ImageFinding, Looks, RegionFinding

SIZES = {"under_20": (0.0, 20.0), "20_to_40": (20.0, 40.0), "40_to_80": (40.0, 80.0),
         "80_and_more": (80.0, float("inf"))}  # fmt: skip
"""Size classes of regions: least width of the box, and the width below which it lies, in pixels."""
PAIRS = 2000
"""Largest number of pairs of different regions that a baseline is the mean of."""
SEED = 20
"""Seed of the choice of pairs."""
BINS = np.linspace(-1, 1, 21)
SHOWN = 5
"""Number of names that are listed where something is wrong."""

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
    return residual(first.characters, second.characters)


FACE_MEASURES: dict[str, Alike] = {
    "correlation": plain,
    "correlation_band_passed": fine,
    "embedding": embedded,
}


def audit_of(
    variant: str, images: Sequence[ImageFinding], made_with: dict[str, Any], *, originals: bool
) -> Audit:
    """The audit of a variant.

    Args:
        variant: name of the variant.
        images: measurements of all images, at least one.
        made_with: see `made_with`.
        originals: whether the variant is the originals.
    """
    regions = [region for image in images for region in image.regions]
    metadata = [image for image in images if image.metadata]
    outside = sum(image.outside for image in images)
    return Audit(
        version=1,
        variant=variant,
        originals=originals,
        images=AuditedImages(
            n=len(images),
            with_regions=sum(bool(image.regions) for image in images),
            originals=sum(image.linked for image in images),
            compared=sum(image.compared for image in images),
            lossy=sum(image.lossy for image in images),
            whole_image=sum(image.whole_image for image in images),
        ),
        outside=ChangesOutside(
            **_names(image.image for image in images if image.outside),
            pixels=outside,
            share=_rounded(outside / sum(image.pixels for image in images)),
        ),
        whole_images=WholeImages(
            ssim=_mean(image.ssim for image in images),
            psnr=_rounded(psnr_of(float(np.mean([image.squared_error for image in images])))),
        ),
        metadata=MetadataFindings(
            **_names(image.image for image in metadata),
            of_them_originals=sum(image.linked for image in metadata),
            kinds=_counts(kind for image in metadata for kind in image.metadata),
        ),
        kinds={
            kind: _by_size([one for one in regions if one.kind is kind])
            for kind in Kind
            if kind in made_with["detectors"]
        },
        made_with=made_with,
    )


def made_with(
    folder: Path | None,
    finders: dict[Kind, again.Finder],
    embedding: FaceEmbedding | None,
    fingerprint: str | None,
) -> dict[str, Any]:
    """Origin of an audit's numbers.

    Args:
        folder: images/{variant}/train; None for the originals.
        finders: detectors that look again, by kind.
        embedding: face recognition network, if there is one.
        fingerprint: fingerprint of the job: images, settings and code.
    """
    return {
        "fingerprint": fingerprint,
        "manifest_sha256": folder and sha256_of_file(folder / FILE_NAME),
        "detectors": {
            kind.value: {
                "settings": finder.detector.model_dump(mode="json"),
                "stands_in_for_annotations": finder.stands_in,
                "margin": again.MARGIN,
                "min_iou": again.MIN_IOU,
            }
            for kind, finder in finders.items()
        },
        "embedding": embedding and {"sha256": embedding.sha256},
    }


def _by_size(regions: Sequence[RegionFinding]) -> dict[str, RegionsAudit]:
    """The numbers of all regions of one kind, and of each size class."""
    by_size: dict[str, list[RegionFinding]] = defaultdict(list)
    for region in regions:
        by_size[_size_of(region)].append(region)
    groups = {ALL_SIZES: regions, **{size: by_size[size] for size in SIZES}}
    return {name: _regions_audit(members, by_size) for name, members in groups.items()}


def _size_of(region: RegionFinding) -> str:
    return next(name for name, (low, high) in SIZES.items() if low <= region.width < high)


def _route_of(region: RegionFinding) -> str:
    if not region.changed:
        return "none"
    return region.route or "not in the manifest"


def _regions_audit(
    regions: Sequence[RegionFinding], by_size: dict[str, list[RegionFinding]]
) -> RegionsAudit:
    if not regions:
        return RegionsAudit(regions=0)
    measures: dict[str, Alike] = {"correlation": written}
    others = "between_plates"
    characters = {"characters": _characters(regions)}
    if regions[0].kind is Kind.FACE:
        measures, others, characters = dict(FACE_MEASURES), "between_people", {}
        if all(region.old.embedding is None for region in regions):
            del measures["embedding"]
    pairs = _pairs(regions, by_size)
    likeness = {}
    for name, alike in measures.items():
        values = [alike(region.old, region.new) for region in regions]
        likeness[name] = RegionLikeness(
            **distribution(values).model_dump(exclude_unset=True),
            most_alike=_most_alike(regions, values),
            **{others: distribution(alike(a.old, b.old) for a, b in pairs)},
        )
    return RegionsAudit(
        regions=len(regions),
        routes=_counts(map(_route_of, regions)),
        unchanged=Findings(**_names(region.image for region in regions if not region.changed)),
        found_again=_found(region.found for region in regions),
        found_in_originals=_found(region.found_before for region in regions),
        ssim=_mean(region.ssim for region in regions),
        psnr=_rounded(psnr_of(float(np.mean([region.squared_error for region in regions])))),
        **characters,
        **likeness,
    )


def _characters(plates_found: Sequence[RegionFinding]) -> CharacterCounts:
    read = [plate.characters for plate in plates_found if plate.characters is not None]
    count = sum(characters.count for characters in read)
    unchanged = sum(characters.unchanged for characters in read)
    share = _rounded(unchanged / count if count else None)
    return CharacterCounts(legible_plates=len(read), n=count, unchanged=unchanged, share=share)


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
) -> tuple[MostAlike, ...]:
    """The regions with the highest values, which deserve a look first."""
    measured = [
        (value, region) for value, region in zip(values, regions, strict=True) if value is not None
    ]
    return tuple(
        MostAlike(
            image=region.image,
            region=region.number,
            route=_route_of(region),
            value=round(float(value), 6),
        )
        for value, region in sorted(measured, key=lambda pair: -pair[0])[:SHOWN]
    )


def distribution(values: Iterable[float | None]) -> Likeness:
    """Distribution of the similarities that were measured, -1 to 1."""
    there = np.array([value for value in values if value is not None], float)
    if not there.size:
        return Likeness(n=0)
    counts, _ = np.histogram(np.clip(there, -1, 1), BINS)
    return Likeness(
        n=int(there.size),
        mean=_rounded(there.mean()),
        median=_rounded(np.median(there)),
        p90=_rounded(np.quantile(there, 0.9)),
        max=_rounded(there.max()),
        histogram=tuple(counts.tolist()),
    )


def _names(names: Iterable[str]) -> dict[str, Any]:
    """Number of findings, and the first few different names among them."""
    found = list(names)
    return {"n": len(found), "images": tuple(dict.fromkeys(found))[:SHOWN]}


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _found(flags: Iterable[bool | None]) -> FoundShare:
    searched = [flag for flag in flags if flag is not None]
    share = sum(searched) / len(searched) if searched else None
    return FoundShare(n=len(searched), found=sum(searched), share=_rounded(share))


def _mean(values: Iterable[float]) -> float | None:
    return _rounded(float(np.mean(list(values))))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)
