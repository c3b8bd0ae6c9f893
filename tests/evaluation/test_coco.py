"""Every number of the evaluation is that of pycocotools, in plain and in degenerate cases."""

import contextlib
import copy
import io
from dataclasses import dataclass, replace

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from pycocotools.mask import toBbox

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.evaluation.coco_ap import (
    IouType,
    accumulate,
    evaluate,
    ground_truth,
    match,
    summarise,
)
from workflow_scripts.evaluation.predictions import Predictions
from workflow_scripts.imaging.masks import encode_mask

WIDTH, HEIGHT = 220, 160


@dataclass(frozen=True)
class Case:
    """What a made-up evaluation consists of."""

    images: int = 5
    classes: int = 3
    objects: int = 8
    """At most, an image."""
    predictions: int = 16
    """At most, an image."""
    crowds: float = 0.0
    empty_masks: float = 0.0
    score_levels: int | None = None
    """Round scores to so many levels: ties."""
    classes_with_objects: int | None = None
    """Only the first so many classes have ground truth."""
    largest: int = 150
    with_boxes: bool = True


CASES = {
    "plain": Case(),
    "no predictions": Case(predictions=0),
    "no ground truth at all": Case(objects=0),
    "nothing at all": Case(objects=0, predictions=0),
    "classes without ground truth": Case(classes=5, classes_with_objects=2),
    "crowds": Case(crowds=0.4),
    "only crowds": Case(crowds=1.0),
    "equal scores": Case(score_levels=4, images=8),
    "one score": Case(score_levels=1, images=8),
    "more than 100 predictions": Case(classes=1, images=2, predictions=300),
    "more than 100, equal scores": Case(classes=1, images=2, predictions=300, score_levels=3),
    "empty masks": Case(empty_masks=0.3),
    "small objects only": Case(largest=25),
    "boxes from masks": Case(with_boxes=False, empty_masks=0.2),
    "everything": Case(
        images=9, crowds=0.2, empty_masks=0.1, score_levels=5, classes=6, classes_with_objects=4
    ),
}


def made_up(case, seed):
    """A split and COCO results on it: ellipses, and predictions near them or anywhere."""
    generator = np.random.default_rng(seed)
    objects, results = [], []
    for image_id in range(1, case.images + 1):
        here = []
        for _ in range(generator.integers(case.objects // 2, case.objects + 1)):
            place = _place(generator, case.largest)
            category_id = int(generator.integers(case.classes_with_objects or case.classes)) + 1
            here.append((place, category_id))
            mask, area = _mask(place, generator.random() < case.empty_masks)
            objects.append(
                Instance(
                    id=len(objects) + 1,
                    image_id=image_id,
                    category_id=category_id,
                    bbox=tuple(map(float, place)),
                    area=area,
                    segmentation=mask,
                    iscrowd=int(generator.random() < case.crowds),
                )
            )
        for _ in range(generator.integers(case.predictions // 2, case.predictions + 1)):
            place, category_id = _place(generator, case.largest), 0
            if here and generator.random() < 0.7:
                (x, y, width, height), category_id = here[generator.integers(len(here))]
                x = int(np.clip(x + generator.integers(-4, 5), 0, WIDTH - width))
                y = int(np.clip(y + generator.integers(-4, 5), 0, HEIGHT - height))
                place = (x, y, width, height)
            if generator.random() < 0.1 or not category_id:
                category_id = int(generator.integers(case.classes)) + 1
            score = float(generator.random())
            if case.score_levels:
                score = np.ceil(score * case.score_levels) / case.score_levels
            result = {
                "image_id": image_id,
                "category_id": category_id,
                "segmentation": _mask(place, generator.random() < case.empty_masks)[0],
                "score": float(score),
            }
            if case.with_boxes:
                result["bbox"] = [edge + float(generator.random()) for edge in place]
            results.append(result)
    images = tuple(
        CocoImage(number, f"{number}.png", WIDTH, HEIGHT, "")
        for number in range(1, case.images + 1)
    )
    names = tuple(f"class {number}" for number in range(1, case.classes + 1))
    return CocoSplit(names, images, tuple(objects)), results


def _place(generator, largest):
    width, height = (int(generator.integers(3, largest)) for _ in range(2))
    return (
        int(generator.integers(WIDTH - width)),
        int(generator.integers(HEIGHT - height)),
        width,
        height,
    )


def _mask(place, empty):
    x, y, width, height = place
    rows, columns = np.mgrid[:height, :width]
    inside = (columns / width * 2 - 1) ** 2 + (rows / height * 2 - 1) ** 2 <= 1
    inside &= not empty
    return encode_mask(inside, x, y, HEIGHT, WIDTH), int(inside.sum())


def oracle(split, results, kind):
    """The evaluator of pycocotools after all its steps.

    Masks are evaluated without boxes: with them pycocotools takes the box's area for the mask's.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {},
            "images": [vars(image) for image in split.images],
            "categories": [{"id": k, "name": n} for k, n in enumerate(split.classes, start=1)],
            "annotations": [{**vars(item), "bbox": list(item.bbox)} for item in split.instances],
        }
        truth.createIndex()
        results = copy.deepcopy(results)
        if kind is IouType.SEGM:
            for result in results:
                result.pop("bbox", None)
        elif results and "bbox" not in results[0]:
            for result in results:
                result["bbox"] = list(toBbox(result["segmentation"]))
        if results:
            predictions = truth.loadRes(results)
        else:  # loadRes fails on an empty list
            predictions = COCO()
            predictions.dataset = {**truth.dataset, "annotations": []}
            predictions.createIndex()
        evaluator = COCOeval(truth, predictions, kind.value)
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
        split, results = made_up(CASES[name], seed)
        wanted = oracle(split, results, kind)
        found = evaluate(split, Predictions.of_coco_results(results, split, "here"))[kind]

        precision = wanted.eval["precision"][..., -1]  # (T, R, K, A)
        assert found.mean_ap == same(mean(precision[..., 0]))
        assert same(mean(precision[0, ..., 0])) == found.AP50
        assert same(mean(precision[5, ..., 0])) == found.AP75
        assert list(found.per_class) == list(split.classes)
        for index, result in enumerate(found.per_class.values()):
            of_class = precision[:, :, index]
            assert same(mean(of_class[..., 0])) == result.AP
            assert same(mean(of_class[0, ..., 0])) == result.AP50
            assert same(mean(of_class[5, ..., 0])) == result.AP75
            assert result.APs == same(mean(of_class[..., 1]))
            assert result.APm == same(mean(of_class[..., 2]))
            assert result.APl == same(mean(of_class[..., 3]))


@pytest.mark.parametrize("kind", IouType)
@pytest.mark.parametrize("name", CASES)
def test_the_twelve_numbers_and_the_curves_are_those_of_pycocotools(name, kind, capsys):
    split, results = made_up(CASES[name], seed=7)
    wanted = oracle(split, results, kind)
    predictions = Predictions.of_coco_results(results, split, "here")
    evaluator = match(ground_truth(split), predictions, kind)
    precision = accumulate(evaluator)
    evaluator.summarize()

    assert evaluator.reference_deviations() == []
    assert np.asarray(evaluator.stats) == pytest.approx(wanted.stats, abs=1e-6)
    assert precision.values == pytest.approx(wanted.eval["precision"][..., -1], abs=1e-6)


def test_the_cases_are_not_trivial():
    """The comparisons above would hold for an evaluator that always says zero, else."""
    split, results = made_up(CASES["plain"], seed=7)
    found = evaluate(split, Predictions.of_coco_results(results, split, "here"))

    assert 0.1 < found[IouType.SEGM].mean_ap < 0.9
    assert found[IouType.SEGM].mean_ap != found[IouType.BBOX].mean_ap
    assert found[IouType.SEGM].AP50 > found[IouType.SEGM].AP75


def test_perfect_predictions_reach_one():
    split, _ = made_up(Case(), seed=1)
    results = [
        {
            "image_id": item.image_id,
            "category_id": item.category_id,
            "segmentation": item.segmentation,
            "bbox": list(item.bbox),
            "score": 1.0,
        }
        for item in split.instances
    ]
    found = evaluate(split, Predictions.of_coco_results(results, split, "here"))

    assert [result.mean_ap for result in found.values()] == [pytest.approx(1.0)] * 2
    assert sum(r.instances for r in found[IouType.SEGM].per_class.values()) == len(split.instances)


def test_undefined_is_none_and_found_nothing_is_zero():
    split, _ = made_up(Case(classes=2, classes_with_objects=1), seed=0)
    result = evaluate(split, Predictions.of_coco_results([], split, "here"))[IouType.SEGM]

    assert result.mean_ap == 0.0
    assert result.per_class["class 1"].AP == 0.0
    assert result.per_class["class 2"].model_dump() == {
        **dict.fromkeys(["AP", "AP50", "AP75", "APs", "APm", "APl"]),
        "instances": 0,
    }


def test_crowds_are_not_counted_as_instances():
    split, _ = made_up(Case(crowds=1.0), seed=0)
    result = evaluate(split, Predictions.of_coco_results([], split, "here"))[IouType.SEGM]

    assert {r.instances for r in result.per_class.values()} == {0}
    assert result.mean_ap is None


def test_an_instance_with_id_0_can_be_matched():
    split, results = made_up(Case(images=1, classes=1), seed=3)
    predictions = Predictions.of_coco_results(results, split, "here")
    renumbered = replace(
        split, instances=tuple(replace(item, id=item.id - 1) for item in split.instances)
    )

    assert evaluate(renumbered, predictions) == evaluate(split, predictions)


def test_the_means_cover_what_is_defined():
    split, results = made_up(CASES["classes without ground truth"], seed=2)
    predictions = Predictions.of_coco_results(results, split, "here")
    precision = accumulate(match(ground_truth(split), predictions, IouType.SEGM))
    result = summarise(precision, split)
    defined = [r.AP for r in result.per_class.values() if r.AP is not None]

    assert len(defined) == 2
    assert result.mean_ap == pytest.approx(np.mean(defined))
