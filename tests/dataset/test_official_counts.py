"""The index counts what pycocotools and cityscapesScripts count, and every difference is explained.

What pycocotools makes of odd annotations of the first object, a square of 900 pixels:

| annotation | pycocotools | index |
| --- | --- | --- |
| polygons, RLE; also partly outside the image | the mask, clipped | the same mask |
| a group (`iscrowd: 1`) | an annotation, no object to find | a group |
| a mask without a pixel | an object of 0 pixels | left out and counted: nothing can match it |
| annotation id twice | the later annotation twice, the earlier lost | both, and said |
| ignored category | an object | left out and counted |
| no or empty segmentation, two points | an exception | refused |
| odd number of coordinates | the last one dropped | refused |
| RLE of another size | a mask of that size | refused |
| RLE that ends too early | memory that nobody wrote | refused |
| coordinates from 0 to 1, polygon outside | an object of 0 pixels | refused |
| NaN | memory until the process is killed | refused |
| image or category id twice | the later one counts | refused |
"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from tests.cityscapes_folder import make_cityscapes
from tests.coco_folder import HEIGHT, SQUARE, WIDTH, CocoFolder, content_of
from tests.commands import index
from workflow_scripts.contracts.cityscapes import LABEL_IDS, instance_ids_path, polygons_path
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.dataset.cityscapes_reader import boxes_of, instances_of
from workflow_scripts.imaging.images import decode_ids, write_png
from workflow_scripts.imaging.masks import decode_mask

pytestmark = pytest.mark.usefixtures("no_processes")
SQUARE_RUNS = np.zeros((HEIGHT, WIDTH), np.uint8)
SQUARE_RUNS[20:50, 10:40] = 1
RUNS = np.diff(np.flatnonzero(np.diff(SQUARE_RUNS.ravel("F"), prepend=0)), prepend=0).tolist()
OTHERS = [1000, 900, 1000]
"""Pixels of the other objects."""

ODD = {
    "polygons": ({"segmentation": [SQUARE]}, [900, *OTHERS], [900, *OTHERS]),
    "two polygons": (
        {"segmentation": [SQUARE, [60, 2, 70, 2, 70, 12, 60, 12]]},
        [1000, *OTHERS],
        [1000, *OTHERS],
    ),
    "runs": (
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [*RUNS, HEIGHT * WIDTH - sum(RUNS)]}},
        [900, *OTHERS],
        [900, *OTHERS],
    ),
    "beyond the border": (
        {"segmentation": [[-10.4, 20.7, 40, 20, 40, 70.2, -10, 50]]},
        [1626, *OTHERS],
        [1626, *OTHERS],
    ),
    "a part of two points": (
        {"segmentation": [SQUARE, [10, 20, 30, 30]]},
        [900, *OTHERS],
        [900, *OTHERS],
    ),
    "a group": ({"iscrowd": 1}, OTHERS, OTHERS),
    "no pixel": ({"segmentation": [[10, 20, 10.2, 20, 10.2, 20.2]]}, [0, *OTHERS], OTHERS),
    "an id twice": ({"id": 2}, [1000, *OTHERS], [900, *OTHERS]),
    "another category": ({"category_id": 3}, [900, *OTHERS], OTHERS),
    "empty segmentation": ({"segmentation": []}, IndexError, None),
    "no segmentation": ({"segmentation": None}, TypeError, None),
    "two points": ({"segmentation": [[10, 20, 30, 30]]}, TypeError, None),
    "odd number": ({"segmentation": [[*SQUARE, 9]]}, [900, *OTHERS], None),
    "runs of another size": (
        {"segmentation": {"size": [32, 48], "counts": [0, 32 * 48]}},
        [32 * 48, *OTHERS],
        None,
    ),
    "outside": ({"segmentation": [[200, 20, 240, 20, 240, 50]]}, [0, *OTHERS], None),
    "fractions": ({"segmentation": [[0.1, 0.3, 0.4, 0.3, 0.4, 0.8]]}, [0, *OTHERS], None),
    "an unknown image": ({"image_id": 9}, KeyError, None),
}


def areas_by_pycocotools(file: Path) -> list[int]:
    """Pixels of each object that is no group."""
    coco = COCO(str(file))
    return [int(coco.annToMask(one).sum()) for one in coco.loadAnns(coco.getAnnIds(iscrowd=0))]


@pytest.mark.parametrize("name", ODD)
def test_objects_are_those_of_pycocotools(tmp_path, name):
    changes, theirs, ours = ODD[name]
    data = CocoFolder(tmp_path)
    data.settings["ignored_classes"] = ["dog"]
    content = content_of(["a.png", "b.png"])
    content["categories"].append({"id": 3, "name": "dog"})
    content["annotations"][0].update(changes)
    data.write(content)
    if isinstance(theirs, list):
        assert areas_by_pycocotools(data.file) == theirs
    else:
        with pytest.raises(theirs):
            areas_by_pycocotools(data.file)
    assert data.index() == (0 if ours else 2)
    if ours:
        assert [one.area for one in data.split().instances if not one.iscrowd] == ours


def test_masks_are_those_of_pycocotools(tmp_path):
    """Pixel by pixel, for polygons with corners between pixels, some beyond the border."""
    data = CocoFolder(tmp_path)
    content = content_of(["a.png", "b.png"])
    random = np.random.default_rng(0)
    for number in range(60):
        corners = random.uniform((-20, -15), (WIDTH + 20, HEIGHT + 15), (random.integers(3, 9), 2))
        content["annotations"].append(
            {
                "id": 100 + number,
                "image_id": 1,
                "category_id": 1,
                "segmentation": [corners.round(2).ravel().tolist()],
                "iscrowd": 0,
            }
        )
    data.write(content)
    assert data.index() == 0
    split = data.split()
    coco = COCO(str(data.file))
    masks = [coco.annToMask(one) for one in coco.loadAnns(coco.getAnnIds(imgIds=[1]))]
    found = split.instances_by_image[1]
    assert len(found) == len(masks) == 62
    for instance, mask in zip(found, masks, strict=True):
        np.testing.assert_array_equal(decode_mask(instance.segmentation), mask)


def counts_by_cityscapes_scripts(path: Path) -> dict[str, tuple[int, int]]:
    """Objects and groups of an id image, by class."""
    scripts = pytest.importorskip("cityscapesscripts.evaluation.instances2dict")
    ((_, instances),) = scripts.instances2dict([str(path)]).items()
    return {
        name: (
            sum(one["instID"] >= 1000 for one in instances[name]),
            sum(one["instID"] < 1000 for one in instances[name]),
        )
        for name in LABEL_IDS
    }


def counts_of(split: CocoSplit) -> dict[str, tuple[int, int]]:
    found = [(split.class_of(one), one.iscrowd) for one in split.instances]
    return {name: (found.count((name, 0)), found.count((name, 1))) for name in split.classes}


def box(label: str, x: int, y: int, **other) -> dict:
    corners = [[x, y], [x + 7, y], [x + 7, y + 7], [x, y + 7]]
    return {"label": label, "polygon": corners, **other}


def test_objects_are_those_of_cityscapes_scripts(tmp_path):
    """Deleted, hidden, grouped and other odd polygons, drawn by cityscapesScripts.

    In an id image nothing tells a deleted or covered polygon from none: both count what is drawn.
    """
    drawing = pytest.importorskip("cityscapesscripts.preparation.json2instanceImg")
    helpers = pytest.importorskip("cityscapesscripts.helpers.annotation")
    root = make_cityscapes(tmp_path / "root", train=1, val=1, test=0)
    image = next(root.glob("leftImg8bit/train/*/*.png")).relative_to(root).as_posix()
    objects = [
        box("road", 0, 0),
        box("car", 2, 2),
        box("car", 20, 2, deleted=1),
        box("person", 30, 2),
        box("person", 30, 2),  # covers the one before
        box("cargroup", 40, 2),
        box("caravan", 50, 2),
        box("bicycle", 60, 28),  # reaches beyond the image
        box("license plate", 4, 4),
        box("train", 70, 40),  # outside
        box("ego vehicle", 0, 26),
    ]
    file = {"imgWidth": 64, "imgHeight": 32, "objects": objects}
    polygons_path(root, image).write_text(json.dumps(file))
    annotation = helpers.Annotation()
    annotation.fromJsonFile(str(polygons_path(root, image)))
    drawn: Image.Image = drawing.createInstanceImage(annotation, "ids")
    label = instance_ids_path(root, image)
    write_png(label, np.asarray(drawn).astype(np.uint16))

    settings = json.dumps({"kind": "cityscapes", "root": str(root)})
    assert index(["--settings", settings, "--output", str(tmp_path / "out"), "--workers", "1"]) == 0
    found = counts_of(CocoSplit.read(tmp_path / "out/train.coco.json"))
    assert found == counts_by_cityscapes_scripts(label)
    assert {name: numbers for name, numbers in found.items() if any(numbers)} == {
        "car": (1, 1),
        "person": (1, 0),
        "bicycle": (1, 0),
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((26000, 26001, 24000), {"car": (2, 0), "person": (1, 0)}),
        ((26, 24, 33000), {"car": (0, 1), "person": (0, 1), "bicycle": (1, 0)}),
        ((29000, 30000, 1, 7), {}),  # caravans, trailers and void are no classes of the study
        # Nothing to count either, so that objects vanish: the index refuses these.
        ((26 * 256 + 1, 24 * 256 + 1), {}),
        ((13001, 11000), {}),
    ],
)
def test_id_images_are_counted_as_by_cityscapes_scripts(tmp_path, values, found):
    ids = np.full((32, 64), 7, np.uint16)
    for number, value in enumerate(values):
        ids[4:20, number * 8 : number * 8 + 8] = value
    path = tmp_path / "ids.png"
    write_png(path, ids)
    theirs = counts_by_cityscapes_scripts(path)
    assert {name: numbers for name, numbers in theirs.items() if any(numbers)} == found
    labels = dict(enumerate(LABEL_IDS, start=1))
    decoded = decode_ids(path.read_bytes(), path)
    read = instances_of(decoded, boxes_of(decoded))
    ours = [(labels[one.category_id], one.iscrowd) for one in read]
    for name, (objects, groups) in theirs.items():
        assert (ours.count((name, 0)), ours.count((name, 1))) == (objects, groups)
