"""Cityscapes' protocol: every AP is that of cityscapesScripts."""

import warnings

import numpy as np
import pytest
from instance_ap.cityscapes import evaluate
from instance_ap.predictions import Predictions

from tests.evaluation import cityscapes_oracle
from workflow_scripts.contracts.cityscapes import LABEL_IDS, VOID_IDS
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.dataset.cityscapes_reader import boxes_of, instances_of, void_of
from workflow_scripts.dataset.indexed_split import ReadImage
from workflow_scripts.evaluation.scores import cityscapes_scores
from workflow_scripts.imaging.masks import encode_mask

HEIGHT, WIDTH = 90, 140
CASES = {
    "plain": {},
    "groups": {"groups": 0.5},
    "void": {"void": 6},
    "small objects": {"largest": 9},
    "groups, void, small": {"groups": 0.3, "void": 4, "largest": 16, "images": 8},
    "equal scores": {"score_levels": 3, "images": 8},
    "one class": {"classes": 1, "objects": 25},
    "only groups": {"groups": 1.0},
    "no objects": {"objects": 0},
    "no predictions": {"predictions": 0},
    "nothing": {"objects": 0, "predictions": 0},
    "empty masks": {"empty": 0.4},
    "many of one object": {"objects": 2, "predictions": 20, "jitter": 0.04},
}


def ellipse(generator, largest):
    """A filled ellipse somewhere in a frame: (height, width) bool."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    y, x = generator.uniform(0, HEIGHT), generator.uniform(0, WIDTH)
    h, w = generator.uniform(2, largest, 2)
    return ((rows - y) / h) ** 2 + ((columns - x) / w) ** 2 <= 1


def made_up(
    seed,
    *,
    images=4,
    classes=4,
    objects=9,
    predictions=14,
    groups=0.0,
    void=0,
    largest=30,
    score_levels=None,
    empty=0.0,
    jitter=0.15,
):
    """Id images, and predictions near their objects or anywhere."""
    generator = np.random.default_rng(seed)
    names = CLASSES[:classes]
    frames, found = [], []
    for _ in range(images):
        ids = np.full((HEIGHT, WIDTH), 7, np.uint16)
        for index in range(objects):
            label = LABEL_IDS[names[generator.integers(classes)]]
            group = generator.random() < groups
            ids[ellipse(generator, largest)] = label if group else label * 1000 + index
        for _ in range(void):
            ids[ellipse(generator, largest)] = generator.choice(VOID_IDS)
        here = []
        values = [value for value in np.unique(ids) if value > 7]
        for _ in range(predictions):
            mask = ellipse(generator, largest)
            name = names[generator.integers(classes)]
            if values and generator.random() < 0.75:
                value = int(generator.choice(values))
                mask = (ids == value) & (generator.random(ids.shape) > jitter)
                label = value if value < 1000 else value // 1000
                by_label = {of: name for name, of in LABEL_IDS.items()}
                name = by_label.get(label, name)
            if generator.random() < empty:
                mask = np.zeros_like(mask)
            score = float(generator.uniform(0.05, 1))
            if score_levels:
                score = round(score * score_levels) / score_levels
            here.append((name, score, mask))
        frames.append(ids)
        found.append(here)
    return frames, found


def ours(frames, found):
    """The same by our evaluation: class name to (AP, AP50), and `all`."""
    labelled = [
        ReadImage(
            CocoImage(0, f"{n}.png", WIDTH, HEIGHT, "", void_of(ids)),
            tuple(instances_of(ids, boxes_of(ids))),
        )
        for n, ids in enumerate(frames)
    ]
    split = cityscapes_oracle.split_of(labelled, CLASSES)
    results = [
        {
            "image_id": image_id,
            "category_id": CLASSES.index(name) + 1,
            "segmentation": encode_mask(mask, 0, 0, HEIGHT, WIDTH),
            "score": score,
        }
        for image_id, here in enumerate(found, start=1)
        for name, score, mask in here
    ]
    result = cityscapes_scores(evaluate(split, Predictions.of_coco_results(results, split)))
    scores = {name: (of.AP, of.AP50) for name, of in result.per_class.items()}
    return scores | {"all": (result.mean_ap, result.AP50)}


def assert_same(ours, theirs):
    assert set(ours) == set(theirs)
    for name, values in theirs.items():
        for mine, other in zip(ours[name], values, strict=True):
            assert (mine is None) == bool(np.isnan(other)), name
            assert mine is None or mine == pytest.approx(float(other), abs=1e-6), name


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_ap_is_that_of_cityscapesscripts(tmp_path, case, seed):
    frames, found = made_up(seed, **CASES[case])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # its mean of nothing
        theirs = cityscapes_oracle.evaluate(cityscapes_oracle.write(tmp_path, frames, found))
    assert_same(ours(frames, found), theirs)
    if case == "groups, void, small":
        assert 0.05 < ours(frames, found)["all"][0] < 0.95


def test_void_labels_are_those_of_cityscapesscripts():
    labels = cityscapes_oracle.original.labels
    assert set(VOID_IDS) == {label.id for label in labels if label.ignoreInEval and label.id >= 0}


def test_perfect_predictions_are_perfect(tmp_path):
    frames, _ = made_up(0)
    by_label = {of: name for name, of in LABEL_IDS.items()}
    found = [
        [(by_label[v // 1000], 0.9, ids == v) for v in np.unique(ids).tolist() if v >= 1000]
        for ids in frames
    ]
    result = ours(frames, found)
    assert_same(
        result, cityscapes_oracle.evaluate(cityscapes_oracle.write(tmp_path, frames, found))
    )
    assert result["all"] == (pytest.approx(1), pytest.approx(1))


def test_where_all_predictions_are_ignored_the_ap_is_0():
    """The original fails there: it takes the last of an empty list."""
    ids = np.full((HEIGHT, WIDTH), 0, np.uint16)
    ids[:20, :20] = 26001
    found = [[("car", 0.5, np.indices(ids.shape)[0] > 60)]]
    assert ours([ids], found)["car"] == (0.0, 0.0)
