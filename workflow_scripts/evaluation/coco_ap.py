"""Average precision by the COCO protocol: parameters, match, accumulate, summarise.

The protocol is that of `pycocotools.cocoeval.COCOeval`
(https://github.com/cocodataset/cocoapi): IoU thresholds 0.50:0.05:0.95, precision at 101 recall
points, at most 100 predictions an image and class, crowds ignored. hotcoco computes it, and its
parameters are COCO's as they come.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import hotcoco
import numpy as np

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.evaluation.predictions import Predictions


class Kind(StrEnum):
    """What the overlap of a prediction and an object is measured on."""

    SEGM = "segm"
    BBOX = "bbox"


@dataclass(frozen=True)
class ClassResult:
    """How well one class is found: APs are fractions of 1, None where undefined.

    An AP is undefined where the ground truth has no object to find. The area ranges are COCO's,
    in ground-truth mask pixels: small below 32², large above 96².
    """

    ap: float | None
    """Mean over the IoU thresholds."""
    ap50: float | None
    """At IoU 0.50."""
    ap75: float | None
    """At IoU 0.75."""
    ap_small: float | None
    ap_medium: float | None
    ap_large: float | None
    instances: int
    """Ground-truth objects, crowds not counted."""

    def as_json(self) -> dict[str, Any]:
        """The entry of `eval.json`."""
        return {
            "AP": self.ap,
            "AP50": self.ap50,
            "AP75": self.ap75,
            "APs": self.ap_small,
            "APm": self.ap_medium,
            "APl": self.ap_large,
            "instances": self.instances,
        }


@dataclass(frozen=True)
class CocoResult:
    """The result of one run: means over the classes that have ground truth, and each class."""

    mean_ap: float | None
    """mAP: mean over classes and IoU thresholds."""
    ap50: float | None
    ap75: float | None
    per_class: dict[str, ClassResult]
    """By class name, in the order of the data set."""

    def as_json(self) -> dict[str, Any]:
        """The entry of `eval.json`."""
        return {
            "mAP": self.mean_ap,
            "AP50": self.ap50,
            "AP75": self.ap75,
            "per_class": {name: result.as_json() for name, result in self.per_class.items()},
        }


@dataclass(frozen=True)
class Precision:
    """Precision over recall, the outcome of matching, and what its axes stand for."""

    values: np.ndarray
    """(T, R, K, A) float64: IoU threshold, recall point, class, area range; 0 to 1, and -1 where
    the ground truth has no object of the class in the range."""
    iou_thresholds: list[float]
    """T thresholds."""
    area_ranges: list[str]
    """A names: all, small, medium, large."""

    def mean(self, *, class_index: int | None = None, iou: float | None = None, area: str = "all"):
        """Mean over what is defined of a class (or all) at an IoU threshold (or all), or None."""
        values = self.values[..., self.area_ranges.index(area)]
        if class_index is not None:
            values = values[:, :, class_index]
        if iou is not None:
            values = values[self.iou_thresholds.index(iou)]
        defined = values[values > -1]
        return float(defined.mean()) if defined.size else None


def evaluate(split: CocoSplit, predictions: Predictions) -> dict[Kind, CocoResult]:
    """Evaluate predictions on masks and on boxes.

    Args:
        split: the images, classes and ground truth.
        predictions: on these images; images without any count as well.
    """
    truth = ground_truth(split)
    return {kind: summarise(accumulate(match(truth, predictions, kind)), split) for kind in Kind}


def ground_truth(split: CocoSplit, areas: Sequence[float] | None = None) -> hotcoco.COCO:
    """The split as hotcoco takes it.

    Instances are numbered anew from 1: whichever ids a file has, they do not change the result,
    as the id 0 does in pycocotools, where it means "no match".

    Args:
        split: the images, classes and ground truth.
        areas: of each instance, what area ranges refer to; its mask pixels where not given.
    """
    instances = split.instances
    return hotcoco.COCO.from_arrays(
        [
            {
                "id": image.id,
                "file_name": image.file_name,
                "width": image.width,
                "height": image.height,
            }
            for image in split.images
        ],
        [{"id": number, "name": name} for number, name in enumerate(split.classes, start=1)],
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
    kind: Kind,
    areas: np.ndarray | None = None,
    area_ranges: Mapping[str, tuple[float, float]] | None = None,
) -> hotcoco.COCOeval:
    """Match predictions to objects, image by image, at every IoU threshold and area range.

    Unmatched predictions outside an area range are ignored in it. The area is the mask's for
    masks and the box's for boxes, as in detectron2's COCOEvaluator (pycocotools takes the box's
    for both when a prediction carries a box).

    Args:
        truth: the ground truth.
        predictions: on the same images.
        kind: masks or boxes.
        areas: (N,), of each predicted mask, what area ranges refer to; its pixels if not given.
        area_ranges: lowest and highest area, by name; COCO's if not given.
    """
    rows = np.column_stack(
        (predictions.image_ids, predictions.boxes, predictions.scores, predictions.category_ids)
    )
    if kind is Kind.BBOX:
        detections = truth.load_res(rows)
    else:
        detections = truth.load_res(rows, segmentation=predictions.masks)
        numbers = np.arange(1, len(rows) + 1)
        own = predictions.areas if areas is None else areas.astype(np.float64)
        detections.update_anns(ids=numbers, area=own)
    evaluator = hotcoco.COCOeval(truth, detections, kind.value)
    if area_ranges is not None:
        evaluator.params.area_rng = [list(limits) for limits in area_ranges.values()]
        evaluator.params.area_rng_lbl = list(area_ranges)
    evaluator.evaluate()
    return evaluator


def accumulate(evaluator: hotcoco.COCOeval) -> Precision:
    """Rank the matched predictions of all images by score: precision at each recall point."""
    evaluator.accumulate()
    parameters = evaluator.params
    most_detections = parameters.max_dets.index(max(parameters.max_dets))
    return Precision(
        values=np.asarray(evaluator.eval["precision"])[..., most_detections],
        iou_thresholds=list(parameters.iou_thrs),
        area_ranges=list(parameters.area_rng_lbl),
    )


def summarise(precision: Precision, split: CocoSplit) -> CocoResult:
    """The numbers that are reported, from precision over recall."""
    instances = Counter(item.category_id for item in split.instances if not item.iscrowd)
    return CocoResult(
        mean_ap=precision.mean(),
        ap50=precision.mean(iou=0.5),
        ap75=precision.mean(iou=0.75),
        per_class={
            name: ClassResult(
                ap=precision.mean(class_index=index),
                ap50=precision.mean(class_index=index, iou=0.5),
                ap75=precision.mean(class_index=index, iou=0.75),
                ap_small=precision.mean(class_index=index, area="small"),
                ap_medium=precision.mean(class_index=index, area="medium"),
                ap_large=precision.mean(class_index=index, area="large"),
                instances=instances[index + 1],
            )
            for index, name in enumerate(split.classes)
        },
    )
