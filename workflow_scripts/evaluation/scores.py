"""Average precisions and calibration in the form of eval.json."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from instance_ap import calibration
from instance_ap.cityscapes import ClassAP
from instance_ap.coco import PrecisionCurves
from instance_ap.matches import Matches

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.evaluations import (
    CalibrationScores,
    CityscapesScores,
    ClassCalibration,
    ClassScores,
    CocoScores,
    GroupScores,
    ReliabilityPoint,
)


def coco_scores(curves: PrecisionCurves, split: CocoSplit) -> CocoScores:
    """The numbers by COCO's protocol; instances are counted without crowds."""
    instances = Counter(item.category_id for item in split.instances if not item.iscrowd)
    return CocoScores(
        mean_ap=curves.mean(),
        AP50=curves.mean(iou=0.5),
        AP75=curves.mean(iou=0.75),
        per_class={
            name: ClassScores(
                AP=curves.mean(class_index=index),
                AP50=curves.mean(class_index=index, iou=0.5),
                AP75=curves.mean(class_index=index, iou=0.75),
                APs=curves.mean(class_index=index, area="small"),
                APm=curves.mean(class_index=index, area="medium"),
                APl=curves.mean(class_index=index, area="large"),
                instances=instances[index + 1],
            )
            for index, name in enumerate(split.classes)
        },
    )


def cityscapes_scores(per_class: Mapping[str, ClassAP]) -> CityscapesScores:
    """The numbers by Cityscapes' protocol."""
    return CityscapesScores(
        mean_ap=mean_of_defined([scores.AP for scores in per_class.values()]),
        AP50=mean_of_defined([scores.AP50 for scores in per_class.values()]),
        per_class={name: GroupScores(**vars(scores)) for name, scores in per_class.items()},
    )


def calibration_scores(matches: Matches, split: CocoSplit) -> CalibrationScores:
    """The calibration of the scores of matched predictions."""
    found = calibration.calibration_of(matches)
    return CalibrationScores(
        iou=calibration.IOU,
        bins=calibration.BINS,
        mean_error=mean_of_defined([of_class.error for of_class in found]),
        per_class={
            name: ClassCalibration(**vars(of_class))
            for name, of_class in zip(split.classes, found, strict=True)
        },
        reliability=tuple(
            ReliabilityPoint(**vars(of_bin)) for of_bin in calibration.reliability_of(matches)
        ),
    )


def mean_of_defined(values: Sequence[float | None]) -> float | None:
    """Mean of the defined values, or None."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
