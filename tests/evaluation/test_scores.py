"""The numbers of eval.json, from precision over recall."""

import numpy as np
import pytest
from ap_cases import CASES, Case, made_up
from instance_ap.coco import IouType, evaluate
from instance_ap.predictions import Predictions

from workflow_scripts.evaluation.scores import coco_scores


def scores(truth, results):
    curves = evaluate(truth, Predictions.of_coco_results(results, truth))
    return coco_scores(curves[IouType.SEGM], truth)


def test_a_class_without_instances_is_undefined():
    result = scores(made_up(Case(classes=2, classes_with_objects=1), seed=0)[0], [])
    assert result.mean_ap == result.per_class["class 1"].AP == 0.0
    assert result.per_class["class 2"].model_dump() == {
        **dict.fromkeys(["AP", "AP50", "AP75", "APs", "APm", "APl"]),
        "instances": 0,
    }


def test_crowds_are_not_counted_as_instances():
    truth, _ = made_up(Case(crowds=1.0), seed=0)
    assert {of.instances for of in scores(truth, []).per_class.values()} == {0}
    truth, _ = made_up(Case(), seed=0)
    per_class = scores(truth, []).per_class
    assert sum(of.instances for of in per_class.values()) == len(truth.instances)


def test_the_mean_covers_what_is_defined():
    result = scores(*made_up(CASES["classes without ground truth"], seed=2))
    defined = [of.AP for of in result.per_class.values() if of.AP is not None]
    assert len(defined) == 2
    assert result.mean_ap == pytest.approx(np.mean(defined))
