"""Average precision by the COCO protocol: parameters, match, accumulate, summarise.

The protocol is that of `pycocotools.cocoeval.COCOeval`
(https://github.com/cocodataset/cocoapi): IoU thresholds 0.50:0.05:0.95, precision at 101 recall
points, at most 100 predictions per image and class, crowds ignored. It is computed by hotcoco, with
COCO's default parameters.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import hotcoco
import numpy as np

from .ground_truth import GroundTruth
from .predictions import Predictions


class IouType(StrEnum):
    """Shapes on which the IoU of a prediction and an instance is measured, named as in COCO."""

    SEGM = "segm"
    BBOX = "bbox"


@dataclass(frozen=True)
class PrecisionCurves:
    """Precision over recall, the outcome of matching, with the meaning of its axes."""

    values: np.ndarray
    """(T, R, K, A) float64: IoU threshold, recall point, class, area range; 0 to 1, and -1 if the
    ground truth has no object of the class in the range."""
    iou_thresholds: list[float]
    """T thresholds."""
    area_ranges: list[str]
    """A names: all, small, medium, large."""

    def mean(
        self, *, class_index: int | None = None, iou: float | None = None, area: str = "all"
    ) -> float | None:
        """Mean of all defined values of a class (or all) at an IoU threshold (or all), or None."""
        values = self.values[..., self.area_ranges.index(area)]
        if class_index is not None:
            values = values[:, :, class_index]
        if iou is not None:
            values = values[self.iou_thresholds.index(iou)]
        defined = values[values > -1]
        return float(defined.mean()) if defined.size else None


def evaluate(
    truth: GroundTruth, predictions: Predictions, kinds: Iterable[IouType] = tuple(IouType)
) -> dict[IouType, PrecisionCurves]:
    """Evaluate predictions on masks and on boxes.

    Args:
        truth: the images, classes and instances.
        predictions: predictions on these images; images without any count as well.
        kinds: shapes to evaluate; predictions of boxes only have no masks.
    """
    indexed = index_truth(truth)
    return {kind: accumulate(match(indexed, predictions, kind)) for kind in kinds}


def index_truth(truth: GroundTruth, areas: Sequence[float] | None = None) -> hotcoco.COCO:
    """Ground truth in hotcoco's format.

    Instances are renumbered from 1, so that the ids of a file do not affect the result. In
    pycocotools, an id of 0 does, since 0 means "no match" there.

    Args:
        truth: the images, classes and instances.
        areas: area of each instance for the area ranges; by default, its own.
    """
    instances = truth.instances
    return hotcoco.COCO.from_arrays(
        [
            {
                "id": image.id,
                "file_name": image.file_name,
                "width": image.width,
                "height": image.height,
            }
            for image in truth.images
        ],
        [{"id": number, "name": name} for number, name in enumerate(truth.classes, start=1)],
        [instance.image_id for instance in instances],
        [instance.category_id for instance in instances],
        np.array([instance.bbox for instance in instances], np.float64).reshape(-1, 4),
        area=[instance.area for instance in instances] if areas is None else areas,
        iscrowd=[instance.iscrowd for instance in instances],
        segmentation=[instance.segmentation for instance in instances],
    )


def match(
    truth: hotcoco.COCO,
    predictions: Predictions,
    kind: IouType,
    areas: np.ndarray | None = None,
    area_ranges: Mapping[str, tuple[float, float]] | None = None,
) -> hotcoco.COCOeval:
    """Match predictions to objects, image by image, at every IoU threshold and area range.

    Unmatched predictions outside an area range are ignored in it. The area is the mask's for
    masks and the box's for boxes, as in detectron2's COCOEvaluator (pycocotools uses the box's
    for both if a prediction has a box).

    Args:
        truth: the ground truth, by `index_truth`.
        predictions: predictions on the same images.
        kind: masks or boxes.
        areas: (N,), area of each prediction for the area ranges; by default, the pixels of its
            mask or the area of its box.
        area_ranges: smallest and largest area, by name; by default, COCO's.
    """
    rows = np.column_stack(
        (predictions.image_ids, predictions.boxes, predictions.scores, predictions.category_ids)
    )
    if kind is IouType.BBOX:
        detections = truth.load_res(rows)
        own = areas  # load_res has used the boxes' areas
    else:
        detections = truth.load_res(rows, segmentation=[*predictions.masks])
        own = predictions.areas if areas is None else areas
    if own is not None:
        numbers = np.arange(1, len(rows) + 1)
        detections.update_anns(ids=numbers, area=own.astype(np.float64))
    evaluator = hotcoco.COCOeval(truth, detections, kind.value)
    if area_ranges is not None:
        evaluator.params.area_rng = [list(limits) for limits in area_ranges.values()]
        evaluator.params.area_rng_lbl = list(area_ranges)
    evaluator.evaluate()
    return evaluator


def accumulate(evaluator: hotcoco.COCOeval) -> PrecisionCurves:
    """Rank the matched predictions of all images by score: precision at each recall point."""
    evaluator.accumulate()
    parameters, accumulated = evaluator.params, evaluator.eval
    assert accumulated is not None, "accumulate() fills it"
    most_detections = parameters.max_dets.index(max(parameters.max_dets))
    return PrecisionCurves(
        values=np.asarray(accumulated["precision"])[..., most_detections],
        iou_thresholds=list(parameters.iou_thrs),
        area_ranges=list(parameters.area_rng_lbl),
    )
