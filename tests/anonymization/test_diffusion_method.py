"""`method: diffusion`, with a tiny random pipeline in place of a real one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.anonymization.anonymizing import make_data, run, treated
from workflow_scripts.anonymization.diffusion import inpainter
from workflow_scripts.anonymization.diffusion.crops import crop_around, hole_of, holes_mask
from workflow_scripts.anonymization.methods.diffusion import Diffusion
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.pictures import picture_of

FRAME = (120, 160)


def face(x0=60.0, y0=40.0, x1=80.0, y1=66.0, image="a.png") -> Region:
    return Region(image, Kind.FACE, 1, x0, y0, x1, y1)


def noise(seed=1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*FRAME, 3), np.uint8)


def crop_of(image: np.ndarray, *regions: Region, context=3.0, size=64):
    holes = [hole_of(region, image.shape[:2], 0.25) for region in regions]
    mask = holes_mask(holes, image.shape[:2])
    return crop_around(holes[0], image, mask, context, size)


@pytest.mark.parametrize("size", [32, 64, 256])
@pytest.mark.parametrize(
    "region", [face(), face(-5, 40, 10, 60), face(150, 100, 170, 130), face(0, 0, 160, 120)]
)
def test_what_the_model_sees_does_not_depend_on_any_face(region, size):
    other = face(region.x1 + 3, region.y0, region.x1 + 20, region.y1)
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


@pytest.fixture
def prepare(pipeline, tmp_path):
    """The method with the pipeline loaded."""

    def prepare(**settings) -> Diffusion:
        settings = {"model": str(pipeline), "size": 64, "steps": 2, **settings}
        pictures = [picture_of(noise(), [face()])]
        with Diffusion(**settings).prepared(pictures, tmp_path, 1) as method:
            return method

    return prepare


def treat(method: Diffusion, image: np.ndarray, *regions: Region):
    return treated(method, picture_of(image, regions))


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_nothing_of_a_face_comes_back(prepare, strength):
    method = prepare(strength=strength)
    first, second = noise(), noise()
    second[40:66, 60:80] = 0
    regions = face(), face(84, 40, 100, 60)
    results = [treat(method, image, *regions) for image in (first, second)]
    assert (results[0].image[40:66, 60:80] == results[1].image[40:66, 60:80]).all()
    assert (results[0].image[40:66, 60:80] != first[40:66, 60:80]).mean() > 0.9
    assert [change.method for change in results[0].changes] == ["diffusion"] * 2


def test_the_seed_the_image_and_the_region_decide(prepare):
    method = prepare()
    image = np.full((*FRAME, 3), 120, np.uint8)
    first = treat(method, image, face()).image
    assert (treat(method, image, face()).image == first).all()
    assert (treat(prepare(seed=1), image, face()).image != first).any()
    assert (treat(method, image, face(image="b.png")).image != first).any()
    two = treat(method, image, face(), face(10, 40, 30, 66)).image
    assert (two[40:66, 60:80] != two[40:66, 10:30]).any()


def test_plates_get_other_characters_and_the_order_stays(prepare):
    plate = Region("a.png", Kind.LICENSE_PLATE, 1, 20, 90, 60, 100)
    outside = face(300, 10, 320, 30)
    result = treat(prepare(), noise(), plate, outside, face())
    assert [change.kind for change in result.changes] == [Kind.LICENSE_PLATE, Kind.FACE]
    assert result.changes[0].method in {"natural", "natural_wide", "fallback"}


def test_where_the_model_gives_no_picture_the_smooth_colour_stays(prepare):
    method = prepare()
    method._inpainter._pipeline.vae.decoder.conv_out.bias.data.fill_(float("nan"))
    result = treat(method, noise(), face())
    assert [change.method for change in result.changes] == ["fallback"]
    assert result.image[40:66, 60:80].std() < 20


def check(data: Path, capsys, **settings) -> tuple[int, str]:
    text = json.dumps({"painted": {"method": "diffusion", **settings}})
    code = run("check", settings=text, annotations=data / "train.coco.json")
    return code, capsys.readouterr().err


def test_missing_weights_are_one_line_before_any_image(tmp_path, capsys, pipeline):
    data = make_data(tmp_path / "data")
    assert check(data, capsys, model=str(pipeline))[0] == 0
    (tmp_path / "empty").mkdir()
    code, said = check(data, capsys, model=str(tmp_path / "empty"))
    assert (code, said.count("error:")) == (2, 1)
    assert "empty has no model_index.json; it is no diffusers pipeline" in said
    for model in ("nobody/nothing", "no such folder"):
        code, said = check(data, capsys, model=model, revision="v1")
        assert (code, said.count("error:")) == (2, 1)
        assert f"model: '{model}' is neither a folder nor a model in the local cache" in said
    assert "hf download no such folder --revision v1" in said


def test_missing_libraries_are_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(inpainter, "LIBRARIES", ("no_such_library",))
    code, said = check(make_data(tmp_path), capsys, model="nobody/nothing")
    assert (code, said.count("error:")) == (2, 1)
    assert "method diffusion needs no_such_library, not installed here; install the" in said


def test_damaged_weights_are_one_line(tmp_path, pipeline):
    broken = shutil.copytree(pipeline, tmp_path / "broken")
    (weights,) = (broken / "unet").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(inpainter.UserError, match=r"^model: .*broken cannot be loaded \(.*\)$"):
        inpainter.Inpainter(str(broken), None)
