"""What a training starts from: checked before it is unpickled, and fitting."""

import pickle
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file

from tests.training.detectron2.conftest import small_settings
from workflow_scripts.training.engines.detectron2 import Detectron2Training
from workflow_scripts.training.engines.detectron2.engine import Detectron2Engine

pytestmark = pytest.mark.detectron2

WHITEPAPER = Detectron2Training(engine="detectron2")


class Trap:
    """A pickle that does something when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """detectron2's cache, empty, and no network."""

    def unreachable(url, timeout):
        raise urllib.error.URLError(f"no route for {url}")

    monkeypatch.setenv("FVCORE_CACHE", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "detectron2/ImageNetPretrained/MSRA/R-50.pkl"),
        (
            {"initialisation": "coco"},
            "detectron2/COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x/137849600/"
            "model_final_f10217.pkl",
        ),
        (
            {
                "initialisation": "coco",
                "config": "COCO-InstanceSegmentation/mask_rcnn_R_101_FPN_3x.yaml",
            },
            "detectron2/COCO-InstanceSegmentation/mask_rcnn_R_101_FPN_3x/138205316/"
            "model_final_a3ec72.pkl",
        ),
        (
            {"config": "COCO-InstanceSegmentation/mask_rcnn_X_101_32x8d_FPN_3x.yaml"},
            "detectron2/ImageNetPretrained/FAIR/X-101-32x8d.pkl",
        ),
    ],
)
def test_the_zoos_weights_have_a_url_and_a_place(cache, changes, url):
    with pytest.raises(UserError, match=r"https://dl.fbaipublicfiles.com/") as error:
        WHITEPAPER.model_copy(update=changes).initial_weights()
    assert f"https://dl.fbaipublicfiles.com/{url}: cannot be downloaded" in str(error.value)
    assert f"copy it to {cache / url}" in str(error.value)


def test_a_pickle_whose_sha256_is_not_stated_is_not_loaded(cache, tmp_path):
    path = cache / "detectron2/ImageNetPretrained/MSRA/R-50.pkl"
    path.parent.mkdir(parents=True)
    sprung = tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(UserError, match=f"It is {sha256_of_file(path)}"):
        WHITEPAPER.initial_weights()
    wrong = WHITEPAPER.model_copy(update={"initialisation_sha256": "0" * 64})
    with pytest.raises(UserError, match=f"expected {'0' * 64}"):
        wrong.initial_weights()
    assert not sprung.exists()
    right = WHITEPAPER.model_copy(update={"initialisation_sha256": sha256_of_file(path)})
    assert right.initial_weights() == path


def stored(content: object, path: Path) -> dict:
    """Save weights, and return the settings that start from them."""
    path.write_bytes(pickle.dumps(content))
    return {"initialisation": path, "initialisation_sha256": sha256_of_file(path)}


def started(settings: Detectron2Training, classes: int) -> dict:
    """The state of a model that starts from the settings' weights."""
    torch.manual_seed(0)
    return (
        Detectron2Engine(settings, classes).initial_model(settings.initial_weights()).state_dict()
    )


def zoo_file(state: dict) -> dict:
    """Weights as the zoo's files hold them."""
    return {
        "model": {name: value.numpy() for name, value in state.items()},
        "__author__": "Detectron2 Model Zoo",
    }


def test_a_whole_model_fills_all_but_heads_of_other_classes(tmp_path):
    torch.manual_seed(7)
    other = Detectron2Engine(small_settings(), 5).initial_model(None).state_dict()
    settings = small_settings(**stored(zoo_file(other), tmp_path / "w.pkl"))
    state = started(settings, 2)
    for name in ("backbone.bottom_up.stem.conv1.weight", "roi_heads.box_head.fc1.weight"):
        assert torch.equal(state[name], other[name])
    assert state["roi_heads.box_predictor.cls_score.weight"].shape[0] == 3
    assert settings.initialisation == tmp_path / "w.pkl"


def test_a_backbones_weights_leave_the_heads_random(tmp_path):
    torch.manual_seed(7)
    other = Detectron2Engine(small_settings(), 2).initial_model(None).state_dict()
    start = "backbone.bottom_up."
    backbone = {name: value for name, value in other.items() if name.startswith(start)}
    settings = small_settings(**stored(zoo_file(backbone), tmp_path / "w.pkl"))
    state = started(settings, 2)
    assert torch.equal(state[f"{start}stem.conv1.weight"], other[f"{start}stem.conv1.weight"])
    name = "roi_heads.box_head.fc1.weight"
    assert not torch.equal(state[name], other[name])


def test_weights_of_another_backbone_are_refused(tmp_path):
    content = zoo_file({"backbone.bottom_up.stem.conv1.weight": torch.zeros(3, 3, 3, 3)})
    settings = small_settings(**stored(content, tmp_path / "w.pkl"))
    with pytest.raises(UserError, match=r"no weights for backbone.bottom_up.*another backbone"):
        started(settings, 2)


@pytest.mark.parametrize("content", [b"no pickle", pickle.dumps(np.zeros(3)), b""])
def test_what_is_no_file_of_weights_is_refused(tmp_path, content):
    path = tmp_path / "w.pkl"
    path.write_bytes(content)
    settings = small_settings(initialisation=path, initialisation_sha256=sha256_of_file(path))
    with pytest.raises(UserError, match="not a file of weights for detectron2"):
        started(settings, 2)


def test_a_flipped_bit_of_an_archive_is_found(tmp_path):
    path = tmp_path / "w.pth"
    torch.save({"model": {"a": torch.zeros(1000)}}, path)
    content = bytearray(path.read_bytes())
    content[content.index(bytes(1000)) + 500] ^= 1
    path.write_bytes(content)
    settings = small_settings(initialisation=path, initialisation_sha256=sha256_of_file(path))
    with pytest.raises(UserError, match=r"weights for detectron2 \(wrong checksum of w/data/0\)"):
        started(settings, 2)
