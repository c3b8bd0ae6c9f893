"""Anonymization of a whole image, and the package on its own."""

import subprocess
import sys
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from face_pictures import scenes
from natural_pii import (
    FaceRegion,
    PlateRegion,
    Replacement,
    anonymize,
    replace_plate,
    unwrapped,
)
from plate_pictures import PhotoStyle, photograph

PACKAGES = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def street() -> tuple[np.ndarray, list[FaceRegion | PlateRegion]]:
    """Two people above a plate."""
    people, faces = scenes()[0]
    plate = photograph(("K LM 4711",), 100, PhotoStyle(), seed=3)
    height, width = plate.image.shape[:2]
    image = np.full((people.shape[0] + height, people.shape[1], 3), 128, np.uint8)
    image[: people.shape[0]] = people
    image[people.shape[0] :, :width] = plate.image
    quad = tuple((x, y + people.shape[0]) for x, y in plate.region().quad)
    (x0, y0), (x1, y1) = np.min(quad, axis=0).tolist(), np.max(quad, axis=0).tolist()
    return image, [faces[2], PlateRegion(x0, y0, x1, y1, quad), faces[4]]


def test_every_region_is_replaced_and_nothing_else(street):
    image, regions = street
    before = image.copy()
    result, replacements = anonymize(image, regions, 3)
    assert np.array_equal(image, before)
    touched = np.zeros(image.shape[:2], bool)
    for replacement in replacements:
        assert isinstance(replacement, Replacement)
        x0, y0, x1, y1 = replacement.box
        touched[y0:y1, x0:x1] = True
        assert (result[y0:y1, x0:x1] != image[y0:y1, x0:x1]).any()
    assert np.array_equal(result[~touched], image[~touched])


def test_seeds_are_integers_of_any_kind(street):
    image, regions = street
    expected = anonymize(image, regions, (3, 5))[0]
    assert (anonymize(image, regions, (np.int64(3), np.uint8(5)))[0] == expected).all()
    assert (anonymize(image, regions, np.array([3, 5]))[0] == expected).all()
    one = anonymize(image, regions, 3)[0]
    assert (anonymize(image, regions, np.int64(3))[0] == one).all()
    for wrong in (1.5, -1, (2, -1), (2, 1.0), "1", None):
        with pytest.raises(ValueError, match="seed: expected one or more integers from 0, found"):
            anonymize(image, regions, wrong)


def test_the_seed_and_the_boxes_decide_and_not_the_order(street):
    image, regions = street
    first, replacements = anonymize(image, regions, 3)
    second, reversed_ = anonymize(image, regions[::-1], (3,))
    assert np.array_equal(first, second)
    assert [r.box for r in replacements] == [r.box for r in reversed_[::-1]]
    assert not np.array_equal(first, anonymize(image, regions, 4)[0])


def test_a_region_without_numbers_leaves_the_order_of_the_others(street):
    image, (_, plate, _) = street
    moved = [
        replace(plate, quad=None, x0=plate.x0 + x, x1=plate.x1 + x, y0=plate.y0 + x / 3)
        for x in (0, 15, 30)
    ]
    nothing = PlateRegion(float("nan"), float("nan"), float("nan"), float("nan"))
    results = {
        anonymize(image, [*order[:at], nothing, *order[at:]], 3)[0].tobytes()
        for order in permutations(moved)
        for at in range(4)
    }
    assert len(results) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[..., 0],
        lambda image: image.astype(np.float32),
        lambda image: np.dstack([image, image[..., :1]]),
    ],
)
def test_an_image_of_another_type_or_shape_is_one_line(street, change):
    image, (first, plate, _) = street
    wrong = change(image)
    for call in (
        lambda: anonymize(wrong, [], 0),
        lambda: replace_plate(wrong, plate, np.random.default_rng(0)),
        lambda: unwrapped(wrong, first),
    ):
        with pytest.raises(ValueError, match=r"image: expected \(height, width, 3\) uint8 RGB"):
            call()


def test_every_region_has_a_person_or_none(street):
    image, regions = street
    for people in ([], [1, 2], [1, 2, 3, 4]):
        with pytest.raises(ValueError, match=f"people: {len(people)} values for 3 regions"):
            anonymize(image, regions, 0, people)


@pytest.mark.parametrize("kind", [FaceRegion, PlateRegion])
@pytest.mark.parametrize("size", [1e4, 1e8, 1e12])
def test_a_box_of_any_size_is_covered(kind, size):
    image = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    region = kind(-size, -size, size, size)
    result, (outcome,) = anonymize(image, [region], 0)
    assert outcome.box == (0, 0, image.shape[1], image.shape[0])
    assert (result != image).any(axis=2).mean() > 0.9


def test_what_lies_outside_has_no_replacement(street):
    image, regions = street
    outside = [FaceRegion(-50, -50, -20, -10), PlateRegion(5000, 10, 5100, 30)]
    result, replacements = anonymize(image, [outside[0], regions[0], outside[1]], 0)
    assert [replacement is None for replacement in replacements] == [True, False, True]
    assert np.array_equal(result, anonymize(image, regions[:1], 0)[0])
    assert anonymize(image, [], 0)[1] == []


SCRIPT = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"workflow_scripts", "snakemake", "torch", "pydantic"}:
            raise ImportError(f"{name} is not for this package")

sys.meta_path.insert(0, Refused())
import numpy as np
from natural_pii import FaceRegion, PlateRegion, anonymize
from pii_measures import correlation, face_crop

image = np.random.default_rng(0).integers(90, 160, (120, 200, 3), np.uint8)
face, plate = FaceRegion(20, 20, 60, 70), PlateRegion(100, 50, 180, 68)
result, replacements = anonymize(image, [face, plate], seed=7)
assert (result != image).any() and None not in replacements
assert correlation(face_crop(image, face), face_crop(result, face)) < 0.5
others = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(*sorted(others & {"workflow_scripts", "snakemake", "torch", "pydantic", "drawn_streets"}))
"""


def test_a_plain_script_uses_both_packages_without_the_workflow(tmp_path):
    """In a process that refuses to import the workflow and its libraries."""
    paths = [str(PACKAGES / name) for name in ("natural_pii", "pii_measures")]
    start = f"import sys; sys.path[:0] = {paths}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + SCRIPT],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64])
def test_numbers_of_numpy_are_those_of_python(street, kind):
    image, (face, *_) = street
    box, points = (
        np.round(numbers) for numbers in ((face.x0, face.y0, face.x1, face.y1), face.landmarks)
    )
    plain = FaceRegion(*box.tolist(), tuple(map(tuple, points.tolist())))
    from_arrays = FaceRegion(*box.astype(kind), points.astype(kind))
    assert from_arrays == plain
    np.testing.assert_array_equal(
        *(anonymize(image, [one], seed=3)[0] for one in (plain, from_arrays))
    )
