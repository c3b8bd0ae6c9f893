"""`method: diffusion`, with a tiny random pipeline in place of a real one."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.anonymization.anonymizing import make_data, run, treated
from workflow_scripts.anonymization.methods.diffusion import Diffusion
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.pictures import picture_of

FRAME = (120, 160)


def face(x0=60.0, y0=40.0, x1=80.0, y1=66.0, image="a.png") -> Region:
    return Region(image, Kind.FACE, 1, x0, y0, x1, y1)


def noise(seed=1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*FRAME, 3), np.uint8)


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
    monkeypatch.setattr("face_inpainting.inpainter.LIBRARIES", ("no_such_library",))
    code, said = check(make_data(tmp_path), capsys, model="nobody/nothing")
    assert (code, said.count("error:")) == (2, 1)
    assert "faces by a diffusion model need no_such_library (not installed); install the" in said
