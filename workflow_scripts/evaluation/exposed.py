"""Average precision of the objects whose pixels an anonymization changes, and of the others.

The exposure of an object is the share of its mask inside the boxes of PII regions. The groups are
evaluated like COCO's area ranges: objects of other groups are ignored, and an unmatched prediction
counts in the group of its own mask. For boxes, the pixels in the box replace the mask.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hotcoco import mask as rle_codec
from instance_ap.coco import IouType, accumulate, index_truth, match
from instance_ap.predictions import Predictions

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Rle
from workflow_scripts.contracts.evaluations import ExposedScores, GroupScores
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.evaluation.scores import mean_of_defined
from workflow_scripts.imaging.masks import encode_mask

MUCH = 0.03
"""Smallest exposure of a highly exposed object. A face is about 4 % of an upright person, a plate 1
to 3 % of a car seen from the front or back."""
AREA_LIMITS = (32**2, 96**2)
"""Smallest number of mask pixels of medium and large objects, as in the COCO protocol."""
SIZES = ("small", "medium", "large")
NONE, LITTLE, MANY = range(3)


@dataclass(frozen=True)
class Exposure:
    """Exposure of N masks, as columns."""

    share: np.ndarray
    """(N,) float64, 0 to 1."""
    face: np.ndarray
    """(N,) bool, whether it overlaps a face's box."""
    plate: np.ndarray
    """(N,) bool, whether it overlaps a license plate's box."""
    areas: np.ndarray
    """(N,) float64, mask pixels."""

    @property
    def level(self) -> np.ndarray:
        """(N,) int: 0 none, 1 little, 2 much."""
        return np.where(self.share >= MUCH, MANY, np.where(self.share > 0, LITTLE, NONE))


@dataclass(frozen=True)
class Grouping:
    """A grouping of masks: a number per mask, and the range of numbers of each group."""

    of_objects: np.ndarray
    of_predictions: np.ndarray
    ranges: dict[str, tuple[int, int]]
    """Lowest and highest number of each group; groups may overlap."""


def evaluate(
    split: CocoSplit,
    predictions: Predictions,
    regions: Sequence[Region],
    kind: IouType = IouType.SEGM,
) -> ExposedScores:
    """Evaluate predictions by group.

    Args:
        split: the images, classes and ground truth.
        predictions: predictions on these images.
        regions: the faces and plates in these images; those of other images are ignored.
        kind: evaluated shapes: masks or boxes.
    """
    objects = exposure_of(
        _masks_of(split, kind),
        [item.image_id for item in split.instances],
        split.images,
        regions,
    )
    found = exposure_of(predictions.masks, predictions.image_ids, split.images, regions)
    results: list[dict[str, dict[str, GroupScores]]] = [
        _by_group(split, predictions, kind, grouping) for grouping in _groupings(objects, found)
    ]
    per_class = {
        name: {group: result for part in results for group, result in part[name].items()}
        for name in split.classes
    }
    groups = next(iter(per_class.values()))
    return ExposedScores(
        much_from=MUCH,
        mean={group: _mean([per_class[name][group] for name in per_class]) for group in groups},
        per_class=per_class,
    )


def _masks_of(split: CocoSplit, kind: IouType) -> list[Rle]:
    """Masks of the ground truth, or the pixels in its boxes, as in predictions of boxes."""
    if kind is IouType.SEGM:
        return [item.segmentation for item in split.instances]
    sizes = {image.id: (image.height, image.width) for image in split.images}
    return [rle_codec.fr_bbox(item.bbox, *sizes[item.image_id]) for item in split.instances]


def exposure_of(
    masks: Sequence[Rle],
    image_ids: Sequence[int] | np.ndarray,
    images: Sequence[CocoImage],
    regions: Sequence[Region],
) -> Exposure:
    """Exposure of masks.

    Args:
        masks: N masks of whole images.
        image_ids: (N,), the image of each.
        images: the images of the masks and regions.
        regions: PII regions of any images.
    """
    areas = np.asarray(rle_codec.area(list(masks)), np.float64).reshape(-1)
    shares = np.zeros((len(masks), 3))
    in_image: dict[int, list[int]] = defaultdict(list)
    regions_in: dict[str, list[Region]] = defaultdict(list)
    for number, image_id in enumerate(image_ids):
        in_image[int(image_id)].append(number)
    for region in regions:
        regions_in[region.image].append(region)
    for image in images:
        numbers = in_image[image.id]
        if numbers and regions_in[image.file_name]:
            # With a crowd, hotcoco's IoU is the share of the mask.
            covers = _covers(regions_in[image.file_name], image)
            shared = rle_codec.iou([masks[n] for n in numbers], covers, [True] * len(covers))
            shares[numbers] = np.asarray(shared)
    shares[areas == 0] = 0
    return Exposure(shares[:, 0], shares[:, 1] > 0, shares[:, 2] > 0, areas)


def _covers(regions: Sequence[Region], image: CocoImage) -> list[Rle]:
    """The pixels of all regions, of the faces, and of the plates."""
    by_kind = np.zeros((2, image.height, image.width), bool)
    for region in regions:
        x0, y0 = int(region.x0), int(region.y0)
        x1, y1 = max(round(region.x1), x0 + 1), max(round(region.y1), y0 + 1)
        by_kind[int(region.kind is Kind.LICENSE_PLATE), y0:y1, x0:x1] = True
    masks = by_kind.any(axis=0), *by_kind
    return [encode_mask(mask, 0, 0, image.height, image.width) for mask in masks]


def _groupings(objects: Exposure, found: Exposure) -> list[Grouping]:
    """Groupings by exposure, by size among exposed and other objects, and by kind."""

    def by_exposure(masks: Exposure) -> np.ndarray:
        return masks.level

    def by_size(masks: Exposure) -> np.ndarray:
        return 2 * np.digitize(masks.areas, AREA_LIMITS) + (masks.level > NONE)

    def by_kind(masks: Exposure) -> np.ndarray:
        # Objects with both kinds are between the two.
        return np.select([masks.face & masks.plate, masks.face, masks.plate], [2, 1, 3], 0)

    sizes = {f"none_{size}": (2 * n, 2 * n) for n, size in enumerate(SIZES)}
    sizes |= {f"exposed_{size}": (2 * n + 1, 2 * n + 1) for n, size in enumerate(SIZES)}
    ranges = {
        by_exposure: {
            "none": (NONE, NONE),
            "little": (LITTLE, LITTLE),
            "much": (MANY, MANY),
            "exposed": (LITTLE, MANY),
        },
        by_kind: {"face": (1, 2), "license_plate": (2, 3)},
        by_size: sizes,
    }
    return [Grouping(sort(objects), sort(found), groups) for sort, groups in ranges.items()]


def _by_group(
    split: CocoSplit, predictions: Predictions, kind: IouType, grouping: Grouping
) -> dict[str, dict[str, GroupScores]]:
    precision = accumulate(
        match(
            index_truth(split, grouping.of_objects.tolist()),
            predictions,
            kind,
            areas=grouping.of_predictions,
            area_ranges=grouping.ranges,
        )
    )
    numbers: dict[int, Counter[int]] = defaultdict(Counter)
    for item, number in zip(split.instances, grouping.of_objects.tolist(), strict=True):
        numbers[item.category_id][number] += not item.iscrowd
    return {
        name: {
            group: GroupScores(
                AP=precision.mean(class_index=index, area=group),
                AP50=precision.mean(class_index=index, iou=0.5, area=group),
                instances=sum(numbers[index + 1][number] for number in range(low, high + 1)),
            )
            for group, (low, high) in grouping.ranges.items()
        }
        for index, name in enumerate(split.classes)
    }


def _mean(results: Sequence[GroupScores]) -> GroupScores:
    return GroupScores(
        AP=mean_of_defined([result.AP for result in results]),
        AP50=mean_of_defined([result.AP50 for result in results]),
        instances=sum(result.instances for result in results),
    )
