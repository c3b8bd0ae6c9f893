"""Audit of a variant: measurements of its images, by kind and size of the regions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pii_measures.quality import psnr_of
from plain_commands.files import sha256_of_file

from workflow_scripts.contracts.audits import (
    ALL_SIZES,
    SIZES,
    Audit,
    AuditedImages,
    ChangesOutside,
    CharacterCounts,
    Findings,
    FoundShare,
    MetadataFindings,
    RegionsAudit,
    WholeImages,
    size_of,
)
from workflow_scripts.contracts.manifest import FILE_NAME
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.privacy import again
from workflow_scripts.privacy.matching import MIN_IOU
from workflow_scripts.privacy.measure import ImageFinding, RegionFinding

SHOWN = 5
"""Maximum number of names listed per finding."""


def audit_of(
    variant: str,
    images: Sequence[ImageFinding],
    made_with: dict[str, Any],
    dropped: Sequence[Picture] = (),
    *,
    originals: bool,
) -> Audit:
    """The audit of a variant.

    Args:
        variant: name of the variant.
        images: measurements of all images that are not dropped, at least one.
        made_with: see `made_with`.
        dropped: the dropped images, which are excluded from all shares and means.
        originals: whether the variant consists of the originals.
    """
    regions = [region for image in images for region in image.regions]
    gone = [region for picture in dropped for region in picture.regions]
    metadata = [image for image in images if image.metadata]
    outside = sum(image.outside for image in images)
    return Audit(
        version=1,
        variant=variant,
        originals=originals,
        images=AuditedImages(
            n=len(images),
            dropped=len(dropped),
            with_regions=sum(bool(image.regions) for image in images),
            originals=sum(image.linked for image in images),
            compared=sum(image.compared for image in images),
            lossy=sum(image.lossy for image in images),
            tolerance_assumed=sum(image.tolerance_assumed for image in images),
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
            kind: _by_size(
                [one for one in regions if one.kind is kind],
                Counter(
                    size
                    for one in gone
                    if one.kind is kind
                    for size in (ALL_SIZES, size_of(one.width))
                ),
            )
            for kind in Kind
            if kind in made_with["detectors"]
        },
        made_with=made_with,
    )


def made_with(
    folder: Path | None,
    finders: dict[Kind, again.Finder],
    fingerprint: str | None,
) -> dict[str, Any]:
    """Origin of an audit's numbers.

    Args:
        folder: images/{variant}/train; None for the originals.
        finders: detectors of the repeated search, by kind.
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
                "min_iou": MIN_IOU,
            }
            for kind, finder in finders.items()
        },
    }


def _by_size(regions: Sequence[RegionFinding], dropped: Counter[str]) -> dict[str, RegionsAudit]:
    """The numbers of all regions of one kind, and of each size class.

    Args:
        regions: regions in images that are not dropped.
        dropped: number of dropped regions by size class, and in total.
    """
    by_size: dict[str, list[RegionFinding]] = defaultdict(list)
    for region in regions:
        by_size[size_of(region.width)].append(region)
    groups = {ALL_SIZES: regions, **{size: by_size[size] for size in SIZES}}
    audits = {name: _regions_audit(members) for name, members in groups.items()}
    for name, number in dropped.items():
        audits[name] = audits[name].model_copy(update={"dropped": number})
    return audits


def _route_of(region: RegionFinding) -> str:
    if not region.changed:
        return "none"
    return region.route or "not in the manifest"


def _regions_audit(regions: Sequence[RegionFinding]) -> RegionsAudit:
    if not regions:
        return RegionsAudit(regions=0)
    is_plates = regions[0].kind is Kind.LICENSE_PLATE
    characters = {"characters": _characters(regions)} if is_plates else {}
    return RegionsAudit(
        regions=len(regions),
        routes=_counts(map(_route_of, regions)),
        unchanged=Findings(**_names(region.image for region in regions if not region.changed)),
        found_again=_found(region.found for region in regions),
        found_in_originals=_found(region.found_before for region in regions),
        ssim=_mean(region.ssim for region in regions),
        psnr=_rounded(psnr_of(float(np.mean([region.squared_error for region in regions])))),
        **characters,
    )


def _characters(plates_found: Sequence[RegionFinding]) -> CharacterCounts:
    read = [plate.characters for plate in plates_found if plate.characters is not None]
    count = sum(characters.count for characters in read)
    unchanged = sum(characters.unchanged for characters in read)
    share = _rounded(unchanged / count if count else None)
    return CharacterCounts(legible_plates=len(read), n=count, unchanged=unchanged, share=share)


def _names(names: Iterable[str]) -> dict[str, Any]:
    """Number of findings, and the first few distinct names among them."""
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
