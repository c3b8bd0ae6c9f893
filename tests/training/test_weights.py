"""Where a training starts from."""

import hashlib
import urllib.error

import pytest
import torch
from plain_commands import http_source
from plain_commands.errors import UserError

from tests.training.conftest import with_settings


def stored(content: dict, path):
    """Save weights, and return settings that start from them."""
    torch.save(content, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"initialisation": path, "initialisation_sha256": digest}


@pytest.fixture
def other(job):
    """A model with other random weights, and three classes."""
    torch.manual_seed(7)
    return job.settings.make_engine(3).initial_model(None).state_dict()


def started_from(job, content: dict, path) -> dict:
    """The state of a two-class model that starts from stored weights."""
    job = with_settings(job, **stored(content, path))
    torch.manual_seed(0)
    engine = job.settings.make_engine(2)
    return engine.initial_model(job.settings.initial_weights()).state_dict()


def test_a_classifiers_weights_fill_the_body(job, other, tmp_path):
    start = "backbone.body."
    content = {name.removeprefix(start): v for name, v in other.items() if name.startswith(start)}
    state = started_from(job, {**content, "fc.bias": torch.zeros(5)}, tmp_path / "w.pth")
    assert torch.equal(state[f"{start}conv1.weight"], other[f"{start}conv1.weight"])
    assert not torch.equal(state["rpn.head.cls_logits.weight"], other["rpn.head.cls_logits.weight"])


def test_a_detectors_weights_fill_what_fits(job, other, tmp_path):
    state = started_from(job, {"model": other}, tmp_path / "w.pth")
    assert torch.equal(state["rpn.head.cls_logits.weight"], other["rpn.head.cls_logits.weight"])
    assert state["roi_heads.box_predictor.cls_score.weight"].shape[0] == 3


def test_weights_of_another_model_are_refused(job, tmp_path):
    with pytest.raises(UserError, match=r"no weights for backbone.body.conv1.weight"):
        started_from(job, {"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "w.pth")


def test_drawn_weights_fit_the_tiny_model(job):
    job = with_settings(job, initialisation="drawn")
    model = job.settings.make_engine(8).initial_model(job.settings.initial_weights())
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_imagenet_weights_that_cannot_be_downloaded_say_where_to_put_them(
    job, tmp_path, monkeypatch
):
    def unreachable(url):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(http_source, "_request", unreachable)
    job = with_settings(job, model="mask_rcnn_r50_fpn", initialisation="imagenet")
    expected = "hub/checkpoints/resnet50-0676ba61.pth, or set training.initialisation to its path"
    with pytest.raises(UserError, match=r"no route to host") as error:
        job.settings.initial_weights()
    assert expected in str(error.value)
    assert list(tmp_path.rglob("*.pth")) == []


def test_a_damaged_download_is_refused(job, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / "resnet50-0676ba61.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half of it")
    job = with_settings(job, model="mask_rcnn_r50_fpn", initialisation="imagenet")
    with pytest.raises(UserError, match="expected 0676ba61"):
        job.settings.initial_weights()
