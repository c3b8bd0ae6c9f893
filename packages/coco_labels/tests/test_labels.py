"""Annotation files as tools write them: what is read, and what is refused.

`tests/dataset/test_bad_ground_truth.py` has the many inputs that are refused, through the index.
"""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from coco_labels import LabelsError, essential, fits, mask_of, read_labels
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
    found = read_labels(labels(), Path("images"), {"car": 5, "dog": 0})
    (image,) = found.images
    assert (image.file_name, image.width, image.height) == ("cam/a.png", WIDTH, HEIGHT)
    (one,) = found.annotations_of(image)
    assert (one.name, one.class_number, one.iscrowd) == ("annotation 3", 5, 0)
    assert (found.objects, found.masks, found.notes.sentences()) == (1, 1, ())
    found = read_labels(labels(category_id=2), Path("images"), {"car": 5, "dog": 0})
    assert found.annotations_of(found.images[0]) == []
    assert found.notes.sentences() == ("1 object of ignored classes, left out, e.g. annotation 3",)


def test_only_the_used_keys_of_an_annotation_are_kept():
    content = labels(bbox=[1, 1, 8, 8], attributes={"deep": [[[]]]}, area=3)
    found = read_labels(content, Path("images"), {"car": 5, "dog": 0})
    (whole,) = found.annotations_of(found.images[0])
    content["annotations"] = [essential(one) for one in content["annotations"]]
    assert "attributes" not in content["annotations"][0]
    found = read_labels(content, Path("images"), {"car": 5, "dog": 0})
    assert found.annotations_of(found.images[0]) == [whole]
    assert [essential(one) for one in (None, 3, "a")] == [None, 3, "a"]


def test_annotations_that_share_an_id_are_counted():
    content = labels()
    other = content["annotations"][0]
    without = {key: value for key, value in other.items() if key != "id"}
    content["annotations"] += [other | {"id": "3"}, without, without, other, other | {"id": 3.0}]
    content["annotations"] += [other | {"id": -1}, other | {"id": -2}]
    found = read_labels(content, Path("images"), {"car": 5, "dog": 0})
    kind = "annotations whose id another one has, kept like any other, e.g. annotation 3"
    assert found.notes.sentences() == (f"2 {kind}",)
    names = [one.name for one in found.annotations_of(found.images[0])]
    assert names[1:4] == ["annotation '3'", "annotations[2]", "annotations[3]"]


def tracks(content: dict) -> list[str | None]:
    found = read_labels(content, Path("images"), {"car": 5, "dog": 0})
    return [one.track for one in found.annotations_of(found.images[0])]


def test_tracks_are_named_by_video_and_id():
    content = labels(track_id=4)
    other = content["annotations"][0]
    content["annotations"] += [
        other | {"id": 5, "track_id": "b"},
        other | {"id": 6, "track_id": 4.0},
    ]
    content["annotations"].append(other | {"id": 8, "track_id": None})
    assert tracks(content) == ["4", "b", "4", None]
    content["images"][0]["video_id"] = 2
    assert tracks(content) == ["2/4", "2/b", "2/4", None]
    with pytest.raises(LabelsError, match="annotation 3: track_id is a list of 1; the id of a tr"):
        read_labels(labels(track_id=[4]), Path("images"), {"car": 5, "dog": 0})
    with pytest.raises(LabelsError, match="annotation 3: track_id is ' '; the id of a track, a nu"):
        read_labels(labels(track_id=" "), Path("images"), {"car": 5, "dog": 0})


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_umlauts_of_classes_and_files_may_be_one_character_or_two(tmp_path, forms):
    name, known = (unicodedata.normalize(form, "Fußgänger") for form in forms)
    content = labels()
    content["categories"][0]["name"] = name
    found = read_labels(content, tmp_path, {known: 5, "dog": 0})
    assert [one.class_number for one in found.annotations_of(found.images[0])] == [5]


def test_a_name_that_is_quoted_like_an_address_is_that_of_the_file(tmp_path):
    (tmp_path / "Köln 1.png").touch()
    content = labels()
    content["images"][0]["file_name"] = "K%C3%B6ln%201.png"
    found = read_labels(content, tmp_path, {"car": 5, "dog": 0})
    assert found.images[0].file_name == "Köln 1.png"
    kind = "file name written otherwise than the file is named, matched"
    assert found.notes.sentences() == (f"1 {kind}, e.g. 'K%C3%B6ln%201.png'",)


@pytest.mark.parametrize(
    "name", ["1a2b3c4d-", "1a2b3c4d-.", "_png.rf.0123456789abcdef01234567", "%2e%2e/a", "a%0A", "%"]
)
def test_names_of_which_little_remains(tmp_path, name):
    (tmp_path / "a\n").touch()
    (tmp_path.parent / "a").touch()
    content = labels()
    content["images"][0]["file_name"] = name
    try:
        (image,) = read_labels(content, tmp_path, {"car": 5, "dog": 0}).images
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
