"""Predictions of a run, checked against their images."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from hotcoco import mask as rle_codec

from .ground_truth import GroundTruth, Rle

KEYS = ("image_id", "category_id", "segmentation", "score")
"""Required keys of a COCO result with a mask."""
KEYS_OF_BOXES = ("image_id", "category_id", "bbox", "score")
"""Required keys of a COCO result without a mask."""


class PredictionsError(ValueError):
    """Predictions that cannot be evaluated, with one finding for each invalid one."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


@dataclass(frozen=True)
class Predictions:
    """N predicted instances as columns, in the order of their file."""

    image_ids: np.ndarray
    """(N,) int64."""
    category_ids: np.ndarray
    """(N,) int64, 1-based position of the class."""
    scores: np.ndarray
    """(N,) float64, 0 to 1; equal scores rank in the order of the file."""
    boxes: np.ndarray
    """(N, 4) float64: x, y, width, height in pixels."""
    areas: np.ndarray
    """(N,) float64, mask pixels; width times height if there are only boxes."""
    masks: list[Rle]
    """N masks of the whole image; the pixels in the boxes if there are only boxes."""

    @classmethod
    def of_coco_results(cls, items: Any, truth: GroundTruth) -> "Predictions":
        """Read COCO results: a list of `{image_id, category_id, segmentation, score, bbox}`.

        A prediction without `bbox` gets that of its mask.

        Args:
            items: the list, as parsed from JSON.
            truth: the images and classes that the ids belong to.

        Raises:
            PredictionsError: one finding per invalid prediction, with its index in the list.
        """
        _checked(items, truth, KEYS)
        masks = [item["segmentation"] for item in items]
        return cls(**_columns(items), boxes=_boxes(items), areas=_areas(masks), masks=masks)

    @classmethod
    def of_coco_boxes(cls, items: Any, truth: GroundTruth) -> "Predictions":
        """Take over COCO results without masks: a list of `{image_id, category_id, bbox, score}`.

        What else a prediction holds, such as a mask, is not read.

        Args:
            items: the list, as JSON holds it.
            truth: the images and classes that the ids belong to.

        Raises:
            PredictionsError: one finding a prediction, with its index in the list.
        """
        sizes = _checked(items, truth, KEYS_OF_BOXES)
        boxes = _boxes(items)
        masks = [
            rle_codec.fr_bbox(box, *sizes[item["image_id"]])
            for item, box in zip(items, boxes.tolist(), strict=True)
        ]
        return cls(**_columns(items), boxes=boxes, areas=boxes[:, 2:].prod(axis=1), masks=masks)


def _checked(items: Any, truth: GroundTruth, keys: tuple[str, ...]) -> dict[int, list[int]]:
    """Height and width of each image, by its id, once all predictions are checked.

    Raises:
        PredictionsError: one finding a prediction.
    """
    if not isinstance(items, list):
        raise PredictionsError(["not COCO results: a list of predictions is expected"])
    sizes = {image.id: [image.height, image.width] for image in truth.images}
    findings = [
        f"prediction {index}: {finding}"
        for index, item in enumerate(items)
        if (finding := _finding(item, sizes, len(truth.classes), keys))
    ]
    if findings:
        raise PredictionsError(findings)
    return sizes


def _columns(items: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The columns that predictions have with masks and without."""
    return {
        "image_ids": np.array([item["image_id"] for item in items], np.int64),
        "category_ids": np.array([item["category_id"] for item in items], np.int64),
        "scores": np.array([item["score"] for item in items], np.float64),
    }


def _finding(
    item: Any, sizes: dict[int, list[int]], class_count: int, keys: tuple[str, ...]
) -> str | None:
    """What is wrong with one prediction: one line, or None."""
    if not isinstance(item, dict) or any(key not in item for key in keys):
        return f"not a COCO result; it needs the keys {', '.join(keys)}"
    image_id, category_id, score = (item[key] for key in ("image_id", "category_id", "score"))
    if not isinstance(image_id, int) or image_id not in sizes:
        return f"image_id {image_id!r} is unknown to the annotation file; predict on its images"
    if not isinstance(category_id, int) or not 1 <= category_id <= class_count:
        return (
            f"category_id {category_id!r} is unknown to the annotation file, "
            f"which has 1 to {class_count}"
        )
    if not _is_finite(score) or not 0 <= score <= 1:
        return f"score {score!r} is not a number from 0 to 1"
    size = sizes[image_id]
    of_mask = _finding_of_mask(item["segmentation"], size) if "segmentation" in keys else None
    return of_mask or _finding_of_box(item.get("bbox", (0, 0, 0, 0)))


def _finding_of_mask(mask: Any, size: list[int]) -> str | None:
    if not isinstance(mask, dict) or not {"size", "counts"} <= mask.keys():
        return "segmentation is not run-length encoded ({size, counts})"
    if mask["size"] != size:
        return (
            f"the mask's size {mask['size']} differs from the image's {size} (height, width); "
            "predict at the image's own size"
        )
    return None


def _finding_of_box(box: Any) -> str | None:
    if not isinstance(box, list | tuple) or len(box) != 4 or not all(map(_is_finite, box)):
        return f"bbox {box!r} is not x, y, width, height"
    if box[2] < 0 or box[3] < 0:
        return f"bbox {box!r} has a negative width or height; COCO's are x, y, width, height"
    return None


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _areas(masks: list[Rle]) -> np.ndarray:
    try:
        return np.asarray(rle_codec.area(masks), np.float64)
    except (ValueError, TypeError):
        pass
    for index, mask in enumerate(masks):
        try:
            rle_codec.area(mask)
        except (ValueError, TypeError) as error:
            raise PredictionsError([f"prediction {index}: broken mask ({error})"]) from None
    raise AssertionError("all masks are whole one by one, and not together")


def _boxes(items: list[dict[str, Any]]) -> np.ndarray:
    boxes = [
        item["bbox"] if "bbox" in item else rle_codec.to_bbox(item["segmentation"])
        for item in items
    ]
    return np.array(boxes, np.float64).reshape(-1, 4)
