"""Cityscapes' protocol on squares whose AP is known."""

import numpy as np
import pytest
from ap_cases import encoded
from instance_ap.cityscapes import evaluate
from instance_ap.ground_truth import TruthImage, TruthInstance, TruthSet
from instance_ap.predictions import Predictions

SIDE = 100
FOUND = {"AP": pytest.approx(1.0), "AP50": pytest.approx(1.0), "instances": 1}


def square(x, y, width, height=20):
    """A mask of SIDE x SIDE pixels: (RLE, area)."""
    return encoded(np.ones((height, width), bool), x, y, SIDE, SIDE)


def truth_of(*squares, void=None):
    """One image of one class; of each square (RLE, area, whether it is a group)."""
    return TruthSet(
        ("car",),
        (TruthImage(1, "1.png", SIDE, SIDE, void),),
        tuple(
            TruthInstance(1, 1, (0, 0, 0, 0), area, mask, int(group))
            for mask, area, group in squares
        ),
    )


def score(truth, *found):
    """AP of squares that were found, the first with the highest score."""
    results = [
        {"image_id": 1, "category_id": 1, "segmentation": mask, "score": 1 - number / 10}
        for number, (mask, _) in enumerate(found)
    ]
    return vars(evaluate(truth, Predictions.of_coco_results(results, truth))["car"])


CAR = (*square(0, 0, 20), False)


def test_what_is_met_is_right_and_what_is_missed_is_not():
    assert score(truth_of(CAR), square(0, 0, 20)) == FOUND
    assert score(truth_of(CAR)) == {"AP": 0.0, "AP50": 0.0, "instances": 1}


def test_the_threshold_itself_is_not_enough():
    """15 of 20 columns: IoU 0.75, above five of the ten thresholds."""
    assert score(truth_of(CAR), square(0, 0, 15)) == {
        "AP": pytest.approx(0.5),
        "AP50": pytest.approx(1.0),
        "instances": 1,
    }


def test_predictions_on_void_groups_and_small_objects_are_left_out():
    wrong = square(50, 50, 20)
    # The wrong one has the higher score: precision 0 at recall 0, 1/2 at recall 1, in half steps.
    assert score(truth_of(CAR), wrong, square(0, 0, 20))["AP"] == pytest.approx(0.25)
    group, small = (*wrong, True), (*square(50, 50, 4, 20), False)
    assert score(truth_of(CAR, void=wrong[0]), wrong, square(0, 0, 20)) == FOUND
    assert score(truth_of(CAR, group), wrong, square(0, 0, 20)) == FOUND
    assert score(truth_of(CAR, small), square(50, 50, 4, 20), square(0, 0, 20)) == FOUND


def test_without_anything_to_find_the_ap_is_undefined():
    nothing = {"AP": None, "AP50": None, "instances": 0}
    assert score(truth_of(), square(0, 0, 20)) == nothing
    assert score(truth_of((*square(0, 0, 20), True)), square(0, 0, 20)) == nothing
