"""Objects by what of them a face's or a plate's box covers: shares, groups, and their APs."""

import numpy as np
import pytest
from ap_cases import CASES, HEIGHT, WIDTH, made_up
from instance_ap import coco
from instance_ap.predictions import Predictions
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.evaluation.exposed import MUCH, evaluate, exposure_of
from workflow_scripts.evaluation.scores import coco_scores
from workflow_scripts.imaging.masks import decode_mask, encode_mask

RANDOM = ("plain", "crowds", "equal scores", "everything", "no predictions", "nothing at all")


def random_regions(split, seed):
    """Up to three boxes an image, some of which overlap."""
    rng = np.random.default_rng(seed)
    for image in split.images:
        for _ in range(rng.integers(4)):
            x0, y0 = rng.uniform(0, WIDTH - 40), rng.uniform(0, HEIGHT - 40)
            kind = list(Kind)[rng.integers(2)]
            yield Region(image.file_name, kind, 1.0, x0, y0, x0 + rng.uniform(1, 40), y0 + 12.3)


@pytest.mark.parametrize("name", ["plain", "empty masks"])
def test_shares_are_those_of_counted_pixels(name):
    split, _ = made_up(CASES[name], 3)
    regions = list(random_regions(split, 3))
    masks = [item.segmentation for item in split.instances]
    exposure = exposure_of(masks, [i.image_id for i in split.instances], split.images, regions)
    for number, item in enumerate(split.instances):
        covers = {kind: np.zeros((HEIGHT, WIDTH), bool) for kind in Kind}
        for region in regions:
            if region.image == f"{item.image_id}.png":
                rows = slice(int(region.y0), max(round(region.y1), int(region.y0) + 1))
                columns = slice(int(region.x0), max(round(region.x1), int(region.x0) + 1))
                covers[region.kind][rows, columns] = True
        mask = decode_mask(item.segmentation)
        union = covers[Kind.FACE] | covers[Kind.LICENSE_PLATE]
        expected = (mask & union).sum() / max(mask.sum(), 1)
        assert exposure.share[number] == pytest.approx(expected, abs=1e-9)
        assert exposure.face[number] == (mask & covers[Kind.FACE]).any()
        assert exposure.plate[number] == (mask & covers[Kind.LICENSE_PLATE]).any()


@pytest.mark.parametrize("name", RANDOM)
def test_groups_are_area_ranges_of_pycocotools(name):
    """The level of exposure, where pycocotools has the area."""
    split, results = made_up(CASES[name], 5)
    regions = list(random_regions(split, 5))
    predictions = Predictions.of_coco_results(results, split)
    ours = evaluate(split, predictions, regions)
    levels = [
        exposure_of(masks, ids, split.images, regions).level
        for masks, ids in (
            ([i.segmentation for i in split.instances], [i.image_id for i in split.instances]),
            (predictions.masks, predictions.image_ids),
        )
    ]
    truth, found = COCO(), COCO()
    shared = {
        "images": [{"id": i.id, "width": WIDTH, "height": HEIGHT} for i in split.images],
        "categories": [{"id": n} for n in range(1, len(split.classes) + 1)],
    }
    truth.dataset = shared | {
        "annotations": [
            {**vars(item), "id": n, "area": int(level)}
            for n, (item, level) in enumerate(zip(split.instances, levels[0], strict=True), 1)
        ]
    }
    found.dataset = shared | {
        "annotations": [
            {**item, "id": n, "area": int(level), "iscrowd": 0}
            for n, (item, level) in enumerate(zip(results, levels[1], strict=True), 1)
        ]
    }
    truth.createIndex()
    found.createIndex()
    evaluator = COCOeval(truth, found, "segm")
    ranges = {"none": [0, 0], "little": [1, 1], "much": [2, 2], "exposed": [1, 2]}
    evaluator.params.areaRng, evaluator.params.areaRngLbl = list(ranges.values()), list(ranges)
    evaluator.evaluate()
    evaluator.accumulate()
    for index, of_class in enumerate(ours.per_class.values()):
        for place, group in enumerate(ranges):
            values = evaluator.eval["precision"][:, :, index, place, -1]
            expected = values.mean() if (values > -1).all() else None
            assert (expected and pytest.approx(expected, abs=1e-6)) == of_class[group].AP


def test_without_regions_all_objects_are_in_one_group():
    split, results = made_up(CASES["crowds"], 1)
    predictions = Predictions.of_coco_results(results, split)
    ours = evaluate(split, predictions, [])
    whole = coco_scores(coco.evaluate(split, predictions)[coco.IouType.SEGM], split)
    for name, of_class in ours.per_class.items():
        assert of_class["none"].AP == whole.per_class[name].AP
        assert of_class["none"].instances == whole.per_class[name].instances
        assert whole.per_class[name].APs == of_class["none_small"].AP
        assert of_class["exposed"].AP is None
        assert of_class["face"].instances == 0
    assert pytest.approx(whole.mean_ap) == ours.mean["none"].AP


def square(x, y, side):
    return encode_mask(np.ones((side, side), bool), x, y, 200, 200)


def test_what_is_lost_where_pixels_changed_shows_there_only():
    """Three people: one with a large face is missed, the others are found."""
    places = {"face": (0, 0), "far": (60, 0), "without": (120, 0)}
    split = CocoSplit(
        ("person", "car"),
        (CocoImage(1, "1.png", 200, 200, ""),),
        tuple(
            Instance(n, 1, 1, (*xy, 40, 40), 1600, square(*xy, 40))
            for n, xy in enumerate(places.values(), start=1)
        ),
    )
    items = [
        {"image_id": 1, "category_id": 1, "segmentation": square(*places[name], 40), "score": 0.9}
        for name in ("far", "without")
    ]
    # A false alarm beside everything counts where nothing is exposed, as an object there would.
    items.append(items[0] | {"segmentation": square(60, 100, 40), "score": 0.95})
    regions = [
        Region("1.png", Kind.FACE, 1.0, 10, 10, 20, 20),  # 100 of 1600 pixels
        Region("1.png", Kind.LICENSE_PLATE, 1.0, 62, 2, 66, 6),  # 16 of 1600
        Region("elsewhere.png", Kind.FACE, 1.0, 120, 0, 160, 40),
    ]
    assert 16 / 1600 < MUCH < 100 / 1600
    result = evaluate(split, Predictions.of_coco_results(items, split), regions)
    person = result.per_class["person"]
    assert {group: person[group].AP for group in ("much", "little", "none")} == {
        "much": 0,
        "little": pytest.approx(1),
        "none": pytest.approx(0.5),
    }
    assert pytest.approx(51 / 101) == person["exposed"].AP
    assert (0, pytest.approx(1)) == (person["face"].AP, person["license_plate"].AP)
    assert (person["exposed_medium"].instances, person["none_medium"].instances) == (2, 1)
    assert result.mean["much"].AP == 0  # cars, of which there are none, do not count
