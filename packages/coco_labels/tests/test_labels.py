"""Annotation files as tools write them: what is read, and what is refused.

`tests/dataset/test_bad_ground_truth.py` has the many inputs that are refused, through the index.
"""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from coco_labels import LabelsError, fits, mask_of, read_labels, with_packed_polygons
from hotcoco import mask as rle_codec
from pycocotools import mask as official

WIDTH, HEIGHT = 96, 64


def labels(**annotation) -> dict:
    """A file with one annotation."""
    known = {"id": 3, "image_id": 7, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]]}
    return {
        "images": [{"id": 7, "file_name": "cam/./a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "dog"}],
        "annotations": [known | annotation],
    }


def test_images_come_with_the_annotations_of_known_classes():
    (image,), notes = read_labels(labels(), Path("images"), {"car": 5, "dog": 0})
    assert (image.file_name, image.width, image.height) == ("cam/a.png", WIDTH, HEIGHT)
    (found,) = image.annotations
    assert (found.name, found.class_number, found.iscrowd) == ("annotation 3", 5, 0)
    assert notes == []
    (image,), notes = read_labels(labels(category_id=2), Path("images"), {"car": 5, "dog": 0})
    assert image.annotations == []
    assert notes == [("objects of ignored classes, left out", "annotation 3")]


def test_packed_polygons_mean_the_same_and_are_refused_alike():
    good = [[1, 1, 9.25, 1, 9, 9], [20, 20, 30, 20, 30, 30.5]]
    packed = with_packed_polygons({"segmentation": list(good)})["segmentation"]
    assert [list(part) for part in packed] == good
    assert not any(isinstance(part, list) for part in packed)
    assert mask_of(packed, WIDTH, HEIGHT) == mask_of(good, WIDTH, HEIGHT)
    for wrong in ([1, 1, 9, 1, 9, True], [1, 1, 9, "1", 9, 9], [1, 1, 10**400, 1, 9, 9], [[1]]):
        assert with_packed_polygons({"segmentation": [wrong]})["segmentation"] == [wrong]
    (infinite,) = with_packed_polygons({"segmentation": [[1, 1, 9, 1, 9, float("inf")]]}).values()
    with pytest.raises(ValueError, match="something other than finite numbers"):
        mask_of(infinite, WIDTH, HEIGHT)
    runs = {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH]}
    assert with_packed_polygons({"segmentation": runs}) == {"segmentation": runs}


def test_tracks_are_named_by_video_and_id():
    content = labels(track_id=4)
    other = content["annotations"][0]
    content["annotations"] += [
        other | {"id": 5, "track_id": "b"},
        other | {"id": 6, "track_id": 4.0},
    ]
    content["annotations"].append(other | {"id": 8, "track_id": None})
    (image,), notes = read_labels(content, Path("images"), {"car": 5, "dog": 0})
    assert [one.track for one in image.annotations] == ["4", "b", "4", None]
    assert notes == [("objects whose track_id another one of their image has", "annotation 6")]
    content["images"][0]["video_id"] = 2
    (image,), _ = read_labels(content, Path("images"), {"car": 5, "dog": 0})
    assert [one.track for one in image.annotations] == ["2/4", "2/b", "2/4", None]
    with pytest.raises(LabelsError, match="annotation 3: track_id is a list of 1; the id of a tr"):
        read_labels(labels(track_id=[4]), Path("images"), {"car": 5, "dog": 0})
    with pytest.raises(LabelsError, match="annotation 3: track_id is ' '; the id of a track, a nu"):
        read_labels(labels(track_id=" "), Path("images"), {"car": 5, "dog": 0})


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_umlauts_of_classes_and_files_may_be_one_character_or_two(tmp_path, forms):
    name, known = (unicodedata.normalize(form, "Fußgänger") for form in forms)
    content = labels()
    content["categories"][0]["name"] = name
    (image,), _ = read_labels(content, tmp_path, {known: 5, "dog": 0})
    assert [one.class_number for one in image.annotations] == [5]


def test_a_name_that_is_quoted_like_an_address_is_that_of_the_file(tmp_path):
    (tmp_path / "Köln 1.png").touch()
    content = labels()
    content["images"][0]["file_name"] = "K%C3%B6ln%201.png"
    (image,), notes = read_labels(content, tmp_path, {"car": 5, "dog": 0})
    assert image.file_name == "Köln 1.png"
    kind = "file names written otherwise than the file is named, matched"
    assert notes == [(kind, "'K%C3%B6ln%201.png'")]


@pytest.mark.parametrize(
    "name", ["1a2b3c4d-", "1a2b3c4d-.", "_png.rf.0123456789abcdef01234567", "%2e%2e/a", "a%0A", "%"]
)
def test_names_of_which_little_remains(tmp_path, name):
    (tmp_path / "a\n").touch()
    (tmp_path.parent / "a").touch()
    content = labels()
    content["images"][0]["file_name"] = name
    try:
        (image,), _ = read_labels(content, tmp_path, {"car": 5, "dog": 0})
    except LabelsError as error:
        assert "without control characters, is expected" in str(error)
        assert name in ("%2e%2e/a", "a%0A")
    else:
        assert image.file_name == name


def test_all_findings_come_at_once():
    content = labels()
    content["images"].append(None)
    content["categories"][1]["name"] = "cat"
    with pytest.raises(LabelsError) as caught:
        read_labels(content, Path("images"), {"car": 1}, "the list of classes")
    assert caught.value.findings == [
        "images[1] is null; an object {…} is expected",
        "unknown class 'cat'; name it in the list of classes",
    ]


def test_polygons_become_the_masks_of_pycocotools():
    random = np.random.default_rng(1)
    for _ in range(300):
        count = random.integers(1, 4)
        polygons = [
            random.uniform(-30, 120, (random.integers(3, 12), 2)).round(1).ravel().tolist()
            for _ in range(count)
        ]
        try:
            rle, _ = mask_of(polygons, WIDTH, HEIGHT)
        except ValueError as error:
            assert "lies outside" in str(error)
            continue
        theirs = official.merge(official.frPyObjects(polygons, HEIGHT, WIDTH))
        np.testing.assert_array_equal(rle_codec.decode(rle), official.decode(theirs))


@pytest.mark.parametrize("compressed", [True, False])
def test_runs_are_taken_as_they_are(compressed):
    mask = np.random.default_rng(2).random((HEIGHT, WIDTH)) < 0.3
    rle = official.encode(np.asfortranarray(mask.astype(np.uint8)))
    borders = np.flatnonzero(np.diff(mask.ravel("F").astype(np.int8), prepend=0))
    runs = np.diff(borders, prepend=0, append=mask.size).tolist()
    counts = rle["counts"].decode() if compressed else runs
    found, notes = mask_of({"size": [HEIGHT, WIDTH], "counts": counts}, WIDTH, HEIGHT)
    assert notes == []
    np.testing.assert_array_equal(rle_codec.decode(found), mask)


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ([10, 20, 30, 30], True),
        (None, True),
        ([12, 18, 30, 30], True),
        ([10, 20, 40, 50], False),  # corners instead of a size
        ([0.1, 0.3, 0.3, 0.5], False),
        ([10, 20, "30", 30], False),
        ([10, 20, 30], False),
    ],
)
def test_boxes_are_compared_with_their_masks(bbox, expected):
    rle, _ = mask_of([[10, 20, 40, 20, 40, 50, 10, 50]], WIDTH, HEIGHT)
    assert fits(bbox, rle) is expected
