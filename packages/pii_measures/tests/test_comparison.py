"""Comparison of images and plates of which the answer is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from pii_measures import PlateRegion, quality
from pii_measures.plates.comparison import CharacterMatch, compare_plate, residual
from pii_measures.plates.outside import with_outside
from plate_pictures import LOOKS, PlatePhoto, photograph
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def noise(seed: int, height: int = 60, width: int = 80) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_ssim_is_that_of_scikit_image():
    first = cv2.GaussianBlur(noise(1), (0, 0), 2)
    second = cv2.GaussianBlur(noise(2), (0, 0), 2)
    second[:30] = first[:30] // 2
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    _, expected = structural_similarity(
        *grey, full=True, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    found = quality.ssim_map(*grey)
    inner = (slice(5, -5),) * 2  # scikit-image mirrors at the border in another way
    assert found[inner] == pytest.approx(expected[inner], abs=1e-9)


def test_psnr_is_that_of_scikit_image():
    first, second = noise(1), noise(2)
    expected = peak_signal_noise_ratio(first, second)
    assert quality.psnr_of(quality.squared_error(first, second)) == pytest.approx(expected)
    assert quality.psnr_of(0.0) is None


@pytest.mark.parametrize("row", [0, 20, 62, 66, 195])
@pytest.mark.parametrize("column", [0, 30, 63, 120])
def test_ssim_is_computed_where_something_changed_and_the_same_as_everywhere(row, column):
    first = noise(1, 200, 150)
    second = first.copy()
    second[row : row + 5, column : column + 8] = 0
    second[100, 100] = 255 - second[100, 100]
    changed = (first != second).any(axis=2)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    found = quality.ssim_where_changed(first, second, changed)
    assert found == pytest.approx(quality.ssim_map(*grey), abs=1e-5)
    assert (quality.ssim_where_changed(first, first, np.zeros_like(changed)) == 1).all()


def test_pixels_outside_of_boxes_are_counted():
    first = np.zeros((20, 30, 3), np.uint8)
    second = first.copy()
    second[5:10, 5:10] = 1
    second[12, 20, 2] = 1
    changed = (first != second).any(axis=2)
    assert quality.outside_of(changed, [(5, 5, 10, 10)]) == 1
    assert quality.outside_of(changed, [(6, 5, 11, 10), (20, 12, 21, 13)]) == 5
    assert quality.outside_of(changed, []) == 26


def test_unchanged_characters_are_counted_and_others_are_not():
    picture = photograph(("BK HE 728",), 150)
    region = picture.region()
    same = compare_plate(picture.image, picture.image, region)
    assert same.characters == CharacterMatch(7, 7)
    assert residual(same.old, same.new) == pytest.approx(1)

    other = photograph(("MX FR 391",), 150)
    changed = compare_plate(picture.image, other.image, region)
    assert changed.characters == CharacterMatch(7, 0)
    assert residual(changed.old, changed.new) < 0.5

    one = photograph(("BK HE 791",), 150)  # the second group and the 7 stay where they were
    assert compare_plate(picture.image, one.image, region).characters.unchanged == 5


def test_a_black_plate_has_no_characters_left():
    picture = photograph(("BK HE 728",), 150)
    found = compare_plate(picture.image, np.zeros_like(picture.image), picture.region())
    assert found.characters.unchanged == 0
    assert residual(found.old, found.new) == 0


def test_small_plates_have_no_characters_to_count():
    picture = photograph(("BK HE 728",), 34)
    found = compare_plate(picture.image, picture.image, picture.region())
    assert found.characters is None
    assert residual(found.old, found.new) == pytest.approx(1)
    smudge = photograph(("BK HE 728",), 14)
    assert compare_plate(smudge.image, smudge.image, smudge.region()) is None
    tiny = replace(picture.region(quad=False), x1=picture.region().x0 + 3)
    assert compare_plate(picture.image, picture.image, tiny) is None


def covered(picture: PlatePhoto, region: PlateRegion) -> np.ndarray:
    """The photograph with a black quad."""
    image = picture.image.copy()
    cv2.fillConvexPoly(image, np.round(np.array(region.quad) - 0.5).astype(np.int32), (0, 0, 0))
    return image


@pytest.mark.parametrize("look", ["plain", "dark ground", "red ink, turned"])
@pytest.mark.parametrize("inside", [0.0, 0.4])
def test_characters_outside_of_the_quad_are_compared_as_well(look, inside):
    picture = photograph(("BK HE 728",), 170, LOOKS[look])
    first, last = picture.characters[0], picture.characters[-1]
    end = last[0] - 10 + inside * (last[2] - last[0])
    region = picture.part(0, end)
    found = compare_plate(picture.image, covered(picture, region), region)
    assert found.characters == CharacterMatch(7, 0 if inside else 1)
    assert compare_plate(picture.image, picture.image, region).characters == CharacterMatch(7, 7)

    start = first[2] + 10 - inside * (first[2] - first[0])
    region = picture.part(start, picture.straight[0])
    found = compare_plate(picture.image, covered(picture, region), region)
    assert found.characters == CharacterMatch(7, 0 if inside else 1)
    assert found.old.shape == found.new.shape == (7, 20, 12)


@pytest.mark.parametrize("look", LOOKS)
def test_what_surrounds_a_plate_is_no_character(look):
    picture = photograph(("BK HE 728",), 170, LOOKS[look])
    reading = picture.read()
    assert with_outside(picture.image, reading) is reading
    # Text on the car, beyond the plate's edge.
    image = cv2.copyMakeBorder(picture.image, 0, 0, 0, 120, cv2.BORDER_REPLICATE)
    x, y = picture.quad[1]
    cv2.putText(image, "GTS", (round(x) + 12, round(y) + 25), 0, 0.8, (240,) * 3, 2)
    reading = replace(picture, image=image).read()
    assert with_outside(image, reading) is reading
