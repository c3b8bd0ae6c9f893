"""The methods on arrays: what they change, and above all what they leave."""

import json

import cv2
import numpy as np
import pytest
from plain_commands.errors import UserError
from plain_commands.section import validate

from tests.anonymization.anonymizing import labelled, treated
from workflow_scripts.anonymization.methods.blur import gaussian
from workflow_scripts.anonymization.redaction import area_of
from workflow_scripts.anonymization.variants import Variant, is_unmodified
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.regions import Kind, Region, with_ids
from workflow_scripts.imaging.pictures import picture_of

REDACTIONS = ("blackbox", "blur", "pixelate")


def noise(height=90, width=120) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def region(x0, y0, x1, y1, kind=Kind.FACE, **points) -> Region:
    (region,) = with_ids([Region("a.png", kind, 1, x0, y0, x1, y1, **points)])
    return region


def treat(settings: dict, image, *regions):
    method = validate(Variant, settings, "test")
    return treated(method, picture_of(image, regions))


def changed(before, after) -> np.ndarray:
    return (before != after).any(axis=2)


@pytest.mark.parametrize("method", REDACTIONS)
@pytest.mark.parametrize("shape", ["auto", "box", "ellipse"])
def test_only_the_enlarged_region_changes(method, shape):
    image = noise()
    original = image.copy()
    face = region(40, 30, 60, 54)
    result = treat({"method": method, "shape": shape, "margin": 0.25}, image, face)
    assert (image == original).all()
    (change,) = result.changes
    assert change.region_id == face.id
    assert change.method == method
    assert change.box == (35, 24, 65, 60)
    touched = changed(image, result.image)
    inside = np.zeros_like(touched)
    inside[24:60, 35:65] = True
    assert not touched[~inside].any()
    assert touched[30:54, 40:60].mean() > 0.97  # a pixel may keep its value by chance
    if shape == "box":
        assert touched[inside].mean() > 0.97
    else:
        assert not touched[24:27, 35:38].any()


@pytest.mark.parametrize("method", REDACTIONS)
def test_a_plate_with_a_quad_changes_inside_its_quad(method):
    image = noise()
    quad = ((20, 40), (80, 20), (80, 40), (20, 60))
    plate = region(20, 20, 80, 60, Kind.LICENSE_PLATE, quad=quad)
    result = treat({"method": method, "margin": 0}, image, plate)
    touched = changed(image, result.image)
    inside = cv2.fillConvexPoly(np.zeros(touched.shape, np.uint8), np.int32(quad), 1) > 0
    grown = cv2.dilate(inside.astype(np.uint8), np.ones((3, 3))) > 0
    assert touched[cv2.erode(inside.astype(np.uint8), np.ones((3, 3))) > 0].mean() > 0.97
    assert not touched[~grown].any()
    box = treat({"method": method, "margin": 0, "shape": "box"}, image, plate)
    assert changed(image, box.image)[21:25, 21:25].all()


def test_a_quad_beside_its_box_is_not_trusted():
    image = noise()
    quad = ((200, 20), (280, 20), (280, 60), (200, 60))
    plate = region(20, 20, 80, 60, Kind.LICENSE_PLATE, quad=quad)
    result = treat({"method": "blackbox", "margin": 0}, image, plate)
    assert (result.image[20:60, 20:80] == 0).all()


@pytest.mark.parametrize("method", REDACTIONS)
@pytest.mark.parametrize(
    "box",
    [(-20, -10, 15, 12), (100, 70, 200, 300), (-50, -50, 500, 500), (110.4, 3.2, 119.9, 4.1)],
)
def test_regions_may_leave_the_frame(method, box):
    image = noise()
    result = treat({"method": method}, image, region(*box))
    ((x0, y0, x1, y1),) = (change.box for change in result.changes)
    assert 0 <= x0 < x1 <= 120
    assert 0 <= y0 < y1 <= 90
    touched = changed(image, result.image)
    assert touched.any()
    touched[y0:y1, x0:x1] = False
    assert not touched.any()


@pytest.mark.parametrize("method", REDACTIONS)
@pytest.mark.parametrize("box", [(5, 5, 5, 9), (9, 9, 3, 12), (200, 5, 220, 9), (5, -30, 9, -20)])
def test_regions_without_extent_or_outside_are_ignored(method, box):
    image = noise()
    result = treat({"method": method}, image, region(*box))
    assert result.changes == []
    assert (result.image == image).all()


@pytest.mark.parametrize("method", REDACTIONS)
@pytest.mark.parametrize("shape", ["box", "ellipse"])
def test_the_smallest_regions_change_at_least_a_pixel(method, shape):
    image = noise()
    settings = {"method": method, "shape": shape, "margin": 0}
    assert changed(image, treat(settings, image, region(50.9, 20.9, 51.2, 21.1)).image).any()


def test_overlapping_regions_bring_nothing_back():
    image = np.full((60, 60, 3), 200, np.uint8)
    large, small = region(10, 10, 50, 50), region(30, 30, 56, 42)
    settings = {"method": "blackbox", "shape": "box", "margin": 0}
    covered = treat(settings, image, large).image
    blurred = treat({"method": "blur", "shape": "box", "margin": 0}, covered, small).image
    assert blurred[30:42, 30:40].max() < 120
    both = treat(settings, image, large, small)
    assert len(both.changes) == 2
    assert (both.image[30:42, 30:56] == 0).all()


def test_blackbox_has_the_chosen_colour():
    image = noise()
    settings = {"method": "blackbox", "colour": [10, 20, 30], "shape": "box", "margin": 0}
    result = treat(settings, image, region(10, 10, 20, 20))
    assert (result.image[10:20, 10:20] == (10, 20, 30)).all()


def test_pixelate_leaves_as_many_colours_as_blocks():
    settings = {"method": "pixelate", "strength": 0.25, "shape": "box", "margin": 0}
    blocks = treat(settings, noise(), region(10, 10, 50, 90)).image[10:90, 10:50]
    assert len(np.unique(blocks.reshape(-1, 3), axis=0)) == 4 * 8
    assert (blocks[:10, :10] == blocks[0, 0]).all()


def test_blur_removes_detail_and_keeps_a_flat_surface_at_the_border():
    stripes = np.zeros((120, 120, 3), np.uint8)
    stripes[:, ::4] = 255
    settings = {"method": "blur", "strength": 0.3, "shape": "box", "margin": 0}
    blurred = treat(settings, stripes, region(40, 40, 80, 80)).image[40:80, 40:80]
    assert blurred.std() < 3
    flat = np.full((60, 60, 3), (10, 130, 250), np.uint8)
    for box in [(0, 0, 30, 30), (20, 20, 60, 60), (5, 50, 50, 70)]:
        difference = np.int16(treat(settings, flat, region(*box)).image) - flat
        assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("sigma", [5, 9, 20, 45])
def test_wide_gaussians_on_a_smaller_copy_are_gaussians(sigma):
    image = cv2.resize(noise(10, 14), (420, 300), interpolation=cv2.INTER_NEAREST)
    exact = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    difference = np.abs(np.int16(gaussian(image, sigma)) - exact)
    assert difference.mean() < 1
    assert difference.max() <= 5


def test_stronger_blur_leaves_less():
    left = [
        treat({"method": "blur", "strength": s, "margin": 0}, noise(), region(20, 20, 80, 80)).image
        for s in (0.05, 0.3)
    ]
    assert left[0][40:60, 40:60].std() > 2 * left[1][40:60, 40:60].std()


def test_the_default_ellipse_holds_the_whole_box():
    area = area_of(region(40, 30, 60, 54), (90, 120), 0.25)
    mask = np.zeros((90, 120), bool)
    mask[area.window] = area.mask
    assert mask[30:54, 40:60].all()


def test_unmodified_changes_nothing():
    image = noise()
    result = treat({"method": "unmodified"}, image, region(10, 10, 20, 20))
    assert (result.image == image).all()
    assert result.changes == []
    assert is_unmodified(validate(Variant, {"method": "unmodified"}, "test"))
    assert not is_unmodified(validate(Variant, {"method": "blur"}, "test"))


def test_mask_objects_fills_the_masks_of_its_classes():
    image = noise()
    car, sign, empty = (np.zeros(image.shape[:2], bool) for _ in range(3))
    car[:20, 100:] = car[20:30, 110:] = True
    sign[50:60, 50:60] = True
    objects = (labelled("car", car), labelled("sign", sign), labelled("bus", empty))
    face = region(10, 10, 20, 20)

    def fill(**settings):
        method = validate(Variant, {"method": "mask_objects", **settings}, "test")
        return treated(method, picture_of(image, [face], objects))

    result = fill(colour=[1, 2, 3])
    assert (result.image[car] == (1, 2, 3)).all()
    assert (result.image[~car] == image[~car]).all()
    (change,) = result.changes
    assert (change.region_id, change.method, change.box) == (
        None,
        "mask_objects",
        (100, 0, 120, 30),
    )
    assert (fill(classes=["sign"]).image[~sign] == image[~sign]).all()
    assert (fill(classes=["sign"]).image[sign] == 0).all()


def test_mask_objects_needs_classes_that_the_data_set_has():
    def check(*classes: str, **settings) -> None:
        method = validate(Variant, {"method": "mask_objects", **settings}, "test")
        method.check(CocoSplit(classes, (), ()))

    check("car", "sign")
    check("sign", classes=["sign"])
    with pytest.raises(UserError, match=r"^classes: the data set has no 'truk', but car, sign$"):
        check("car", "sign", classes=["car", "truk"])
    with pytest.raises(UserError, match=r"^classes: the data set has sign; name those to fill$"):
        check("sign")


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        (
            {"method": "erase"},
            "'blackbox', 'blur', 'command', 'diffusion', 'drop', 'mask_objects', 'natural', "
            "'pixelate', 'precomputed', 'unmodified'",
        ),
        ({}, "method"),
        ({"method": "blur", "sigma": 3}, "test: sigma: unknown key"),
        ({"method": "blur", "strength": 0}, "test: strength: .*greater than 0.*found 0"),
        ({"method": "blackbox", "colour": [0, 0, 256]}, r"test: colour\.2: .*found 256"),
        ({"method": "precomputed"}, "test: folder: missing"),
    ],
)
def test_mistakes_in_settings_are_named(settings, finding):
    with pytest.raises(UserError, match=finding):
        validate(Variant, settings, "test")


def test_settings_survive_json():
    for name in REDACTIONS:
        method = validate(Variant, {"method": name}, "test")
        assert validate(Variant, json.loads(method.model_dump_json()), "test") == method
