"""Crops around faces, and painting with a tiny random pipeline in place of a real one."""

import shutil

import numpy as np
import pytest
from face_inpainting import Inpainter, InpaintingError, InpaintingOptions, paint_faces
from face_inpainting.crops import crop_around, hole_of, holes_mask

FRAME = (120, 160)


def face(x0=60.0, y0=40.0, x1=80.0, y1=66.0):
    return x0, y0, x1, y1


def noise(seed=1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*FRAME, 3), np.uint8)


def crop_of(image: np.ndarray, *regions, context=3.0, size=64):
    holes = [hole_of(region, image.shape[:2], 0.25) for region in regions]
    mask = holes_mask(holes, image.shape[:2])
    return crop_around(holes[0], image, mask, context, size)


@pytest.mark.parametrize("size", [32, 64, 256])
@pytest.mark.parametrize(
    "region", [face(), face(-5, 40, 10, 60), face(150, 100, 170, 130), face(0, 0, 160, 120)]
)
def test_what_the_model_sees_does_not_depend_on_any_face(region, size):
    other = face(region[2] + 3, region[1], region[2] + 20, region[3])
    regions = [one for one in (region, other) if hole_of(one, FRAME, 0.25)]
    first, second = noise(), noise()
    for one in regions:
        window = hole_of(one, FRAME, 0.25).window
        second[window] = 255 - second[window]
    crops = [crop_of(image, *regions, size=size) for image in (first, second)]
    assert (crops[0].image == crops[1].image).all()
    assert (crops[0].mask == crops[1].mask).all()
    assert crops[0].mask.any()


def test_a_square_lies_inside_the_frame_where_it_fits():
    crop = crop_of(noise(), face(150, 40, 160, 50))
    assert (crop.x0 + crop.side, crop.side) == (160, 48)  # 3 times 16 pixels, margin included
    assert crop_of(noise(), face(0, 0, 160, 120)).side == 160


def test_all_of_the_region_is_pasted_and_the_margin_fades():
    region = face(60.5, 40.2, 80.1, 66)
    image, hole = noise(), hole_of(region, FRAME, 0.5)
    crop = crop_around(hole, image, holes_mask([hole], FRAME), 3.0, 128)
    result = image.copy()
    crop.paste(np.full((128, 128, 3), 7, np.uint8), result)
    assert (result[40:66, 60:81] == 7).all()
    x0, y0, x1, y1 = hole.box
    outside = np.ones(FRAME, bool)
    outside[y0:y1, x0:x1] = False
    assert (result[outside] == image[outside]).all()
    share = np.abs(result - 7.0).sum(axis=2) / np.abs(image - 7.0).sum(axis=2)
    assert (np.diff(share[50, x0:60]) <= 0.02).all()
    assert share[50, x0] > 0.7


def test_at_the_border_of_the_frame_nothing_fades():
    hole = hole_of(face(-8, 30, 8, 50), FRAME, 0.25)
    assert (hole.weights()[8:12, :8] == 1).all()


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A folder with a tiny pipeline; skips where diffusers is not installed."""
    for name in ("diffusers", "transformers"):
        pytest.importorskip(name)
    from tiny_pipeline import make_pipeline  # noqa: PLC0415 - imports both

    return make_pipeline(tmp_path_factory.mktemp("pipeline") / "tiny")


@pytest.mark.slow
def test_faces_are_painted_one_by_one_or_together(pipeline):
    inpainter = Inpainter(str(pipeline), None)
    faces, seeds = [face(), face(300, 10, 320, 30), face(10, 40, 30, 66)], [1, 2, 3]
    results = [
        paint_faces(noise(), faces, seeds, inpainter, InpaintingOptions(size=64, steps=2, batch=n))
        for n in (1, 8)
    ]
    image, done = results[0]
    assert np.abs(results[1][0].astype(int) - image).max() <= 1
    assert [one and one.by_model for one in done] == [True, None, True]
    assert (image[40:66, 60:80] != noise()[40:66, 60:80]).mean() > 0.9
    outside = np.ones(FRAME, bool)
    for x0, y0, x1, y1 in (one.box for one in done if one):
        outside[y0:y1, x0:x1] = False
    assert (image[outside] == noise()[outside]).all()


def test_damaged_weights_are_one_line(tmp_path, pipeline):
    broken = shutil.copytree(pipeline, tmp_path / "broken")
    (weights,) = (broken / "unet").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InpaintingError, match=r"^model: .*broken cannot be loaded \(.*\)$"):
        Inpainter(str(broken), None)
