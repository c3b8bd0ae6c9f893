"""Every number of the evaluation is that of pycocotools, in plain and in degenerate cases."""

import contextlib
import copy
import io
from dataclasses import replace

import numpy as np
import pytest
from ap_cases import CASES, Case, made_up
from instance_ap.coco import IouType, accumulate, evaluate, index_truth, match
from instance_ap.predictions import Predictions, PredictionsError
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from pycocotools.mask import toBbox


def oracle(truth, results, kind):
    """The evaluator of pycocotools after all its steps.

    Masks are evaluated without boxes: with them pycocotools takes the box's area for the mask's.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        indexed = COCO()
        indexed.dataset = {
            "info": {},
            "images": [vars(image) for image in truth.images],
            "categories": [{"id": k, "name": n} for k, n in enumerate(truth.classes, start=1)],
            "annotations": [
                {**vars(item), "id": number, "bbox": list(item.bbox)}
                for number, item in enumerate(truth.instances, start=1)
            ],
        }
        indexed.createIndex()
        results = copy.deepcopy(results)
        if kind is IouType.SEGM:
            for result in results:
                result.pop("bbox", None)
        elif results and "bbox" not in results[0]:
            for result in results:
                result["bbox"] = list(toBbox(result["segmentation"]))
        if results:
            predictions = indexed.loadRes(results)
        else:  # loadRes fails on an empty list
            predictions = COCO()
            predictions.dataset = {**indexed.dataset, "annotations": []}
            predictions.createIndex()
        evaluator = COCOeval(indexed, predictions, kind.value)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return evaluator


def mean(precision):
    """Mean of what is defined, or None."""
    defined = precision[precision > -1]
    return defined.mean() if defined.size else None


def same(value):
    """Equal to 1e-6; None only to None."""
    return None if value is None else pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("kind", IouType)
@pytest.mark.parametrize("name", CASES)
def test_every_number_is_that_of_pycocotools(name, kind):
    for seed in range(3):
        truth, results = made_up(CASES[name], seed)
        wanted = oracle(truth, results, kind)
        found = evaluate(truth, Predictions.of_coco_results(results, truth))[kind]

        precision = wanted.eval["precision"][..., -1]  # (T, R, K, A)
        assert found.mean() == same(mean(precision[..., 0]))
        assert found.mean(iou=0.5) == same(mean(precision[0, ..., 0]))
        assert found.mean(iou=0.75) == same(mean(precision[5, ..., 0]))
        for index in range(len(truth.classes)):
            of_class = precision[:, :, index]
            assert found.mean(class_index=index) == same(mean(of_class[..., 0]))
            assert found.mean(class_index=index, iou=0.5) == same(mean(of_class[0, ..., 0]))
            assert found.mean(class_index=index, iou=0.75) == same(mean(of_class[5, ..., 0]))
            for number, area in enumerate(("small", "medium", "large"), start=1):
                wanted_mean = same(mean(of_class[..., number]))
                assert found.mean(class_index=index, area=area) == wanted_mean


@pytest.mark.parametrize("kind", IouType)
@pytest.mark.parametrize("name", CASES)
def test_the_twelve_numbers_and_the_curves_are_those_of_pycocotools(name, kind, capsys):
    truth, results = made_up(CASES[name], seed=7)
    wanted = oracle(truth, results, kind)
    predictions = Predictions.of_coco_results(results, truth)
    evaluator = match(index_truth(truth), predictions, kind)
    precision = accumulate(evaluator)
    evaluator.summarize()

    assert evaluator.reference_deviations() == []
    assert np.asarray(evaluator.stats) == pytest.approx(wanted.stats, abs=1e-6)
    assert precision.values == pytest.approx(wanted.eval["precision"][..., -1], abs=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_boxes_alone_have_the_numbers_of_pycocotools(name):
    for seed in range(3):
        truth, results = made_up(CASES[name], seed)
        truth, results = boxes_alone(truth, results, seed)
        wanted = oracle(truth, results, IouType.BBOX)
        predictions = Predictions.of_coco_boxes(results, truth)
        (found,) = evaluate(truth, predictions, [IouType.BBOX]).values()

        precision = wanted.eval["precision"][..., -1]
        assert found.values == pytest.approx(precision, abs=1e-6)
        assert found.mean() == same(mean(precision[..., 0]))


def boxes_alone(truth, results, seed):
    """Truth with boxes of fractions of pixels and their areas, and results without masks."""
    generator = np.random.default_rng(seed)
    instances = []
    for item in truth.instances:
        x, y, width, height = (side + generator.random() for side in item.bbox)
        box, area = (x, y, width, height), width * height
        instances.append(replace(item, bbox=box, area=area))
    found = []
    for result in results:
        box = result.get("bbox") or list(toBbox(result["segmentation"]))
        known = {key: result[key] for key in ("image_id", "category_id", "score")}
        found.append({**known, "bbox": list(map(float, box))})
    return replace(truth, instances=tuple(instances)), found


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"bbox": None}, "prediction 0: bbox None is not x, y, width, height"),
        ({"bbox": [1, 2, 3]}, "prediction 0: bbox [1, 2, 3] is not x, y, width, height"),
        ({"bbox": [9, 9, -1, 3]}, "prediction 0: bbox [9, 9, -1, 3] has a negative width or h"),
        ({"score": float("nan")}, "prediction 0: score nan is not a number"),
        ({"score": 97}, "prediction 0: score 97 is not a number from 0 to 1"),
        ({"image_id": 99}, "prediction 0: image_id 99 is unknown to the annotation file"),
    ],
)
def test_wrong_boxes_are_named(change, finding):
    truth, _ = made_up(Case(), seed=0)
    result = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}
    assert len(Predictions.of_coco_boxes([result], truth).masks) == 1
    with pytest.raises(PredictionsError) as error:
        Predictions.of_coco_boxes([result | change], truth)
    assert error.value.findings[0].startswith(finding)
    with pytest.raises(PredictionsError, match="it needs the keys image_id, category_id, bbox, sc"):
        Predictions.of_coco_boxes([{"image_id": 1}], truth)


def test_the_cases_are_not_trivial():
    """The comparisons above would hold for an evaluator that always says zero, else."""
    truth, results = made_up(CASES["plain"], seed=7)
    found = evaluate(truth, Predictions.of_coco_results(results, truth))

    masks, boxes = found[IouType.SEGM], found[IouType.BBOX]
    assert 0.1 < masks.mean() < 0.9
    assert masks.mean() != boxes.mean()
    assert masks.mean(iou=0.5) > masks.mean(iou=0.75)


def test_perfect_predictions_reach_one():
    truth, _ = made_up(Case(), seed=1)
    results = [
        {
            "image_id": item.image_id,
            "category_id": item.category_id,
            "segmentation": item.segmentation,
            "bbox": list(item.bbox),
            "score": 1.0,
        }
        for item in truth.instances
    ]
    found = evaluate(truth, Predictions.of_coco_results(results, truth))

    assert [curves.mean() for curves in found.values()] == [pytest.approx(1.0)] * 2


def test_undefined_is_none_and_found_nothing_is_zero():
    truth, _ = made_up(Case(classes=2, classes_with_objects=1), seed=0)
    curves = evaluate(truth, Predictions.of_coco_results([], truth))[IouType.SEGM]

    assert curves.mean() == 0.0
    assert curves.mean(class_index=0) == 0.0
    assert curves.mean(class_index=1) is None


def test_crowds_are_nothing_to_find():
    truth, _ = made_up(Case(crowds=1.0), seed=0)
    curves = evaluate(truth, Predictions.of_coco_results([], truth))[IouType.SEGM]

    assert curves.mean() is None
