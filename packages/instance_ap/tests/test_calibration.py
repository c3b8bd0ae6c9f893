"""The calibration error is its definition's, on matches of pycocotools and on known scores."""

import numpy as np
import pytest
from ap_cases import CASES, made_up
from instance_ap.calibration import BINS, calibration_of, reliability_of
from instance_ap.coco import IouType
from instance_ap.matches import Matches, matches_of
from instance_ap.predictions import Predictions
from test_coco import oracle


def error_of(pairs):
    """The error of (score, right) pairs, bin by bin, as Guo et al. write it."""
    error = 0.0
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        members = [(s, r) for s, r in pairs if low <= s < high or (s == 1 and high == 1)]
        if members:
            confidence = sum(s for s, _ in members) / len(members)
            precision = sum(r for _, r in members) / len(members)
            error += len(members) / len(pairs) * abs(precision - confidence)
    return error


def pairs_of(evaluator, class_number):
    """Score and outcome at IoU 0.5 of the predictions that count, by pycocotools."""
    everywhere = evaluator.params.areaRng[0]
    return [
        (score, bool(matched))
        for entry in evaluator.evalImgs
        if entry and entry["aRng"] == everywhere and entry["category_id"] == class_number
        for score, matched, ignored in zip(
            entry["dtScores"], entry["dtMatches"][0], entry["dtIgnore"][0], strict=True
        )
        if not ignored
    ]


@pytest.mark.parametrize("kind", IouType)
@pytest.mark.parametrize("name", CASES)
def test_it_is_the_definition_on_the_matches_of_pycocotools(name, kind):
    truth, results = made_up(CASES[name], 2)
    predictions = Predictions.of_coco_results(results, truth)
    found = calibration_of(matches_of(truth, predictions, kind))
    evaluator = oracle(truth, results, kind)
    for number, of_class in enumerate(found, start=1):
        pairs = pairs_of(evaluator, number)
        assert of_class.predictions == len(pairs)
        has_objects = any(
            item.category_id == number and not item.iscrowd for item in truth.instances
        )
        if pairs and has_objects:
            assert of_class.error == pytest.approx(error_of(pairs), abs=1e-9)
        else:
            assert of_class.error is None


def scored(scores, right, ignored=0):
    """One class with an object in one image, and predictions of these scores."""
    count = len(scores)
    return Matches(
        images=np.array(["a.png"]),
        classes=np.array(["car"]),
        objects=np.array([[1]]),
        image=np.zeros(count, np.int32),
        category=np.zeros(count, np.int16),
        scores=np.asarray(scores, np.float64),
        hits=np.asarray(right).astype(np.uint16),
        ignored=np.broadcast_to(np.uint16(ignored), count),
    )


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        (lambda score: score, 0.0),
        (lambda score: score**2, 1 / 6),  # the integral of s - s²
        (lambda score: np.full_like(score, 0.5), 0.25),  # of |s - 1/2|
        (np.zeros_like, 0.5),
    ],
)
def test_scores_of_known_calibration(precision, expected):
    generator = np.random.default_rng(0)
    scores = generator.random(200_000)
    right = generator.random(scores.size) < precision(scores)
    (found,) = calibration_of(scored(scores, right))
    assert found.error == pytest.approx(expected, abs=0.004)
    assert found.predictions == scores.size


def test_precision_by_score():
    generator = np.random.default_rng(0)
    scores = generator.random(200_000)
    matches = scored(scores, generator.random(scores.size) < scores**2)
    bins = reliability_of(matches)
    assert len(bins) == BINS and sum(of.predictions for of in bins) == scores.size
    for number, of in enumerate(bins):
        assert number / BINS <= of.score <= (number + 1) / BINS
        assert of.precision == pytest.approx(of.score**2, abs=0.02)
    assert [(of.predictions, of.precision) for of in reliability_of(scored([0.5], [1]))] == [(1, 1)]
    assert reliability_of(scored([], [])) == []


def test_a_score_of_1_is_in_the_last_bin_and_a_hit_at_another_iou_is_none():
    # In one bin: mean score 0.975, precision 1/2. A hit from IoU 0.55 on has bit 1.
    (found,) = calibration_of(scored([1.0, 0.95], [1, 2]))
    assert found.error == pytest.approx(0.475)


def test_what_meets_a_group_does_not_count():
    (found,) = calibration_of(scored([0.9, 0.4], [1, 1], ignored=1))
    assert (found.error, found.predictions) == (None, 0)
