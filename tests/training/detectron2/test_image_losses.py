"""Losses on single images by detectron2's models: those of the training, without augmentation."""

import pytest

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from plain_commands.files import read_json

from tests.training.running import run_here
from tests.training.test_losses import losses

pytestmark = [pytest.mark.detectron2, pytest.mark.slow]


def test_each_image_has_a_loss_that_repeats(d2_job, shapes, tmp_path):
    run_here(d2_job)
    for name in ("a.json", "b.json"):
        assert losses(d2_job, shapes / "val", tmp_path / name) == 0
    found = read_json(tmp_path / "a.json")
    assert found == read_json(tmp_path / "b.json")
    assert (len(found["trained"]), len(found["validation"])) == (10, 3)
    assert min(found["trained"]) > 0
    assert len(set(found["trained"])) == 10
